"""``inspect-pipe whatif`` and ``inspect-pipe watch``: do it, print the report, give the exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, filtered, merged, reading_options, status
from inspector.cli.output import progress
from inspector.model import EXIT_CLEAN, EXIT_FINDINGS, Report
from inspector.settings import Settings, load


def run_lines(request: Request, lines: Sequence[str], **reading: Any) -> int:
    """Try the lines on the source, and return the exit status.

    Raises:
        InspectError: a line is refused, the source cannot be read, or the report cannot be written.
    """
    from inspector.trying.grammar import parse
    from inspector.trying.report import report_of

    parse(lines, ["pipe", "scheduler", "model"])  # before the work, not after it
    settings = settings_of(request, reading)
    options = {k: v for k, v in reading_options(settings, reading).items() if k != "static"}
    if request.source.startswith("demo:"):
        options["weights"] = True  # they are tiny, and running them is the proof
    from inspector import snapshots

    with progress() as tell:
        given = {"lines": list(lines), "refusals_as_data": True}
        found = snapshots.ask(request.source, "whatif", given, progress=tell, **options)
    report = report_of(request.source, found)
    code = status(report, settings)
    # a line that does less than it says is a note: the question was asked, and answered
    short = report.data["answer"]["severity"] == "note" and settings.fail_on == "note" and not settings.exit_zero
    return show(report, request, settings, EXIT_FINDINGS if short and code == EXIT_CLEAN else code)


def run_script(request: Request, script: Path, arguments: Sequence[str]) -> int:
    """Run the script under watch, and return the exit status.

    Raises:
        InspectError: there is no such script, or the report cannot be written.
        KeyboardInterrupt: the script was interrupted; the report is given all the same.
    """
    from inspector.watching.script import watched

    settings = settings_of(request, {})
    outcome = watched(script, arguments)
    if outcome.report is None:
        return outcome.status
    code = show(filtered(outcome.report, settings), request, settings)
    if outcome.interrupted:
        raise KeyboardInterrupt
    return code


def settings_of(request: Request, reading: dict[str, Any]) -> Settings:
    inspected = inspected_by(request)
    settings = merged(load(inspected), request, reading)
    promise(request, inspected)
    return settings


def show(report: Report, request: Request, settings: Settings, code: int | None = None) -> int:
    return deliver(report, request, settings, inspected_by(request), code=code)


def inspected_by(request: Request) -> list[Path]:
    return [p for p in [Path(request.source)] if os.path.exists(p)]
