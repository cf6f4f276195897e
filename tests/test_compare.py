"""Two snapshots: what is the same by the written rules, and what each difference is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inspector.compare import compare, not_compared
from inspector.equality import difference, equal
from inspector.model import Component, Finding, Setting, Snapshot, Value
from tests.handmade import setting, snapshot

TENSOR = {"shape": [1000], "dtype": "float32", "device": "cpu", "digest": "aa"}
SAME: list[tuple[Any, Any]] = [
    (1, 1.0),
    ([1, 2], (1, 2)),
    ("nan", "nan"),
    (TENSOR, {**TENSOR, "device": "cuda:0"}),
    (TENSOR, {**TENSOR, "digest": None}),
    ("/home/a/models/sd15", "/data/models/sd15"),
    ("C:\\models\\sd15", "D:\\x\\sd15"),
    ({"a": ["/x/m"]}, {"a": ["/y/m"]}),
    (None, None),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (1, True),
    (0, False),
    (0, None),
    ("1", 1),
    ("nan", "inf"),
    ([1, 2], [2, 1]),
    ([1], [1, 1]),
    (TENSOR, {**TENSOR, "digest": "bb"}),
    (TENSOR, {**TENSOR, "digest": None, "shape": [999]}),
    ("/home/a/sd15", "/home/a/sdxl"),
    ("org/sd15", "other/sd15"),
    ({"a": 1}, {"a": 1, "b": None}),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same(a: Any, b: Any) -> None:
    assert equal(a, b) and equal(b, a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different(a: Any, b: Any) -> None:
    assert not equal(a, b) and not equal(b, a)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (1, 2, "x: 1 in a, 2 in b"),
        ([1, 2, 3], [1, 2, 4], "x[2]: 3 in a, 4 in b"),
        ({"k": [1, True]}, {"k": [1, 1]}, "x['k'][1]: True in a, 1 in b"),
        ({"k": 1}, {"k": 1, "l": 2}, "x['l'] is only in b: 2"),
        ({"k": "a" * 200, "l": (1, 2)}, {"k": "a" * 200, "l": [1, 3]}, "x['l'][1]: 2 in a, 3 in b"),
        (list(range(100)), list(range(1, 101)), None),
    ],
)
def test_a_difference_names_the_entry(a: Any, b: Any, said: str | None) -> None:
    shown = difference("x", a, b)
    assert shown == said if said else len(shown) < 400


def codes(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in found]


def with_component(base: Snapshot, **changes: Any) -> Snapshot:
    path = changes.pop("path", "scheduler")
    return replace(base, components=tuple(replace(c, **changes) if c.path == path else c for c in base.components))


def test_nothing_differs_from_itself() -> None:
    assert compare(snapshot(), snapshot("elsewhere")) == ()


def test_a_setting_and_the_line_that_makes_it_equal() -> None:
    a, b = snapshot(), with_component(snapshot(), settings=(setting("beta_end", 0.02),))
    found = {f.where: f for f in compare(a, b)}
    assert found["scheduler.beta_end"].code == "IPD601"
    assert found["scheduler.beta_end"].places == {"a": 0.012, "b": 0.02}
    assert found["scheduler.beta_end"].fix == (
        "pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config, beta_end=0.02)"
    )
    assert found["scheduler.use_karras_sigmas"].message == "use_karras_sigmas is only in a: True"


def test_a_difference_in_one_place_only_is_told_with_its_place() -> None:
    [found] = compare(snapshot(karras=False), snapshot(karras=True))
    assert found.message == "use_karras_sigmas: False in a, True in b"
    a, b = setting("k", 1), setting("k", 1, item=2)
    [found] = compare(alone(a), alone(b))
    assert found.message == "k: 1 in a, 2 in b (item)"


def alone(*settings: Setting, **state: Any) -> Snapshot:
    return Snapshot("x", components=(Component("model", "UNet", settings, state, kind="model"),))


def test_classes_components_versions_state_and_types() -> None:
    base = snapshot()
    assert codes(compare(base, with_component(base, cls="DDIMScheduler"))) == [("IPD603", "scheduler")]
    assert codes(compare(base, replace(base, components=base.components[:2]))) == [("IPD602", "unet")]
    assert codes(compare(replace(base, components=base.components[:2]), base)) == [("IPD602", "unet")]
    assert codes(compare(base, replace(base, versions={"diffusers": "0.30"}))) == [("IPD605", "versions.diffusers")]
    assert codes(compare(base, snapshot(training=True))) == [("IPD604", "unet.training")]
    listed = Setting("k", item=Value("list", [1, 2]))
    tupled = Setting("k", item=Value("tuple", [1, 2]))
    [found] = compare(alone(listed), alone(tupled))
    assert (found.code, found.severity, found.message) == ("IPD606", "note", "k: list in a, tuple in b")
    [found] = compare(alone(setting("p", "/a/m")), alone(setting("p", "/b/m")))
    assert found.code == "IPD606"


def test_live_state_is_compared_by_name() -> None:
    a = alone(setting("k", 1), tensors={"betas": TENSOR}, attributes={"begin_index": None})
    b = alone(setting("k", 1), tensors={"betas": {**TENSOR, "digest": "bb"}}, attributes={"begin_index": 3})
    assert codes(compare(a, b)) == [("IPD604", "model.betas"), ("IPD604", "model.begin_index")]


def test_without_weights_device_and_dtype_are_no_difference() -> None:
    a, b = snapshot(), snapshot(device="cuda:0", dtype="float32")
    assert compare(a, b) == ()
    assert [s.where for s in not_compared(a, b)] == ["device, dtype"]
    assert codes(compare(snapshot(device="cpu"), b)) == [("IPD604", "unet.device"), ("IPD604", "unet.dtype")]


def test_files_against_a_live_object_compare_what_is_in_force() -> None:
    static = alone(Setting("k", disk=Value("int", 2)), Setting("d", default=Value("int", 5)))
    live = alone(
        Setting("k", item=Value("int", 3), attr=Value("int", 3)), Setting("d", item=Value("int", 5)), training=True
    )
    assert codes(compare(static, live)) == [("IPD601", "model.k")]
    assert [s.where for s in not_compared(static, live)] == ["state"]


def test_every_code_has_its_page() -> None:
    from inspector.rules import RULES

    for code in ("IPD601", "IPD602", "IPD603", "IPD604", "IPD605", "IPD606"):
        assert RULES[code].doc and RULES[code].severity in ("warning", "note")
