"""``inspect-pipe baseline``: look at the sources, write what is accepted of them, say what changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inspector.baselines import (
    BY_COMMAND,
    DEFAULT,
    Acceptance,
    Baseline,
    Entry,
    day,
    dump,
    load,
    pruned,
    saved_report,
    updated,
)
from inspector.cli.diffing import Request, filtered, merged, reading_options, take
from inspector.cli.output import emit, keep, look, progress
from inspector.model import EXIT_CLEAN, EXIT_UNREADABLE, EXIT_USAGE, InspectError, Report
from inspector.render.escape import Safe, safe
from inspector.render.parts import counted
from inspector.settings import Settings
from inspector.settings import load as load_settings

_ARROW = " → "


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command line, as typed."""

    sources: tuple[str, ...] = ()
    file: Path | None = None
    reason: str = ""
    by: str = ""
    expires: str = ""
    force: bool = False


def run_create(asked: Asked, request: Request, reading: dict[str, Any]) -> int:
    """Write a baseline of what is found now, and return the exit status.

    Raises:
        InspectError: there is one already, a source cannot be read, or the file cannot be written.
    """
    settings, file = _settled(asked, request, reading)
    if os.path.lexists(file) and not asked.force:
        hint = "inspect-pipe baseline update adds what is new to it and keeps its reasons; --force makes it anew"
        raise InspectError(f"{file} exists already", hint=hint, exit_code=EXIT_USAGE, where=str(file))
    said = _said(asked, settings)
    reports = _reports(asked.sources, settings, reading)
    return _kept(Baseline(path=file), updated(Baseline(path=file), reports, said), reports, asked, [])


def run_update(asked: Asked, request: Request, reading: dict[str, Any]) -> int:
    """Add what is new, and return the exit status.

    Raises:
        InspectError: there is no baseline, a source cannot be read, or the file cannot be written.
    """
    settings, file = _settled(asked, request, reading)
    before, said = load(file), _said(asked, settings)
    reports = _reports(asked.sources or _named(before), settings, reading)
    return _kept(before, updated(before, reports, said), reports, asked, [])


def run_prune(asked: Asked, request: Request, reading: dict[str, Any]) -> int:
    """Drop what no longer occurs, and return the exit status.

    Raises:
        InspectError: there is no baseline, a source cannot be read, or the file cannot be written.
    """
    settings, file = _settled(asked, request, reading)
    before = load(file)
    # what a project does not select is no reason to drop an entry
    reports = _reports(asked.sources or _named(before), replace(settings, select=()), reading)
    after, left = pruned(before, reports)
    return _kept(before, after, reports, asked, left)


def _settled(asked: Asked, request: Request, reading: dict[str, Any]) -> tuple[Settings, Path]:
    """The options, and the file, which must not lie in what is inspected."""
    from inspector.writing import refuse

    inspected = _inspected(asked.sources)
    settings = merged(load_settings(inspected), request, reading)
    file = asked.file or Path(settings.baseline or DEFAULT)
    refuse(file, inspected)
    return settings, file


def _said(asked: Asked, settings: Settings) -> Acceptance:
    expires = day(asked.expires, "--expires") if asked.expires else ""
    said = Acceptance(asked.reason.strip(), asked.by.strip(), expires, settings.fail_on)
    if expires and expires < said.day.isoformat():
        raise InspectError(f"--expires {expires} is past", hint="give a day to come", exit_code=EXIT_USAGE)
    return said


def _inspected(sources: tuple[str, ...]) -> list[Path]:
    """The paths among the sources that are looked into; a saved report is only read."""
    return [p for s in sources for part in s.split(_ARROW) if os.path.exists(p := Path(part)) and p.suffix != ".json"]


def _reports(sources: tuple[str, ...], settings: Settings, reading: dict[str, Any]) -> list[Report]:
    with progress() as tell:
        options = {**reading_options(settings, reading), "progress": tell}
        return [_report(s, settings, options) for s in sources]


def _report(source: str, settings: Settings, options: dict[str, Any]) -> Report:
    from inspector.report import examine
    from inspector.sources import is_report

    if os.path.isfile(source) and is_report(Path(source)) and (saved := saved_report(Path(source))) is not None:
        return filtered(saved, settings)
    first, *rest = [take(part, options) for part in source.split(_ARROW)]
    return filtered(examine(first, *rest[:1]), settings)


def _named(baseline: Baseline) -> tuple[str, ...]:
    """The sources of a baseline as they are found from here.

    Raises:
        InspectError: it names none that can be looked at again.
    """
    folder = os.path.relpath(baseline.path.parent)
    names = [n for n in baseline.named if n not in BY_COMMAND]
    found = [_ARROW.join(_from_here(part, folder) for part in n.split(_ARROW)) for n in names]
    if not found:
        hint = "give a SOURCE, or a report saved with -f json"
        message = f"{baseline.path} names no source that could be looked at again"
        raise InspectError(message, hint=hint, exit_code=EXIT_USAGE, where=str(baseline.path))
    return tuple(found)


def _from_here(name: str, folder: str) -> str:
    path = os.path.normpath(os.path.join(folder, name))
    return path if os.path.lexists(path) else name


def _kept(before: Baseline, after: Baseline, reports: list[Report], asked: Asked, left: list[tuple[str, str]]) -> int:
    """Write it if it is another one, say what changed, and give the exit status."""
    if dump(after) != dump(before) or not os.path.lexists(after.path):
        keep(Safe(dump(after)), after.path, _inspected(asked.sources))
    emit(Safe("\n".join(_lines(before, after, left)) + "\n"))
    unread = [s for r in reports for s in r.skipped if s.failed]
    for skip in unread:
        emit(Safe(f"  not read  {safe(skip.where, 120)}: {safe(skip.reason, 400)}\n"))
    return EXIT_UNREADABLE if unread else EXIT_CLEAN


def _lines(before: Baseline, after: Baseline, left: list[tuple[str, str]]) -> Iterator[str]:
    """What changed, and what a reviewer would ask."""
    added, dropped = _without(after, before), _without(before, after)
    known = {(e.source, e.fingerprint): e for e in before.entries}
    changed = [e for e in after.entries if known.get((e.source, e.fingerprint), e) != e]
    counts = ((added, "new"), (dropped, "dropped"), (changed, "with another reason or date"))
    news = ", ".join(f"{len(entries)} {what}" for entries, what in counts if entries) or "nothing changed"
    accepted = f"{counted(len(after.entries), 'finding')} of {counted(len(after.named), 'source')} accepted"
    yield f"{safe(after.path, 200)}: {accepted}; {news}"
    told = [(e, sign) for sign, entries in (("+", added), ("-", dropped), ("~", changed)) for e in entries]
    width = look().width
    for source in dict.fromkeys(e.source for e, _ in told):
        yield f"  {safe(source, 200)}"
        for entry, sign in (row for row in told if row[0].source == source):
            line = safe(f"{entry.code}  {entry.where}  {entry.message}")
            yield f"    {sign} {line}" if len(line) <= width - 6 else f"    {sign} {line[: width - 7]}…"
    for source, why in left:
        yield f"  skipped  {safe(source, 120)}: {safe(why, 300)}"
    today = Acceptance().day
    if expired := sum(e.expired(today) for e in after.entries):
        yield f"  {counted(expired, 'finding')} accepted until a day that is past: --expires DATE accepts anew"
    if nameless := sum(not e.reason.strip() for e in after.entries):
        yield f"  no reason given for {counted(nameless, 'finding')}: update --reason TEXT, or write it into the file"


def _without(these: Baseline, those: Baseline) -> list[Entry]:
    known = {(e.source, e.fingerprint) for e in those.entries}
    return [e for e in these.entries if (e.source, e.fingerprint) not in known]
