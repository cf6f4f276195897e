"""``inspect-pipe sigmas``: have the checks done in the worker, judge the rows, print, give the exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.checking import named_or_read
from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, accepted, baseline_of, filtered, merged
from inspector.cli.pictures import drawn, require
from inspector.cli.tables import own_presets
from inspector.samplers.asked import given, steps_of
from inspector.settings import load

SECONDS = 1800.0
"""A sweep over a thousand numbers of steps takes minutes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command line, as typed."""

    presets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    steps: str = ""
    device: str = "cpu"
    dtype: str = "float32"
    against: str = ""
    solve: bool = False
    keywords: tuple[str, ...] = ()
    own: Path | None = None
    plot: bool = False
    svg: Path | None = None
    timeout: float | None = None


def run_sigmas(request: Request, asked: Asked) -> int:
    """Do it, and return the exit status.

    Raises:
        InspectError: an option is wrong, a source cannot be read, or the report cannot be written.
    """
    named = [Path(m) for m in asked.models if os.path.exists(m)]
    settings = merged(load(named), request, {})
    promise(request, named)
    if asked.svg is not None:
        from inspector.writing import refuse

        refuse(asked.svg, named)
    require(asked.plot, asked.svg)
    known = baseline_of(settings)
    task = given(
        asked.presets,
        [named_or_read(m) for m in asked.models],
        steps_of(asked.steps),
        own=own_presets(asked.own, settings),
        device=asked.device,
        dtype=asked.dtype,
        over=overrides(asked.keywords),
        against=asked.against,
        solve=asked.solve,
    )
    from inspector import snapshots

    with bar() as tell:
        timeout = asked.timeout or settings.timeout or SECONDS
        found = snapshots.alone("sigmas", task, device=task["device"], timeout=timeout, progress=tell)
    from inspector.samplers.report import report_of

    report = filtered(accepted(report_of(title(asked), found), known, complete=not asked.keywords), settings)
    report = drawn(report, asked.plot, asked.svg, request.output, named)
    return deliver(report, request, settings, named)


def title(asked: Asked) -> str:
    """What was asked for, for the head of the report."""
    shown = ", ".join(asked.presets) if asked.presets else str(asked.own) if asked.own else "all presets"
    return f"{shown} on {', '.join(asked.models)}" if asked.models else shown


def overrides(keywords: Sequence[str]) -> dict[str, Any]:
    """``k=v`` as typed."""
    if not keywords:
        return {}
    from inspector.tracing.keywords import parsed

    return parsed(keywords)


@contextlib.contextmanager
def bar() -> Iterator[Callable[[Any], None] | None]:
    """A progress bar on stderr when a person watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def tell(said: Any) -> None:
            done, total, what = said
            progress.update(task, completed=done, total=total, description=str(what)[:60])

        yield tell
