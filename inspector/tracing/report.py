"""The trace as the report that every format takes: the user's question answered first."""

from __future__ import annotations

import difflib
from typing import Any

from inspector.model import EXIT_USAGE, SEVERITIES, InspectError, Report, Skip
from inspector.tracing.findings import findings
from inspector.tracing.summary import of, summary

FATES = ("dropped", "unused", "hidden", "used")


def report_of(source: str, found: dict[str, Any], key: str = "") -> Report:
    """The report of a trace.

    Args:
        source: what the user named.
        found: what :func:`inspector.tracing.tasks.trace_of` gave.
        key: tell this key's story only.

    Raises:
        InspectError: there is no such key (exit 2).
    """
    rows = found["keys"]
    if key and not (rows := [r for r in rows if r["name"] == key]):
        near = difflib.get_close_matches(key, [r["name"] for r in found["keys"]], n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "neither the config nor the class has it"
        raise InspectError(f"--key {key}: no such key", hint=hint, exit_code=EXIT_USAGE)
    line = written(found)
    judged = tuple(findings(found, line))
    if key:
        judged = tuple(f for f in judged if f.where == f"{found['path']}.{key}")
    worst = next((s for s in SEVERITIES if any(f.severity == s for f in judged)), "clean")
    answer = {
        "severity": worst,
        "line": headline(found, key),
        "lines": list(summary(found)),
        "write": line if not key or any(f.fix == line for f in judged) else "",
    }
    told = {k: v for k, v in found.items() if k not in ("versions", "skipped", "arguments")}
    data = {"command": "trace", **told, "keys": rows, "key": key, "answer": answer}
    skipped = tuple(Skip(**s) for s in found.get("skipped", ()))
    return Report(source, found.get("versions", {}), judged, skipped, (), data)


def headline(found: dict[str, Any], key: str) -> str:
    swap = f"{found['from'] or 'config'} → {found['into']}"
    if key:
        row = next(r for r in found["keys"] if r["name"] == key)
        return f"{swap}: {key} {row['fate']}"
    if found["raised"]:
        return f"{swap}: raises {found['raised']}"
    counts = [f"{len(rows)} {fate}" for fate in FATES if (rows := of(found, fate))]
    return f"{swap}: {', '.join(counts) or 'nothing was passed'}"


def written(found: dict[str, Any]) -> str:
    """The line that does what was meant; empty when the user's own line does, or nothing can be kept."""
    if not (found["kept"] or found["renamed"] or found["pinned"] or found["flow"].get("keywords")):
        return ""
    path = found["expression"]
    config = f"{path}.config" if path else "config"
    parts = [f"**{path}.components"] if found.get("components") else []
    call = f"{found['into']}.from_config({', '.join([config, *parts, *found['arguments']])})"
    return f"{path} = {call}" if path else call
