"""``inspect-pipe schema``: the JSON Schema of a file that this version reads or writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.cli.output import emit
from inspector.model import EXIT_USAGE, InspectError
from inspector.render.escape import Safe
from inspector.render.published import generated, lines_schema, report_schema, snapshot_schema, titled
from inspector.settings import did_you_mean


def baseline_schema() -> dict[str, Any]:
    """Of the file that ``inspect-pipe baseline`` keeps: no key may stand in it that is not here."""
    from inspector.baselines.file import BASELINE, Entry

    entry = generated(Entry)
    entry |= {"required": ["source", "code", "where", "fingerprint"], "additionalProperties": False}
    made = {
        "type": "object",
        "description": "The findings that a project accepts, matched by fingerprint.",
        "properties": {
            "schema": {"const": BASELINE, "type": "string"},
            "sources": {
                "type": "object",
                "description": "Each source that was looked at -> how much of it: built, files, or steps N N.",
                "additionalProperties": {"type": "string", "pattern": "^(built|files|steps.*)$"},
            },
            "entries": {"type": "array", "items": entry},
        },
        "required": ["schema", "entries"],
        "additionalProperties": False,
    }
    return titled("baseline", "A baseline of inspect-pipe", made, BASELINE)


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "report": report_schema,
    "jsonl": lines_schema,
    "snapshot": snapshot_schema,
    "baseline": baseline_schema,
}


def print_schema(name: str, output: Path | None) -> None:
    """Print one, or write it.

    Raises:
        InspectError: there is none of this name (exit status 2), or it cannot be written (exit status 5).
    """
    if name not in SCHEMAS:
        raise InspectError(f"no schema {name!r}", hint=did_you_mean(name, SCHEMAS), exit_code=EXIT_USAGE)
    emit(Safe(json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=True) + "\n"), output)
