"""What was recorded, as the report that every format takes: who wrote, who read, and what nobody looked at."""

from __future__ import annotations

from typing import Any

from inspector.model import Report, Skip, worst_first
from inspector.observe import versions
from inspector.watching.events import Event
from inspector.watching.fates import Fate, Fates, is_unread, taken, unread
from inspector.watching.findings import argument_findings, counted, finding_of, named, stale_findings, together
from inspector.watching.record import Recorder


def report_of(recorder: Recorder, source: str, skipped: tuple[Skip, ...] = ()) -> Report:
    """The report of a recorder that has stopped."""
    with recorder.lock:
        events = list(recorder.events)
    paths = [recorder.owners.path(n) for n in range(len(recorder.owners))]
    fates = list(Fates(events).all())
    never = [row(f, paths, reason=unread(f, recorder.owners[f.write.owner].cls)) for f in fates if is_unread(f)]
    elsewhere = [row(f, paths, read=named(f.missed)) for f in fates if f.missed]
    lost = [row(f, paths, reason=taken(f)) for f in fates if f.lost and f.seen and not f.missed]
    judged = [(f, finding_of(f, paths, recorder)) for f in fates]
    findings = [*together(judged), *stale_findings(events, paths, recorder), *argument_findings(recorder)]
    skipped = (*skipped, *unseen(recorder, paths))
    data: dict[str, Any] = {
        "command": "watch",
        "components": [
            {
                "path": path,
                "class": owner.cls.__name__,
                "kind": owner.kind,
                "settings": [{"name": k} for k in owner.keys],
            }
            for path, owner in zip(paths, recorder.owners, strict=True)
        ],
        "events": [event_data(e, paths, recorder) for e in events],
        "readers": readers(events, paths),
        "read_after": read_after(events, paths),
        "fates": [row(f, paths, mark=x.severity if x else "clean" if f.seen else "") for f, x in judged],
        "never_read": never,
        "read_elsewhere": elsewhere,
        "lost": lost,
        "shared": shared(recorder, paths),
        "warnings": recorder.warnings,
        "coverage": coverage(events, recorder, paths),
    }
    if not findings and not any(s.failed for s in skipped):
        data["answer"] = answer(events, source)
    return Report(source, versions(), worst_first(findings), skipped, (), data)


def answer(events: list[Event], source: str) -> dict[str, str]:
    """The last line of a report without findings."""
    writes = sum(e.kind == "write" for e in events)
    reads = sum(e.count for e in events if e.kind == "read")
    said = f"nothing found in {counted(writes, 'write')} and {counted(reads, 'read')}"
    if not events:
        said = "no setting of a pipeline, scheduler or model was read or written"
    return {"severity": "clean", "line": f"{source}: {said}"}


def row(fate: Fate, paths: list[str], **more: str) -> dict[str, Any]:
    write = fate.write
    file, line, function = write.at
    return {
        "where": f"{paths[write.owner]}.{write.key}",
        "place": write.place,
        "value": write.value,
        "file": file,
        "line": line,
        "function": function,
        "by": {"file": write.by[0], "line": write.by[1]},
        **({"how": write.how} if write.how else {}),
        **more,
    }


def event_data(event: Event, paths: list[str], recorder: Recorder) -> dict[str, Any]:
    said = [w["message"] for w in recorder.warnings if (w["file"], w["line"]) == event.by[:2]]
    file, line, function = event.at
    found: dict[str, Any] = {
        "kind": event.kind,
        "where": f"{paths[event.owner]}.{event.key}",
        "place": event.place,
        "value": event.value,
        "file": file,
        "line": line,
        "function": function,
        "count": event.count,
        "by": {"file": event.by[0], "line": event.by[1]},
    }
    if event.how:
        found["how"] = event.how
    return {**found, "warnings": said} if said and event.kind == "write" else found


def readers(events: list[Event], paths: list[str]) -> dict[str, list[str]]:
    """Setting -> who read it, as ``attr file:line function``."""
    found: dict[str, dict[str, None]] = {}
    for event in events:
        if event.kind == "read" and event.key != "*":
            file, line, function = event.at
            found.setdefault(f"{paths[event.owner]}.{event.key}", {})[f"{event.place} {file}:{line} {function}"] = None
    return {where: list(by) for where, by in found.items()}


def read_after(events: list[Event], paths: list[str]) -> dict[str, list[str]]:
    """Setting that was written -> who read it from then on."""
    first: dict[tuple[int, str], int] = {}
    for number, event in enumerate(events):
        if event.kind == "write":
            first.setdefault((event.owner, event.key), number)
    late = [e for n, e in enumerate(events) if n > first.get((e.owner, e.key), len(events))]
    return readers(late, paths)


def unseen(recorder: Recorder, paths: list[str]) -> list[Skip]:
    """What ran where nobody sees it read its settings."""
    reason = "compiled by torch.compile: what compiled code reads of its config is not seen"
    return [Skip(path, reason) for path, owner in zip(paths, recorder.owners, strict=True) if owner.compiled]


def shared(recorder: Recorder, paths: list[str]) -> list[dict[str, Any]]:
    """Components that more than one pipeline holds: what one run does to them, the other finds."""
    found = []
    for number, owner in enumerate(recorder.owners):
        if len({pipe for pipe, _ in owner.held}) > 1:
            held = [f"{recorder.owners.path(pipe)}.{name}" for pipe, name in owner.held]
            found.append({"where": paths[number], "class": owner.cls.__name__, "held": held})
    return found


def coverage(events: list[Event], recorder: Recorder, paths: list[str]) -> dict[str, Any]:
    """The config keys of every watched object, and the arguments of ``__call__``, that nobody asked for."""
    read: dict[int, set[str]] = {}
    for event in events:
        if event.kind == "read":
            read.setdefault(event.owner, set()).add(event.key)
    settings = [
        {
            "path": paths[number],
            "class": owner.cls.__name__,
            "kind": owner.kind,
            "replaced": recorder.owners.replaced(number),
            "settings": len(owner.keys),
            "never": [k for k in owner.keys if k not in read.get(number, ())],
        }
        for number, owner in enumerate(recorder.owners)
        if owner.kind != "other" and not owner.inner and not owner.compiled
    ]
    calls = [
        {
            "class": call.cls,
            "runs": call.runs,
            "given": sorted(call.given),
            "never": call.never() if call.telling else None,
            "given_and_never": [n for n in call.never() if n in call.given] if call.telling else None,
            **({} if call.telling else {"reason": "the source of __call__ is not at hand, so its uses were not seen"}),
        }
        for call in recorder.calls.values()
    ]
    return {"settings": settings, "calls": calls}
