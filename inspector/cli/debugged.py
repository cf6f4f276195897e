"""``inspect-pipe debug``: look at both sides, write ``launch.json`` where that is asked for, print, give the status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, filtered
from inspector.cli.output import progress
from inspector.cli.trying import settings_of, show
from inspector.debugging.report import Asked, look
from inspector.model import EXIT_UNWRITABLE, EXIT_USAGE, InspectError
from inspector.writing import write


def run_debug(request: Request, asked: Asked) -> int:
    """Do it, and return the exit status.

    Raises:
        InspectError: a side or ``launch.json`` cannot be read, or what was asked for cannot be written.
    """
    settings = settings_of(request, {})
    promise(request)
    with progress() as tell:
        report, text = look(asked, tell)
    if asked.write and text is not None:
        put(Path(report.data["launch_json"]["path"]), text)
        written = {**report.data["launch_json"], "state": "written"}
        report = replace(report, data={**report.data, "launch_json": written})
    return deliver(filtered(report, settings), request, settings)


def put(file: Path, text: str) -> None:
    """Write ``launch.json`` whole or not at all, in a folder that need not be there yet.

    Raises:
        InspectError: it cannot be written (exit status 5); what was there before is still there.
    """
    try:
        file.parent.mkdir(exist_ok=True)
        write(file, text)
    except (OSError, InspectError) as error:
        reason = error.message if isinstance(error, InspectError) else f"cannot make {file.parent}: {error.strerror}"
        hint = "what was there is still there; without --write the configuration is shown"
        raise InspectError(reason, hint=hint, exit_code=EXIT_UNWRITABLE, where=str(file)) from error


def run_break(request: Request, key: str) -> int:
    """Show the lines, and return the exit status.

    Raises:
        InspectError: nothing knows the key, or the source cannot be read.
    """
    from inspector.debugging.breaks import report_of

    settings = settings_of(request, {})
    with progress() as tell:
        report = report_of(key, request.source, tell)
    return show(report, request, settings)


def pair(text: str) -> tuple[str, str]:
    """``LOCAL=REMOTE`` as typed.

    Raises:
        InspectError: it is not (exit status 2).
    """
    local, equals, remote = text.partition("=")
    if not (local and equals and remote):
        raise InspectError(f"--map {text!r} is no pair", hint="write LOCAL=REMOTE", exit_code=EXIT_USAGE)
    return local, remote


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` as typed.

    Raises:
        InspectError: it is not (exit status 2).
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise InspectError(f"--attach {text!r} is no address", hint="write HOST:PORT", exit_code=EXIT_USAGE)
    return host.strip("[]"), int(port)
