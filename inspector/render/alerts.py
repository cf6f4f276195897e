"""What every format for CI systems tells of a finding: its name across runs, its file and line, its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.fingerprints import fingerprints
from inspector.model import Finding, Report, Suppressed
from inspector.render.escape import Safe, safe

COMMAND = "diff"
"""The command of a report that names none."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding with where it is.

    ``file`` is a path relative to the project with slashes, an absolute one where it lies elsewhere, and empty where
    no file of the user's own is concerned. ``suppressed`` says who accepted it, and why.
    """

    finding: Finding
    fingerprint: str
    file: str = ""
    line: int | None = None
    suppressed: Suppressed | None = None


def alerts(report: Report) -> list[Alert]:
    """Every finding of the report, those that count first, then the suppressed ones."""
    given = [*((f, None) for f in report.findings), *((s.finding, s) for s in report.suppressed)]
    names = fingerprints([f for f, _ in given])
    located: dict[str, dict[str, Any]] = report.data.get("locations", {})
    found = []
    for (finding, suppressed), name in zip(given, names, strict=True):
        place = located.get(name, {})
        found.append(Alert(finding, name, place.get("file", ""), place.get("line"), suppressed))
    return found


def words(finding: Finding, *, where: bool = True) -> Safe:
    """The message in one line, and the line to write instead in another."""
    head = f"{safe(finding.where, 200)}: " if where else ""
    sure = "" if finding.confidence == "certain" else f" ({safe(finding.confidence, 20)})"
    fix = f"\nfix: {safe(finding.fix)}" if finding.fix else ""
    return Safe(f"{head}{safe(finding.message)}{sure}{fix}")


def command(report: Report) -> Safe:
    return safe(report.data.get("command", COMMAND), 40)
