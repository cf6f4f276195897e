"""What was recorded, as the report that every format takes: who wrote, who read, and what nobody looked at."""

from __future__ import annotations

from typing import Any

from inspector.model import Report, Skip
from inspector.observe import versions
from inspector.observe.settings import defaults_of, is_pair, kind_of
from inspector.observe.state import is_module, live
from inspector.watching.record import Event, Recorder

_SEEN_BY = {
    "attr": ("attr",),
    "item": ("item", "from_config"),
    "live": ("live",),
    "component": ("component", "live"),
    "register_to_config": ("attr", "item", "from_config"),
    "from_config": ("attr", "item", "live", "from_config"),
}
"""Place that is written -> places whose readers see it."""


def report_of(recorder: Recorder, source: str, skipped: tuple[Skip, ...] = ()) -> Report:
    """The report of a recorder that has stopped."""
    events = list(recorder.events)
    paths = [recorder.path(n) for n in range(len(recorder.owners))]
    never, elsewhere = unread(events, recorder, paths)
    writes = [e for e in events if e.kind == "write"]
    reads = sum(e.count for e in events if e.kind == "read")
    data: dict[str, Any] = {
        "command": "watch",
        "events": [event_data(e, paths, recorder) for e in events],
        "readers": readers(events, paths),
        "read_after": read_after(events, paths),
        "never_read": never,
        "read_elsewhere": elsewhere,
        "warnings": recorder.warnings,
        "coverage": coverage(events, recorder, paths),
    }
    found = [f"{len(writes)} write{'s' if len(writes) != 1 else ''}", f"{reads:,} reads"]
    found += [f"{len(never)} written and never read"] if never else []
    found += [f"{len(elsewhere)} read from another place"] if elsewhere else []
    data["answer"] = {"severity": "warning" if never or elsewhere else "clean", "line": f"{source}: {', '.join(found)}"}
    return Report(source, versions(), (), skipped, (), data)


def event_data(event: Event, paths: list[str], recorder: Recorder) -> dict[str, Any]:
    said = [w["message"] for w in recorder.warnings if (w["file"], w["line"]) == event.by]
    row: dict[str, Any] = {
        "kind": event.kind,
        "where": f"{paths[event.owner]}.{event.key}",
        "place": event.place,
        "value": event.value,
        "file": event.file,
        "line": event.line,
        "function": event.function,
        "count": event.count,
        "by": {"file": event.by[0], "line": event.by[1]},
    }
    return {**row, "warnings": said} if said and event.kind == "write" else row


def readers(events: list[Event], paths: list[str]) -> dict[str, list[str]]:
    """Setting -> who read it, as ``attr file:line function``."""
    found: dict[str, list[str]] = {}
    for event in events:
        if event.kind == "read" and event.key != "*":
            by = f"{event.place} {event.file}:{event.line} {event.function}"
            known = found.setdefault(f"{paths[event.owner]}.{event.key}", [])
            if by not in known:
                known.append(by)
    return found


def read_after(events: list[Event], paths: list[str]) -> dict[str, list[str]]:
    """Setting that was written -> who read it from then on."""
    first: dict[tuple[int, str], int] = {}
    for number, event in enumerate(events):
        if event.kind == "write":
            first.setdefault((event.owner, event.key), number)
    late = [e for n, e in enumerate(events) if n > first.get((e.owner, e.key), len(events))]
    return readers(late, paths)


def unread(
    events: list[Event], recorder: Recorder, paths: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The writes that no later read sees: those of a setting that is not read at all, and those read elsewhere."""
    never, elsewhere = [], []
    for number, write in enumerate(events):
        if write.kind != "write":
            continue
        later = [e for e in events[number + 1 :] if e.kind == "read" and e.owner == write.owner]
        reads = [e for e in later if e.key == write.key or (e.key == "*" and write.key in e.taken)]
        if any(e.place in _SEEN_BY[write.place] for e in reads):
            continue
        obj = recorder.owners[write.owner].obj
        row: dict[str, Any] = {
            "where": f"{paths[write.owner]}.{write.key}",
            "place": write.place,
            "value": write.value,
            "file": write.file,
            "line": write.line,
        }
        own = [e for e in reads if e.key == write.key]
        if write.place == "from_config":
            if write.key not in defaults_of(type(obj)):
                never.append({**row, "reason": f"{type(obj).__name__} takes no {write.key}: from_config dropped it"})
        elif own:
            by = ", ".join(dict.fromkeys(f"{e.place} {e.file}:{e.line} {e.function}" for e in own))
            elsewhere.append({**row, "read": by})
        else:
            never.append({**row, "reason": why(write, later)})
    return never, elsewhere


def why(write: Event, later: list[Event]) -> str:
    """What is known of a write that nobody read."""
    taken = next((e for e in later if e.key == "*"), None)
    if taken is None:
        return "nothing read it after this line"
    if write.place == "attr":
        return f"from_config ({taken.file}:{taken.line}) read the items, and this is only the attribute"
    return f"from_config ({taken.file}:{taken.line}) dropped it: it is listed in _use_default_values"


def coverage(events: list[Event], recorder: Recorder, paths: list[str]) -> dict[str, Any]:
    """The config keys of every watched object, and the arguments of ``__call__``, that nobody consulted."""
    settings = []
    nested = inner_modules([o.obj for o in recorder.owners])
    for number, owner in enumerate(recorder.owners):
        config = live(owner.obj).get("_internal_dict")
        if config is None or id(owner.obj) in nested:
            continue
        keys = [k for k in dict.keys(config) if k[:1] != "_"]
        keys = [k for k in keys if not (kind_of(owner.obj) == "pipeline" and is_pair(dict.get(config, k)))]
        read = {e.key for e in events if e.owner == number and e.kind == "read"}
        never = [k for k in keys if k not in read]
        settings.append(
            {"path": paths[number], "class": type(owner.obj).__name__, "settings": len(keys), "never": never}
        )
    calls = [
        {
            "class": seen.cls,
            "runs": seen.runs,
            "given": sorted(seen.given),
            "never": seen.never(),
            "given_and_never": [n for n in seen.never() if n in seen.given],
        }
        for seen in recorder.calls.seen.values()
        if seen.runs
    ]
    return {"settings": settings, "calls": calls}


def inner_modules(objects: list[Any]) -> set[int]:
    """Which of these are parts of another: a model's blocks have configs of their own."""
    found: set[int] = set()
    for obj in filter(is_module, objects):
        found |= {id(m) for m in obj.modules() if m is not obj}
    return found
