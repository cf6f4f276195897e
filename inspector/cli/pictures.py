"""``--plot`` and ``--svg``: the curves of a report, in the terminal and as files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.model import EXIT_UNWRITABLE, InspectError, Report


def require(plot: bool, svg: Path | None) -> None:
    """Refuse before the work what cannot be drawn after it.

    Raises:
        InspectError: the library that draws is not installed (exit 2).
    """
    if plot:
        from inspector.render.plot import require as terminal

        terminal()
    if svg is not None:
        from inspector.render.figures import require as figures

        figures()


def drawn(report: Report, plot: bool, svg: Path | None, output: Path | None, inspected: Sequence[Path]) -> Report:
    """The report with its curves: told to draw them, and where the pictures are that are now written.

    Args:
        report: of ``sigmas``.
        plot: draw them in the terminal.
        svg: ``X.svg`` for one picture of all, anything else is a folder for one of each group of presets.
        output: where the report goes; pictures are named relative to it.
        inspected: folders that nothing may be written into.

    Raises:
        InspectError: there is nothing to draw (exit 2), or it cannot be written (exit 5).
    """
    found: dict[str, Any] = {"plot": True} if plot else {}
    if svg is not None:
        found["figures"] = [
            {"file": os.path.relpath(file, output.parent if output else Path.cwd()), "alt": words}
            for file, words in written(report, svg, inspected)
        ]
    return replace(report, data={**report.data, **found}) if found else report


def written(report: Report, svg: Path, inspected: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file that was written, with what it shows in words."""
    from inspector.render.figures import chosen, picture, svg_of
    from inspector.writing import write

    if svg.suffix.lower() == ".svg":
        drawing, words = picture(report)
        write(svg, drawing, inspected=inspected)
        return [(svg, words)]
    groups = chosen(report)
    try:
        svg.mkdir(exist_ok=True)
    except OSError as error:
        said = f"cannot make the folder {svg}: {error.strerror or error}"
        raise InspectError(said, hint="give --svg another folder", exit_code=EXIT_UNWRITABLE) from error
    for group in groups:
        write(svg / f"{group.slug}.svg", svg_of(group), inspected=inspected)
    return [(svg / f"{group.slug}.svg", group.alt) for group in groups]
