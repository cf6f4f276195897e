"""``inspect-pipe lock`` and ``check``: seal a source in the guarded worker, or look whether it is as it was sealed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, filtered, merged, reading_options
from inspector.cli.output import emit, keep, progress
from inspector.locks import DEFAULT, Lock, digests, dump, load, report_of
from inspector.model import EXIT_CLEAN, InspectError, Report, Skip
from inspector.render.escape import Safe, safe
from inspector.render.parts import counted
from inspector.settings import Settings
from inspector.settings import load as load_settings


def run_lock(source: str, output: Path | None, reading: dict[str, Any]) -> int:
    """Seal it, and return the exit status.

    Raises:
        InspectError: a part of the source cannot be read, or the file cannot be written.
    """
    from inspector.baselines import relative
    from inspector.writing import refuse

    inspected = [p] if os.path.exists(p := Path(source)) else []
    settings = merged(load_settings(inspected), Request(source), reading)
    target = output or Path(settings.lock or DEFAULT)
    refuse(target, inspected)
    with progress() as tell:
        lock, skipped = now(source, settings, reading, tell)
    for skip in (s for s in skipped if s.failed):
        message = f"{source} was not sealed: {skip.where}: {skip.reason}"
        raise InspectError(message, hint="inspect-pipe diff tells all that is wrong with it", where=source)
    lock = replace(lock, source=relative(source, target.parent), path=target)
    keep(Safe(dump(lock)), target, inspected)
    settled = sum(len(c["settings"]) for c in lock.components.values())
    runs = sum(len(runs) for runs in lock.schedules.values())
    counts = ((len(lock.files), "file"), (len(lock.components), "component"), (settled, "setting"), (runs, "schedule"))
    parts = [counted(count, what) for count, what in counts if count]
    emit(Safe(f"{safe(target, 200)}: {safe(source, 200)} is sealed: {', '.join(parts)}\n"))
    for skip in skipped:
        emit(Safe(f"  skipped  {safe(skip.where, 120)}: {safe(skip.reason, 400)}\n"))
    return EXIT_CLEAN


def run_check(request: Request, file: Path | None, reading: dict[str, Any]) -> int:
    """Compare a source with its seal, and return the exit status.

    Raises:
        InspectError: there is no seal, or the source cannot be read, or the report cannot be written.
    """
    before = load(file or Path(load_settings().lock or DEFAULT))
    source = request.source or from_here(before)
    inspected = [p] if os.path.exists(p := Path(source)) else []
    settings = merged(load_settings(inspected), request, reading)
    promise(request, inspected)
    with progress() as tell:
        report = compared(before, source, settings, reading, tell)
    return deliver(filtered(report, settings), request, settings, inspected)


def seal_of(settings: Settings, source: str) -> Lock | None:
    """The project's seal, if it is one of this source.

    Raises:
        InspectError: it cannot be read (exit 3), or is no seal of this version (exit 2).
    """
    if not settings.lock:
        return None
    from inspector.baselines import relative

    lock = load(Path(settings.lock))
    return lock if relative(source, lock.path.parent) == lock.source else None


def compared(
    before: Lock, source: str, settings: Settings, reading: dict[str, Any], tell: Callable[[str], None]
) -> Report:
    """What has moved in a source since it was sealed; a seal of files alone is compared with the files.

    Raises:
        InspectError: the source cannot be read.
    """
    static = settings.static or not before.components
    lock, skipped = now(source, replace(settings, static=static), reading, tell)
    return report_of(source, before, lock, skipped)


def from_here(lock: Lock) -> str:
    """The sealed source as it is found from the current folder."""
    path = os.path.normpath(os.path.join(os.path.relpath(lock.path.parent), lock.source))
    return path if os.path.lexists(path) else lock.source


def now(
    source: str, settings: Settings, reading: dict[str, Any], tell: Callable[[str], None]
) -> tuple[Lock, list[Skip]]:
    """The source as it is: its files are read here, the rest is built in the worker."""
    from inspector import snapshots, sources
    from inspector.remote.reach import Afar, Reach
    from inspector.remote.session import telling

    options = reading_options(settings, reading)
    limits, static = options["limits"], options.pop("static")
    with telling():
        afar = Afar(Reach.SEAL, limits, options.get("timeout"), tell)
        found = sources.resolve(source, online=options["online"], afar=afar)
        folder = snapshots.folder_of(found)
        files, skipped = digests(folder.path, limits, folder.facts) if folder.path is not None else ({}, [])
    if static or found.scheme in snapshots.READ_ONLY:
        from inspector.static import versions

        if folder.path is None:
            raise InspectError(f"{source} has no files to read", hint="leave --static out")
        return Lock(source, versions(), files), skipped
    told = snapshots.ask(source, "lock", {}, progress=tell, **options)
    skipped += [Skip(**s) for s in told["skipped"]]
    return Lock(source, told["versions"], files, told["components"], told["schedules"]), skipped
