"""The rules: one decorated generator each, judging plain data; one file a family."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from inspector.model import Finding, Snapshot, worst_first
from inspector.rules import config, differences, disk, live, messages, pipeline, registry, reported, saving, stale
from inspector.rules.registry import Case, Rule, Series

if TYPE_CHECKING:
    from inspector.rules.registry import RULES

__all__ = ["RULES", "Case", "Rule", "judge", "judge_checks"]

_FAMILIES = (config, live, stale, disk, pipeline, saving, differences, reported, messages)
"""Imported for their decorators: what a snapshot is judged by."""

_OTHERS = tuple(
    f"{__name__}.{name}"
    for name in (
        "traced", "watched", "grids", "steploops", "options", "tables", "accepted", "sealed", "laws", "environment",
        "debugging",
    )
)  # fmt: skip
_OTHERS += ("inspector.roundtrips.laws",)
"""The families of other commands, which a ``diff`` does not pay for; the laws of ``roundtrip`` are beside it."""


def __getattr__(name: str) -> Any:
    """``RULES``: the rules of every family, by their codes."""
    if name != "RULES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for family in _OTHERS:
        importlib.import_module(family)
    return registry.RULES


def judge(snapshot: Snapshot, twin: Snapshot | None = None) -> tuple[Finding, ...]:
    """Every finding of every rule over a snapshot, the worst first.

    Args:
        snapshot: what was seen.
        twin: the same source freshly built, when it is known: what the object was before anyone touched it.
    """
    findings = list(snapshot.problems)
    for component in snapshot.components:
        case = Case(component, snapshot, twin.component(component.path) if twin else None)
        for rule in registry.RULES.values():
            if rule.check is not None:
                findings += rule.check(case)
    unique = {(f.code, f.where, f.message): f for f in findings}
    return worst_first(messages.joined(unique.values(), snapshot))


def judge_checks(rows: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """Every finding over the rows of ``sigmas``, the worst first; each row's ``codes`` are filled in.

    Args:
        rows: ``data.checks``, those of one preset on one model and device side by side.
    """
    findings: list[Finding] = []
    every: dict[str, Rule] = __getattr__("RULES")
    rules = [rule.rows for rule in every.values() if rule.rows is not None]
    for _, held in groupby(rows, key=lambda row: [row[k] for k in ("preset", "model", "device", "kwargs")]):
        series = sorted(held, key=lambda row: int(row["steps"]))
        found = [f for rule in rules for f in rule(Series(tuple(series)))]
        findings += found
        for row in series:
            alone = Series((row,))
            row["codes"] = sorted({f.code for rule in rules for f in rule(alone)}) if found else []
    return worst_first(findings)
