"""What a comparison that failed says: sigmas, configs, snapshots; by ``==`` in a test and by assert_same_sigmas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler
from hypothesis import given
from hypothesis import strategies as st

import inspector
from inspector.agreeing import close, explained
from inspector.model import InspectError
from inspector.pytest_plugin.explaining import ambiguous, explain
from tests.handmade import snapshot

RAMP = torch.linspace(14.6, 0, 21)


def changed(**steps: float) -> torch.Tensor:
    made = RAMP.clone()
    for step, value in steps.items():
        made[int(step[1:])] = value
    return made


def said(actual: Any, expected: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        inspector.assert_same_sigmas(actual, expected, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (RAMP, RAMP.clone()),
        (RAMP, RAMP.numpy()),
        (RAMP.tolist(), tuple(RAMP.tolist())),
        (RAMP * (1 + 1e-6), RAMP),
        (RAMP.half(), RAMP),  # the coarser dtype gives the tolerance
        (RAMP.bfloat16(), RAMP.double()),
        ([math.nan, math.inf, 0], [math.nan, math.inf, 0.0]),
        ([], []),
    ],
)
def test_the_same(actual: Any, expected: Any) -> None:
    inspector.assert_same_sigmas(actual, expected)


def test_it_says_where_how_many_the_worst_and_what_would_pass() -> None:
    lines = said(changed(s3=12.5, s7=9.5), RAMP).splitlines()
    assert lines[0] == "sigmas differ at 2 of 21 steps (rtol 1.3e-06)"
    ulps = round((12.5 - float(RAMP[3])) / float(np.spacing(np.float32(RAMP[3]))))
    assert lines[1] == f"worst: step 3, 12.5 instead of 12.4099998: relative 0.00725, {ulps:,} float32 ulps"
    assert lines[2] == "smallest tolerance that passes: rtol=0.0073"
    assert [line.split()[:3] for line in lines[4:]] == [["3", "12.5", "12.4099998"], ["7", "9.5", "9.48999977"]]
    inspector.assert_same_sigmas(changed(s3=12.5, s7=9.5), RAMP, rtol=0.0073)
    assert "and 12 more" in said(RAMP * 1.1, RAMP)


def test_what_no_relative_tolerance_allows_for() -> None:
    assert "smallest tolerance that passes: atol=0.002 (no rtol allows for an expected 0)" in said([1, 0.002], [1, 0])
    text = said([2.0, 0.002], [1.0, 0])
    assert "atol=0.002, rtol=1 (" in text
    inspector.assert_same_sigmas([2.0, 0.002], [1.0, 0], rtol=1, atol=0.002)
    assert "no tolerance would pass: a value that is not finite differs" in said([math.nan, 1], [2, 1])
    assert said([3.0, 2.0], [3.0]).startswith(
        "sigmas differ in their number: 2 in actual, 1 in expected; of the first 1, 0"
    )


NUMBERS = st.lists(st.floats(2**-10, 1e3), min_size=1, max_size=12)


@given(NUMBERS, st.data())
def test_the_tolerance_it_names_passes_and_a_smaller_one_does_not(expected: list[float], data: st.DataObject) -> None:
    actual = [e * data.draw(st.floats(0.5, 2)) for e in expected]
    lines = explained(actual, expected, 0.0)
    if not lines:
        assert actual == expected
        return
    named = float(lines[2].partition("rtol=")[2])
    assert explained(actual, expected, named) == []
    assert not all(close(a, e, named * 0.89, 0) for a, e in zip(actual, expected, strict=True))  # two digits


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (3, "int has no sigmas"),
        (RAMP[None], "shape (1, 21)"),
        (RAMP.to("meta"), "meta device"),
        (["x"], "no row of numbers"),
    ],
)
def test_what_is_no_row_of_sigmas(wrong: Any, why: str) -> None:
    with pytest.raises(InspectError) as caught:
        inspector.assert_same_sigmas(wrong, RAMP)
    assert why in caught.value.message and caught.value.hint and caught.value.exit_code == 2


def test_schedulers_are_compared_by_their_sigmas() -> None:
    one, other = EulerDiscreteScheduler(), EulerDiscreteScheduler(timestep_spacing="leading")
    one.set_timesteps(8), other.set_timesteps(8)
    assert "sigmas differ at 7 of 9 steps" in said(one, other)
    with pytest.raises(InspectError, match="DDIMScheduler has no sigmas"):
        inspector.assert_same_sigmas(DDIMScheduler(), one)


def test_configs() -> None:
    one = EulerDiscreteScheduler(beta_end=0.012)
    other = EulerDiscreteScheduler(timestep_spacing="leading", beta_end=0.0121)
    other.config.use_karras_sigmas = True
    before = [dict(vars(c)) for c in (one.config, other.config)]
    lines = explain(one.config, other.config)
    assert lines == [
        "FrozenDict: 3 of 18 keys differ: beta_end, timestep_spacing, _use_default_values",
        "worst number: beta_end: 0.012 and 0.0121: relative 0.00826",
        "no tolerance makes these the same: timestep_spacing, _use_default_values",
        "  beta_end: 0.012 != 0.0121",
        "  timestep_spacing: 'linspace' != 'leading'",
        "  _use_default_values: only left: timestep_spacing",
        "right: use_karras_sigmas is False as item, which == compares, but True as attribute (IPC101)",
    ]
    assert [dict(vars(c)) for c in (one.config, other.config)] == before
    plain = {**one.config, "beta_end": 0.0125}
    text = explain(plain, one.config)
    assert text is not None and text[2] == "smallest relative tolerance that would pass: 0.042"
    shuffled = {**one.config, "_use_default_values": [*reversed(one.config["_use_default_values"])]}
    assert "  _use_default_values: the same entries in another order or number" in (explain(shuffled, one.config) or ())
    objects = explain(one, other)
    assert objects is not None and objects[0].endswith("asks whether they are one object") and len(objects) == 8


def test_snapshots() -> None:
    lines = explain(snapshot(), snapshot(karras=False))
    assert lines is not None
    assert lines[0] == "snapshots: 1 difference in 6 settings (a is the left one, b the right one)"
    assert lines[1].startswith("  IPD601 scheduler.use_karras_sigmas: ")
    assert explain(snapshot("a"), snapshot("b")) == ["snapshots: no setting of 6 differs; what does: source"]


def test_what_is_not_ours_is_left_to_pytest() -> None:
    for left, right in (([1, 2, 3], [1, 2, 4]), ([1.0, 5.0, 2.0], [1.0, 5.0, 3.0]), ({"a": 1}, {"a": 2}), ("a", "b")):
        assert explain(left, right) is None
    assert explain([3.0, 2.0, 0.0], [3.0, 2.5, 0.0]) is not None


def test_tensors_that_cannot_be_asserted_equal() -> None:
    """``assert a == b`` of tensors raises before pytest could compare; nothing that may act is looked up again."""
    ours, held = RAMP, {"x": [changed(s3=12.5)]}

    def call() -> torch.Tensor:
        return RAMP

    with pytest.raises(RuntimeError) as caught:
        assert ours == held["x"][0]
    lines = ambiguous(caught)
    assert lines[0] == "sigmas differ at 1 of 21 steps (rtol 0)" and "assert_same_sigmas" in lines[-1]
    with pytest.raises(RuntimeError) as caught:
        assert call() == ours
    assert ambiguous(caught) == []
    with pytest.raises(RuntimeError) as caught:
        assert ours == RAMP[:5], "another number of steps"
    assert ambiguous(caught) == []  # a slice is looked up by code of the test's own
    with pytest.raises(ValueError, match="anything") as other:
        raise ValueError("anything else")
    assert ambiguous(other) == []
