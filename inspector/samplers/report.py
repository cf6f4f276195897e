"""Rows of checks as a report: findings, skips, and the versions they hold for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.model import Report, Skip, worst_first
from inspector.rules import RULES, judge_checks


def report_of(source: str, found: Mapping[str, Any]) -> Report:
    """The report of a run.

    Args:
        source: what was asked for, as the head of the report says it.
        found: ``checks``, the rows; ``versions``; ``skipped``, what could not be read; as `tasks.checks_of` answers.
    """
    rows: list[dict[str, Any]] = list(found["checks"])
    findings = judge_checks(rows)
    titles = {f.code: RULES[f.code].title for f in findings}
    verdicts = {v: sum(r["verdict"] == v for r in rows) for v in ("pass", "differ", "raise", "skip")}
    data = {"command": "sigmas", "checks": rows, "rules": titles, "verdicts": verdicts}
    skipped = (*(Skip(**s) for s in found.get("skipped", ())), *_skips(rows))
    return Report(source, dict(found["versions"]), worst_first(findings), skipped, (), data)


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
