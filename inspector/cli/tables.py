"""``inspect-pipe presets``: do it, print the report, give the exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, merged
from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.owntables import load_table, parse, read_rows
from inspector.samplers.presets import Preset
from inspector.settings import Settings, did_you_mean, load

ORDERS = ("class", "ui")
SECONDS = 1800.0
"""How long trying a table may take."""


def run_list(request: Request, word: str, by: str, own: Path | None) -> int:
    """Show the table, and return the exit status.

    Raises:
        InspectError: no preset has the word, no such order, or a file cannot be read or written.
    """
    from inspector.samplers.show import listed

    if by not in ORDERS:
        raise InspectError(f"--by {by!r} does not exist", hint=did_you_mean(by, ORDERS), exit_code=EXIT_USAGE)
    settings = settings_of(request)
    return deliver(listed(own_presets(own, settings), word, by), request, settings)


def run_show(request: Request, name: str, own: Path | None) -> int:
    """Show one preset, and return the exit status.

    Raises:
        InspectError: no such preset, or a file cannot be read or written.
    """
    from inspector.samplers.show import shown

    settings = settings_of(request)
    return deliver(shown(name, own_presets(own, settings)), request, settings)


def run_lint(request: Request, table: str, models: Sequence[str], steps: str, timeout: float | None) -> int:
    """Try a table of presets, and return the exit status.

    Raises:
        InspectError: it is no table, an option is wrong, or a file cannot be read or written.
    """
    from inspector.cli.diffing import filtered
    from inspector.samplers.asked import steps_of
    from inspector.samplers.linted import report_of
    from inspector.samplers.models import find_model

    live = table.startswith("py:")
    inspected = () if live else (Path(table),)
    settings = settings_of(request, inspected)
    given: dict[str, Any] = {"where": table, "models": [find_model(name).name for name in models]}
    if steps.strip():
        given["steps"] = list(steps_of(steps))
    seconds = timeout or settings.timeout or SECONDS
    from inspector import snapshots
    from inspector.cli.sigmas import bar

    if not live:
        given["table"] = read_rows(table)
    with bar() as tell:
        if live:
            found = snapshots.ask(table, "lint", given, timeout=seconds, tell=tell)
        else:
            found = snapshots.alone("lint", given, timeout=seconds, progress=tell)
    return deliver(filtered(report_of(found), settings), request, settings, inspected)


def own_presets(file: Path | None, settings: Settings) -> tuple[Preset, ...]:
    """The presets of ``--presets FILE``, else those that the project keeps in its pyproject.toml."""
    if file is not None:
        return tuple(load_table(file).values())
    return tuple(parse(settings.presets, settings.file).values()) if settings.presets else ()


def settings_of(request: Request, inspected: Sequence[Path] = ()) -> Settings:
    """The options, checked before the work; there is no SOURCE here, only files of the user's own."""
    settings = merged(load(inspected), request, {})
    promise(request, inspected)
    return settings
