"""Every rule's own examples: the wrong one must fire, the right one must not."""

import re
from typing import Any

import pytest

from inspector.model import Component, Setting, Snapshot, Value
from inspector.observe import capture
from inspector.result import Result
from inspector.rules import RULES, judge

EXAMPLES = [
    pytest.param(code, kind, block, id=f"{code}-{kind}-{i}")
    for code, rule in RULES.items()
    for i, (kind, block) in enumerate(re.findall(r"(wrong|right):\n```python\n(.*?)```", rule.doc, re.S))
]


@pytest.mark.parametrize(("code", "kind", "block"), EXAMPLES)
def test_examples_of_the_explain_page(code: str, kind: str, block: str) -> None:
    scope: dict[str, Any] = {}
    exec(block, scope)
    obj = scope["obj"]
    judged = obj.findings if isinstance(obj, Result) else judge(capture(obj))
    found = [f for f in judged if f.code == code]
    assert bool(found) is (kind == "wrong"), found
    for finding in found:
        assert (finding.places or isinstance(obj, Result)) and finding.message
        if finding.severity != "note":
            assert finding.fix, "a finding must say what to write instead"


def test_every_rule_has_a_wrong_and_a_right_example() -> None:
    for code, rule in RULES.items():
        assert "wrong:" in rule.doc and "right:" in rule.doc, code
        assert len(rule.doc.splitlines()[0]) > 20, code


def component(*settings: Setting, **more: Any) -> Snapshot:
    fields = {"path": "scheduler", "cls": "DDIMScheduler", "kind": "scheduler", "settings": settings, **more}
    return Snapshot("test", {"diffusers": "1.0"}, (Component(**fields),))


def value(data: Any) -> Value:
    return Value(type(data).__name__, data)


# Rules that speak of files: on plain data, left alone first.
LEFT_ALONE = {
    "IPC105": component(Setting("a", disk=value(1), default=value(1), item=value(1), attr=value(1))),
    "IPC112": component(Setting("a", disk=value(1), item=value(1), attr=value(1)), facts={"fresh": True}),
    "IPC101": component(Setting("a", item=value([1, 2]), attr=Value("tuple", [1, 2]))),
    "IPC102": component(Setting("a", default=value(0.5), item=value(0.5), attr=value(0.5), defaulted=True)),
    "IPP203": component(facts={"version_on_disk": "1.0"}),
    "IPP209": component(facts={"folder": "present"}),
    "IPC104": component(
        Setting("skip_prk_steps", disk=value(True), accepted=False), facts={"owners": {"skip_prk_steps": {"P": False}}}
    ),
}
FIRES = {
    "IPC105": component(Setting("a", default=value(1), item=value(1)), Setting("b", disk=value(2), item=value(2))),
    "IPC112": component(Setting("a", disk=value(True), item=value(False), attr=value(False)), facts={"fresh": True}),
    "IPC101": component(Setting("a", item=value(1), attr=value(True))),
    "IPC102": component(Setting("a", default=value(None), item=value(False), attr=value(False), defaulted=True)),
    "IPP203": component(facts={"version_on_disk": "0.6.0"}),
    "IPP209": component(facts={"folder": "missing", "declared": ["diffusers", "UNet2DModel"]}),
    "IPC104": component(Setting("typo", disk=value(True), accepted=False), facts={"owners": {}}),
}


@pytest.mark.parametrize("code", LEFT_ALONE)
def test_left_alone(code: str) -> None:
    assert not [f for f in judge(LEFT_ALONE[code]) if f.code == code and f.severity != "note"]


@pytest.mark.parametrize("code", FIRES)
def test_fires(code: str) -> None:
    assert code in {f.code for f in judge(FIRES[code])}


def test_findings_are_unique_and_the_worst_come_first() -> None:
    snapshot = component(Setting("a", item=value(1), attr=value(2)), facts={"version_on_disk": "0.6.0"})
    found = judge(snapshot)
    assert [f.severity for f in found] == sorted((f.severity for f in found), key=("error", "warning", "note").index)
    assert len({(f.code, f.where, f.message) for f in found}) == len(found)
