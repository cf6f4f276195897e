"""The trace as the report that every format takes: the user's question answered first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, Report, Skip, same

FATES = ("dropped", "unused", "hidden", "used", "default")


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
        import difflib

        near = difflib.get_close_matches(key, [r["name"] for r in found["keys"]], n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "neither the config nor the class has it"
        raise InspectError(f"--key {key}: no such key", hint=hint, exit_code=EXIT_USAGE)
    told = {k: v for k, v in found.items() if k not in ("versions", "skipped")}
    answer = {
        "severity": severity(found),
        "line": headline(found),
        "lines": list(answered(found)),
        "write": write(found),
    }
    data = {"command": "trace", **told, "keys": rows, "key": key, "answer": answer}
    skipped = tuple(Skip(**s) for s in found.get("skipped", ()))
    return Report(source, found.get("versions", {}), (), skipped, (), data)


def of(found: dict[str, Any], fate: str) -> list[dict[str, Any]]:
    return [r for r in found["keys"] if r["fate"] == fate and not r["name"].startswith("_")]


def changed(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The dropped keys in whose place the new class put another value."""
    return [r for r in of(found, "dropped") if "result" in r and not same(r["given"], r["result"])]


def lost(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Keywords that came to nothing."""
    return [r for r in found["keys"] if r["fate"] == "unused"]


def severity(found: dict[str, Any]) -> str:
    if found["raised"]:
        return "error"
    after = found["after_save"] or {}
    odd = changed(found) or lost(found) or after.get("raised") or after.get("changed") or other_noise(found)
    return "warning" if odd else "clean"


def headline(found: dict[str, Any]) -> str:
    counts = [f"{len(rows)} {fate}" for fate in FATES[:4] if (rows := of(found, fate))]
    what = f"raises {found['raised']}" if found["raised"] else ", ".join(counts)
    return f"{found['from'] or 'config'} → {found['into']}: {what}"


def answered(found: dict[str, Any]) -> Iterator[str]:
    """The answer, a sentence a line."""
    into, old = found["into"], found["from"] or "the old object"
    config = [r for r in found["keys"] if not r["name"].startswith("_") and ("in_config" in r or in_config(r))]
    gone = of(found, "dropped")
    listed = [r for r in gone if "_use_default_values" in r["reason"]]
    text = f"the config has {counted(len(config), 'setting')}"
    if listed:
        where = f"{listed[0]['file']}:{listed[0]['line']}"
        were = "was" if len(listed) == 1 else "were"
        text += (
            f"; {len(listed)} {were} dropped at {where}, listed in _use_default_values (not given when {old} was made)"
        )
    if len(gone) > len(listed):
        text += f"; {len(gone) - len(listed)} dropped for other reasons"
    if hidden := of(found, "hidden"):
        text += f"; {len(hidden)} became hidden: kept in the config, not read by {into}"
    yield text
    if found["raised"]:
        yield f"{into}.from_config raises {found['raised']}"
    for row in changed(found):
        yield f"{row['name']}={row['given']!r} was dropped; {into}'s default {row['result']!r} takes its place"
    if found["keep_raises"]:
        yield f"to keep what was dropped is not possible: given as keywords, {into} raises {found['keep_raises']}"
    for row in lost(found):
        said = f"{into} takes no such keyword; it is returned as unused and lost"
        yield f"{row['name']}={row['given']!r} has no effect: {said}"
    if other_noise(found):
        before, now = found["schedule_before"]["first_sigma"], found["schedule"]["first_sigma"]
        yield f"{old} starts at sigma {before:g}, {into} at {now:g}: it is no flow schedule"
    shift = shifted(found)
    if shift is not None:
        yield f"{shift[0]}={shift[1]!r} is hidden; {into} reads {shift[2]}, which is {shift[3]!r}"
    yield from after(found)


def in_config(row: dict[str, Any]) -> bool:
    return "given" in row and row["origin"] not in ("keyword", "component")


def after(found: dict[str, Any]) -> Iterator[str]:
    """What a save and load before the same line would change."""
    later = found["after_save"]
    if not later:
        return
    if later["raised"] and not found["raised"]:
        yield (
            f"after a save and load of {found['from']} the same line raises {later['raised']}: what is hidden now by"
            " _use_default_values is then an explicit value"
        )
        return
    refused = later["schedule"].get("error")
    if refused and "error" not in found["schedule"]:
        yield f"after a save and load of {found['from']} the same line gives a scheduler that raises {refused}"
        return
    if later["changed"]:
        names = ", ".join(f"{c['name']} {c['before']!r} → {c['after']!r}" for c in later["changed"][:4])
        more = f" and {len(later['changed']) - 4} more" if len(later["changed"]) > 4 else ""
        yield f"after a save and load of {found['from']} the same line gives other values: {names}{more}"
    for name in ("first_sigma", "first_timestep"):
        now, then = found["schedule"].get(name), later["schedule"].get(name)
        if now is not None and then is not None and now != then:
            steps = found["schedule"]["steps"]
            yield f"{name.replace('_', ' ')} of {steps} steps: {now} now, {then} after a save and load"


def other_noise(found: dict[str, Any]) -> bool:
    """A flow schedule starts at 1 or below; measured on both sides."""
    before, now = (found.get(s, {}).get("first_sigma") for s in ("schedule_before", "schedule"))
    return isinstance(before, float) and isinstance(now, float) and before <= 1.0 < now


def shifted(found: dict[str, Any]) -> tuple[str, Any, str, Any] | None:
    """A hidden key that the new class reads under a longer name (``shift``, ``flow_shift``), with another value."""
    for row in of(found, "hidden"):
        for other in found["keys"]:
            longer = other["name"].endswith(f"_{row['name']}") and other["fate"] == "default" and "result" in other
            if longer and not same(other["result"], row["given"]):
                return row["name"], row["given"], other["name"], other["result"]
    return None


def write(found: dict[str, Any]) -> str:
    """The line that keeps what was dropped; empty when there is nothing to keep."""
    keep = {} if found["keep_raises"] else {r["name"]: r["given"] for r in changed(found)}
    takes = {r["name"] for r in found["keys"] if "result" in r}
    shift = shifted(found)
    if shift is not None:
        keep[shift[2]] = shift[1]
        if "use_flow_sigmas" in takes:
            keep |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
    elif other_noise(found) and "use_flow_sigmas" in takes:
        keep |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
    names = {r["name"] for r in lost(found)}
    given = {k: v for k, v in found["keywords"].items() if k not in names}
    if not keep and not names:
        return ""
    path = found.get("expression", "")
    config = f"{path}.config" if path else "config"
    arguments = ", ".join([config, *(f"{k}={v!r}" for k, v in {**keep, **given}.items())])
    call = f"{found['into']}.from_config({arguments})"
    return f"{path} = {call}" if "." in path else call


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
