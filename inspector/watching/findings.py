"""What is wrong with a write, as findings: with the places, who reads them, and the line to write instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspector.model import Finding, Severity, same
from inspector.observe.settings import defaults_of
from inspector.watching.events import Event
from inspector.watching.fates import Fate, is_unread, taken, unread
from inspector.watching.owners import Owner
from inspector.watching.record import Recorder
from inspector.watching.stale import stale

_TAKING = ("del", "clear", "popitem")
_READ_AS = {"attr": "config.attr", "item": "config.item", "live": "live", "component": "live"}


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def named(events: list[Event]) -> str:
    """``attr file:line function, …``, each reader once."""
    return ", ".join(dict.fromkeys(f"{e.place} {e.at[0]}:{e.at[1]} {e.at[2]}" for e in events))


def finding_of(fate: Fate, paths: list[str], recorder: Recorder) -> Finding | None:
    """The finding of one write, if any. What the library writes on its own is a note."""
    write, owner = fate.write, recorder.owners[fate.write.owner]
    where = f"{paths[write.owner]}.{write.key}"
    line = f"{write.at[0]}:{write.at[1]}"
    if write.how == "unsaved":
        message = f"{line} fills a slot that is empty in the config: save_pretrained will leave the component out"
        path = holder(where)
        return Finding("IPW705", "warning", where, message, f"{path}.register_modules({write.key}={where})")
    if write.place == "from_config":
        if write.how != "unknown":
            return None
        message = f"{write.by[0]}:{write.by[1]}: {unread(fate, owner.cls)} without a word{near(write.key, owner)}"
        return Finding("IPW704", "warning", where, message)
    # the library's own writes are notes, but for those that a line of the user's makes it lose
    severity: Severity = "warning" if write.mine or any(e.mine for e in fate.lost) else "note"
    if owner.compiled and not (fate.seen or fate.lost or fate.missed):
        return None
    if fate.missed:
        code, message = "IPW702", f"{line} writes {what(write)}, but {readers(fate.missed)}"
        severity = "error" if write.mine and not fate.seen else severity
    elif fate.lost and fate.seen:
        code, message = "IPW703", f"{line} writes {what(write)}, which is read, but {taken(fate)}"
    elif is_unread(fate):
        again = fate.undone
        if again is not None and (again.at == write.at or same(again.value, write.value)):
            return None  # said once more, or a loop: the last one counts
        code, message = "IPW701", f"{line} writes {what(write)}: {unread(fate, owner.cls)}"
    elif not write.mine and write.place != "component":
        code, message = "IPW707", f"{line} {write.at[2]} sets {what(write)} to {short(write.value)}"
        if write.place == "attr":
            message += ": only the attribute, so that from_config and save_pretrained do not see it"
    else:
        return None
    if not write.mine:
        message += f" (called at {write.by[0]}:{write.by[1]})"
    reads = [e for e in fate.missed or fate.seen if e.place in _READ_AS]
    places = places_of(fate)
    by = tuple(dict.fromkeys(f"{_READ_AS[e.place]} {e.at[0]}:{e.at[1]} {e.at[2]}" for e in reads))
    fix = instead(write, owner, where, paths) if write.mine else ""
    return Finding(code, severity, where, message, fix, places=places, reads=by)


def places_of(fate: Fate) -> dict[str, Any]:
    """Where the value was written and, where another was read, that place; nothing of what was taken away."""
    write = fate.write
    if write.place == "component" or write.how in _TAKING:
        return {}
    places = {write.place if write.place in ("item", "live") else "attr": write.value}
    return places | {"live" if e.place == "component" else e.place: e.value for e in fate.missed}


def together(judged: list[tuple[Fate, Finding | None]]) -> list[Finding]:
    """The findings; one for all that a ``clear()`` took away, and for what one library line writes again and again."""
    found: dict[Any, list[Finding]] = {}
    for number, (fate, finding) in enumerate(judged):
        if finding is not None:
            write = fate.write
            key: Any = number
            if write.how in _TAKING:
                key = (write.owner, write.at, write.how, finding.code)
            elif not write.mine:
                key = (write.owner, write.at, write.key, finding.code)
            found.setdefault(key, []).append(finding)
    return [group[0] if len(group) == 1 else several(group) for group in found.values()]


def several(group: list[Finding]) -> Finding:
    first, names = group[0], list(dict.fromkeys(f.where.rpartition(".")[2] for f in group))
    if len(names) == 1:
        return replace(first, message=f"{first.message}, {len(group)} times")
    message = f"{first.message} (so with {len(names)} settings: {', '.join(names[:3])}…)"
    return replace(first, where=holder(first.where), message=message, places={})


def what(write: Event) -> str:
    """The place as the user wrote it."""
    if write.how in _TAKING:
        return f"{write.key} away ({'del config.' + write.key if write.how == 'del' else f'config.{write.how}()'})"
    return {
        "attr": f"config.{write.key}",
        "item": f"config[{write.key!r}]",
        "register_to_config": f"config.{write.key}, item and attribute",
        "component": f"the component {write.key}",
    }.get(write.place, write.key)


def readers(missed: list[Event]) -> str:
    """``set_timesteps (scheduling_x.py:3) reads the attribute, which is False``."""
    first = missed[0]
    place = {"attr": "the attribute", "item": "the item"}.get(first.place, "the object's own attribute")
    others = len({(e.at, e.place) for e in missed}) - 1
    reads = f" and {others} more read" if others else " reads"
    return f"{first.at[2]} ({first.at[0]}:{first.at[1]}){reads} {place}, which is {short(first.value)}"


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def holder(where: str) -> str:
    return where.rpartition(".")[0]


def instead(write: Event, owner: Owner, where: str, paths: list[str]) -> str:
    """The line that does what was meant, where there is one that always does."""
    path, value = holder(where), repr(write.value)
    if write.how or (isinstance(write.value, dict | list) and len(value) > 60):
        return ""
    name = path if owner.kind == "pipeline" or "pipe" not in paths or "." in path else f"pipe.{path}"
    if path.startswith(owner.cls.__name__):
        name = owner.kind  # it has no name that is known here
    if write.key == "requires_safety_checker" and write.value is False:
        return "pipe.safety_checker = None"
    if write.key not in defaults_of(owner.cls) or write.place == "component":
        return ""
    if owner.kind == "scheduler":
        return f"{name} = {owner.cls.__name__}.from_config({name}.config, {write.key}={value})"
    return f"{name}.register_to_config({write.key}={value})" if owner.kind == "pipeline" else ""


def near(key: str, owner: Owner) -> str:
    import difflib

    found = difflib.get_close_matches(key, list(defaults_of(owner.cls)), n=1, cutoff=0.8)
    return f"; did you mean {found[0]}?" if found else ""


def stale_findings(events: list[Event], paths: list[str], recorder: Recorder) -> list[Finding]:
    """What a pipeline computed from a component that has since been replaced."""
    found = {}
    for event in events:
        if event.kind == "write" and event.place == "component" and event.value is not None:
            pipe, path = recorder.owners[event.owner].ref(), paths[event.owner]
            for old in stale(pipe, event.key) if pipe is not None else ():
                message = (
                    f"{short(old.value)} was computed in __init__ ({old.file}:{old.line}) from the {event.key} "
                    f"of before {event.by[0]}:{event.by[1]}; the one that is there now makes it {short(old.would_be)}"
                )
                fix = f"{path} = {recorder.owners[event.owner].cls.__name__}(**{path}.components)"
                places = {"live": old.value}
                found[path, old.name] = Finding("IPW708", "error", f"{path}.{old.name}", message, fix, places=places)
    return list(found.values())


def argument_findings(recorder: Recorder) -> list[Finding]:
    """Arguments of ``__call__`` that were given, other than their default, and that no run used."""
    found = []
    for call in recorder.calls.values():
        unused = [n for n in call.never() if n in call.changed] if call.telling else []
        for name in unused:
            message = f"{name} was given, and {call.cls}.__call__ never used it in {counted(call.runs, 'run')}"
            where = f"{recorder.owners.path(call.owner)}.__call__.{name}"
            found.append(Finding("IPW706", "warning", where, message))
    return found
