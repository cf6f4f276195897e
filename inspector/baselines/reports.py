"""A saved report as the report it was: what ``-f json`` wrote, of whatever command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inspector.model import SCHEMA, Finding, InspectError, Report, Skip, Suppressed

_KEPT = ("command", "checks", "laws", "components", "rules")


def saved_report(path: Path) -> Report | None:
    """The findings of a saved report; None for a saved snapshot, of which nothing has been judged.

    Raises:
        InspectError: it cannot be read, or is no report of this version (exit 3).
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema is {content['schema']!r}, not {SCHEMA}")
        if "findings" not in content:
            return None
        findings, accepted = content["findings"], content.get("suppressed", [])
        found = TypeAdapter(list[Finding]).validate_python([*findings, *accepted])
        pairs = zip(accepted, found[len(findings) :], strict=True)
        return Report(
            content["source"],
            TypeAdapter(dict[str, str]).validate_python(content["versions"]),
            tuple(found[: len(findings)]),
            tuple(TypeAdapter(list[Skip]).validate_python(content["skipped"])),
            data={k: v for k, v in content.get("data", {}).items() if k in _KEPT},
            suppressed=tuple(Suppressed(f, s["reason"], s["by"], s["expires"]) for s, f in pairs),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        hint = "save one with: -f json -o report.json"
        raise InspectError(f"{path} is no report: {why}", hint=hint, where=str(path)) from error
