"""The chain as the report that every format takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import Finding, Report, Skip, same


def report_of(source: str, found: dict[str, Any]) -> Report:
    """The report of a chain.

    Args:
        source: what the user named.
        found: what :func:`inspector.blaming.chain.blame_of` gave.
    """
    judged = tuple(lost(found))
    answer = {"severity": judged[0].severity if judged else "clean", "line": headline(found), "write": found["write"]}
    told = {k: v for k, v in found.items() if k not in ("versions", "skipped", "write")}
    skipped = tuple(Skip(**s) for s in found.get("skipped", ()))
    return Report(source, found["versions"], judged, skipped, (), {"command": "blame", **told, "answer": answer})


def headline(found: dict[str, Any]) -> str:
    where, force = f"{found['path']}.{found['key']}", found["in_force"]
    if not found["hops"]:
        return f"{where}: no value anywhere"
    last = found["hops"][-1]
    value = force["value"] if force is not None else last["value"]
    source = next((h for h in reversed(found["hops"]) if same(h["value"], value)), last)
    at = f" ({source['file']}:{source['line']})" if source["file"] and source["line"] else ""
    return f"{where} is {value!r}, from: {source['hop']}{at}"


def lost(found: dict[str, Any]) -> Iterator[Finding]:
    """A value that the object does not work with, or that the next ``from_config`` or save would not hand on."""
    force, where = found["in_force"], f"{found['path']}.{found['key']}"
    gone = [n for n in found["next"] if not n["kept"]]
    if force is None or not (gone or force["stale"]):
        return
    told = []
    for step in gone:
        becomes = f" gives {step['value']!r}" if "value" in step else " loses it"
        reason = f" ({step['reason']})" if step["reason"] else ""
        told.append(f"{'a save' if step['by'] == 'save' else step['by']}{becomes}{reason}")
    if force["stale"]:
        last = found["hops"][-1]
        message = f"{where} was written later: {last['value']!r} in the {last['hop']}. Only __init__ reads it, so the"
        message += f" object goes on with {force['value']!r}"
    else:
        message = f"{where} is {force['value']!r} in the {force['place']}"
        message += "" if found["reads"] else ", which no code reads after __init__"
    joined = f", {'and' if force['stale'] else 'but'} {'; '.join(told)}" if told else ""
    yield Finding("IPT707", "warning", where, message + joined, found["write"])
