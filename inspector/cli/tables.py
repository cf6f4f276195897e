"""``inspect-pipe presets``: do it, print the report, give the exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inspector.cli.diffing import Request, merged, status
from inspector.cli.output import emit, look
from inspector.model import EXIT_USAGE, InspectError, Report
from inspector.samplers.presets import Preset, load_table
from inspector.settings import Settings, did_you_mean, load

ORDERS = ("class", "ui")


def run_list(request: Request, word: str, by: str, own: Path | None) -> int:
    """Show the table, and return the exit status.

    Raises:
        InspectError: no preset has the word, no such order, or a file cannot be read or written.
    """
    from inspector.samplers.show import listed

    if by not in ORDERS:
        raise InspectError(f"--by {by!r} does not exist", hint=did_you_mean(by, ORDERS), exit_code=EXIT_USAGE)
    settings = settings_of(request)
    return show(listed(own_presets(own), word, by), request, settings)


def run_show(request: Request, name: str, own: Path | None) -> int:
    """Show one preset, and return the exit status.

    Raises:
        InspectError: no such preset, or a file cannot be read or written.
    """
    from inspector.samplers.show import shown

    settings = settings_of(request)
    return show(shown(name, own_presets(own)), request, settings)


def own_presets(own: Path | None) -> tuple[Preset, ...]:
    return () if own is None else tuple(load_table(own).values())


def settings_of(request: Request, inspected: Sequence[Path] = ()) -> Settings:
    """The options, checked before the work; there is no SOURCE here, only files of the user's own."""
    settings = merged(load(inspected), request, {})
    if request.output is not None:
        from inspector.writing import refuse

        refuse(request.output, inspected)
    return settings


def show(report: Report, request: Request, settings: Settings, inspected: Sequence[Path] = ()) -> int:
    from inspector.render import render

    text = render(report, settings.format, look(verbose=settings.verbose, to_file=request.output is not None))
    emit(text, request.output, inspected=inspected)
    return status(report, settings)
