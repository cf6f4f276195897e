"""The rules: one decorated generator each, judging plain data; one file a family."""

from __future__ import annotations

from inspector.model import Finding, Snapshot, worst_first
from inspector.rules import config, differences, disk, live, pipeline, reported, saving, stale
from inspector.rules.registry import RULES, Case, Rule

__all__ = ["RULES", "Case", "Rule", "judge"]

_FAMILIES = (config, live, stale, disk, pipeline, saving, differences, reported)
"""Imported for their decorators, in the order in which ``explain`` lists them."""


def judge(snapshot: Snapshot, twin: Snapshot | None = None) -> tuple[Finding, ...]:
    """Every finding of every rule over a snapshot, the worst first.

    Args:
        snapshot: what was seen.
        twin: the same source freshly built, when it is known: what the object was before anyone touched it.
    """
    findings = list(snapshot.problems)
    for component in snapshot.components:
        case = Case(component, snapshot, twin.component(component.path) if twin else None)
        for rule in RULES.values():
            if rule.check is not None:
                findings += rule.check(case)
    unique = {(f.code, f.where, f.message): f for f in findings}
    return worst_first(list(unique.values()))
