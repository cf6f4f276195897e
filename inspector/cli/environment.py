"""``env``: the facts that explain why two machines differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import ExitZero, FailOn, Ignore, Reports, Select, app
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded


@app.command(short_help="Which code Python really imports here, and what explains other results.")
def env(
    facts: Annotated[
        Path | None, typer.Argument(metavar="FACTS", help="Facts saved with -f json; this machine's when left out.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FACTS", help="Compare with these: what differs, and what matters of it."),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="PATH", help="The interpreter, or the environment's folder, to ask."),
    ] = None,
    folder: Annotated[str | None, typer.Option("--folder", metavar="DIR", help="Look as from this folder.")] = None,
    script: Annotated[
        str | None, typer.Option("--script", metavar="FILE", help="Look as python FILE would, not as python.")
    ] = None,
    torch: Annotated[bool, typer.Option("--torch", help="Import torch too, and ask it what it sees.")] = False,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every file, and all that differs.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long it may take.")] = None,
    traceback: Traceback = False,
) -> None:
    """The packages that count, the files they are really imported from, and whether these are as they were installed;
    Python, torch's build, GPUs and driver, environment variables (secrets masked), and where caches and libraries lie.
    Nothing of it is imported, but for torch with --torch.

    \b
    inspect-pipe env -f json -o nas.json        (there)
    inspect-pipe env --against nas.json         (here)

    Exit status: 0 nothing found, 1 findings, 2 usage, 3 that Python or a file could not be asked, 4 internal error,
    5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback):
        from inspector.cli.diffing import Request
        from inspector.cli.machines import Asked, run_env

        request = Request(
            "", None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            tuple(reports or ()),
        )  # fmt: skip
        status = run_env(request, Asked(facts, against, python, folder, script, torch, timeout))
    raise typer.Exit(status)
