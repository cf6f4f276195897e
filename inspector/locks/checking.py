"""A seal and the same source now, as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.locks.file import Lock
from inspector.locks.moving import moved
from inspector.model import Report, Skip, Table, worst_first


def report_of(source: str, before: Lock, now: Lock, skipped: Sequence[Skip] = ()) -> Report:
    """What moved.

    Args:
        source: what was looked at, for the head of the report.
        before: the seal.
        now: the source as it is; without components when only its files were read.
        skipped: what could not be looked at.
    """
    from inspector.rules import RULES

    findings = moved(before, now)
    left = list(skipped)
    if before.components and not now.components:
        left.append(Skip("components", "only files were read: settings in force and schedules were not compared"))
    data: dict[str, Any] = {
        "command": "check",
        "lock": str(before.path),
        "components": [described(path, found) for path, found in now.components.items()],
        "sealed": {"files": len(before.files), "components": len(before.components)},
        "schedules": {"sealed": before.schedules, "now": now.schedules},
        "rules": {f.code: RULES[f.code].title for f in findings},
    }
    return Report(source, dict(now.versions), worst_first(findings), tuple(left), overview(before, now), data)


def described(path: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A component as in the reports of other commands; of its settings there is the value in force."""
    settings = [
        {"name": k, "places": {"now": v}, "defaulted": False, "reads": []} for k, v in found["settings"].items()
    ]
    return {"path": path, "class": found["class"], "settings": settings}


def overview(before: Lock, now: Lock) -> tuple[Table, ...]:
    """The components as rows for the eye."""
    rows = tuple((p, c["class"], str(len(c["settings"]))) for p, c in (now.components or before.components).items())
    return (Table("components", ("component", "class", "settings"), rows),) if rows else ()
