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


def lock_schema() -> dict[str, Any]:
    """Of the file that ``inspect-pipe lock`` writes."""
    from inspector.locks.file import LOCK

    digest = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
    number = {"type": ["number", "string"], "description": "One that is not finite is the text nan, inf or -inf."}
    numbers = {"type": "array", "items": number}
    run = {
        "type": "object",
        "description": "What set_timesteps gave, or what it raised.",
        "properties": {
            "digest": digest,
            "sigmas": numbers,
            "timesteps": numbers,
            "tolerance": {"type": "number", "description": "Relative: how far float32 may be from the exact schedule."},
            "raises": {"type": "string"},
        },
        "anyOf": [{"required": ["sigmas", "timesteps"]}, {"required": ["raises"]}],
    }
    component = {
        "type": "object",
        "description": "A component, its settings in force, and one digest of them all.",
        "properties": {"class": {"type": "string"}, "config": digest, "settings": {"type": "object"}},
        "required": ["class", "config", "settings"],
    }
    file = {
        "type": "object",
        "description": "content: the digest of what a JSON file says; header: of a weights file, with its size.",
        "properties": {"content": digest, "size": {"type": "integer"}, "header": digest},
        "minProperties": 1,
    }
    made = {
        "type": "object",
        "description": "What a source was when it was sealed.",
        "properties": {
            "schema": {"const": LOCK, "type": "string"},
            "source": {"type": "string", "description": "A path relative to this file, or another SOURCE."},
            "versions": {"type": "object", "additionalProperties": {"type": "string"}},
            "files": {"type": "object", "additionalProperties": file},
            "components": {"type": "object", "additionalProperties": component},
            "schedules": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": run}},
        },
        "required": ["schema", "source", "versions", "files", "components", "schedules"],
    }
    return titled("lock", "A seal of inspect-pipe (inspect-pipe lock)", made, LOCK)


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "report": report_schema,
    "jsonl": lines_schema,
    "snapshot": snapshot_schema,
    "baseline": baseline_schema,
    "lock": lock_schema,
}


def print_schema(name: str, output: Path | None) -> None:
    """Print one, or write it.

    Raises:
        InspectError: there is none of this name (exit status 2), or it cannot be written (exit status 5).
    """
    if name not in SCHEMAS:
        raise InspectError(f"no schema {name!r}", hint=did_you_mean(name, SCHEMAS), exit_code=EXIT_USAGE)
    emit(Safe(json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=True) + "\n"), output)
