"""``roundtrip``: does a scheduler's config survive what people do to it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import ExitZero, FailOn, Ignore, Reports, Select, app
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded


def classes(incomplete: str) -> list[str]:
    from inspector.classes import schedulers

    return [c.name for c in schedulers() if c.name.startswith(incomplete)]


@app.command(short_help="Whether a scheduler's config survives save, load, swap, copies and edits.")
def roundtrip(
    schedulers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CLASS]...",
            help="EulerDiscreteScheduler, or py:module:Class; all when left out.",
            autocompletion=classes,
        ),
    ] = None,
    law: Annotated[
        list[str] | None, typer.Option(metavar="LAW", help="IPR402 or from-config; repeatable. All when left out.")
    ] = None,
    examples: Annotated[
        int | None, typer.Option(metavar="N", help="Cases of each law on each class, in place of the profile's.")
    ] = None,
    profile: Annotated[str, typer.Option(metavar="PROFILE", help="ci: 20 cases; nightly: 300.")] = "ci",
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same cases.")] = 0,
    known: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A list of known defects in place of the tool's own; /dev/null.")
    ] = None,
    replay: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Try a saved counterexample again; repeatable.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--reports", metavar="FOLDER", help="Where new counterexamples are saved.")
    ] = Path("reports/roundtrip"),
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Every law and class, and what was refused.")
    ] = False,
    select: Select = None,
    ignore: Ignore = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accepted findings, which are told apart and do not fail.")
    ] = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long it may take.")] = None,
    traceback: Traceback = False,
) -> None:
    """Search the configs of scheduler classes for the smallest one that a law of round trips does not hold for.

    Known defects of the library are told apart and do not fail; each new one is saved as a script that shows it.

    Exit status: 0 nothing new, 1 findings, 2 usage, 3 a file could not be read, 4 internal error,
    5 a report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback):
        from inspector.cli.diffing import Request
        from inspector.cli.searching import Asked, run_roundtrip
        from inspector.searching import SECONDS, Search

        request = Request(
            "", None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            reports=tuple(reports or ()), baseline=baseline,
        )  # fmt: skip
        search = Search(tuple(schedulers or ()), tuple(law or ()), examples, profile, seed, known, timeout or SECONDS)
        status = run_roundtrip(request, Asked(search, tuple(replay or ()), folder))
    raise typer.Exit(status)
