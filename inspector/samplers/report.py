"""Rows of checks as a report: findings, skips, and the versions they hold for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.model import Finding, Report, Skip, worst_first
from inspector.rules import RULES, judge_checks
from inspector.rules.registry import Series

OF_THE_CLASS = ("IPS314", "IPS319")
"""What a class does whatever the preset: a run over many presets says it once for each class."""
FEW = 3
"""Up to so many presets, each has its findings to itself."""


def report_of(source: str, found: Mapping[str, Any]) -> Report:
    """The report of a run.

    Args:
        source: what was asked for, as the head of the report says it.
        found: ``checks``, the rows; ``versions``; ``skipped``, what could not be read; as `tasks.checks_of` answers.
    """
    rows: list[dict[str, Any]] = list(found["checks"])
    findings = once_a_class(judge_checks(rows), rows)
    titles = {f.code: RULES[f.code].title for f in findings}
    verdicts = {v: sum(r["verdict"] == v for r in rows) for v in ("pass", "differ", "raise", "skip")}
    data = {"command": "sigmas", "checks": rows, "rules": titles, "verdicts": verdicts}
    skipped = (*(Skip(**s) for s in found.get("skipped", ())), *_skips(rows))
    return Report(source, dict(found["versions"]), worst_first(findings), skipped, (), data)


def once_a_class(findings: Iterable[Finding], rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """The findings, those of `OF_THE_CLASS` once for each class on a model; the rows say which presets have them."""
    if len({row["preset"] for row in rows}) <= FEW:
        return list(findings)
    classes = {Series((row,)).where: Series(({**row, "name": row["class"]},)).where for row in map(dict, rows)}
    kept: dict[tuple[str, str, str], Finding] = {}
    for one in findings:
        told = replace(one, where=classes[one.where]) if one.code in OF_THE_CLASS else one
        kept.setdefault((told.code, told.where, told.message), told)
    return list(kept.values())


def _skips(rows: Sequence[Mapping[str, Any]]) -> list[Skip]:
    """Each reason once a preset and model, whatever the number of steps."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        where = f"{row['name']} on {row['model']}"
        if row["verdict"] == "skip":
            found.setdefault((where, row["reason"]), []).append(row["steps"])
        if row["loop"] and not row["loop"]["ran"]:
            found.setdefault((where, f"the step loop is not run: {row['loop']['reason']}"), []).append(row["steps"])
    return [Skip(where, reason) for where, reason in found]
