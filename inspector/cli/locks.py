"""``lock`` and ``check``: a seal of a source, and whether anything has moved since."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import Ignore, Reports, Select, Stats, app, sources, thresholds
from inspector.cli.baselines import Device, Dtype, Limit, Online, Static, Timeout, Trusted, Weights, read_as
from inspector.cli.elsewhere import elsewhere
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded


@app.command(short_help="Seal a source: its settings, its schedules, the versions.")
def lock(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What to seal.", autocompletion=sources)],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="[tool.inspect-pipe] lock, or inspect-pipe.lock.json, when left out."
        ),
    ] = None,
    static: Static = False,
    weights: Weights = False,
    torch_dtype: Dtype = None,
    device: Device = None,
    online: Online = False,
    trust_remote_code: Trusted = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """Write down what SOURCE is today: a digest of every settings file and of every weights' header, each component's
    class and settings in force, what its scheduler gives at 4, 20 and 50 steps, the versions of the libraries.

    \b
    inspect-pipe lock models/sd15
    inspect-pipe check

    Exit status: 0 sealed, 2 usage, 3 a source or a part of it could not be read (then nothing is written), 4 internal
    error, 5 the file could not be written.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.sealing import run_lock

        reading = read_as(static, weights, torch_dtype, device, online, trust_remote_code, limit, timeout)
        status = run_lock(source, output, reading)
    raise typer.Exit(status)


@app.command(short_help="Whether anything has moved since a source was sealed.")
def check(
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="The sealed one when left out.", autocompletion=sources),
    ] = None,
    sealed: Annotated[
        Path | None, typer.Option("--lock", metavar="FILE", help="The seal; where lock writes it, when left out.")
    ] = None,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every note.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="SEVERITY", help="Exit 1 from this on: error, warning (default), note.", autocompletion=thresholds
        ),
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever has moved.")] = False,
    static: Static = False,
    weights: Weights = False,
    torch_dtype: Dtype = None,
    device: Device = None,
    online: Online = False,
    trust_remote_code: Trusted = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """What is another than it was sealed: which file, which setting from what to what, the sigmas, the versions. A
    version that moved and changed nothing is a note.

    \b
    inspect-pipe check --lock inspect-pipe.lock.json models/sd15

    Exit status: 0 as it was sealed, 1 something moved, 2 usage, or no lock of this version, 3 the lock, the source or
    a part of it could not be read, 4 internal error, 5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request
        from inspector.cli.sealing import run_check

        request = Request(
            source or "", None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero,
            verbose, tuple(reports or ()),
        )  # fmt: skip
        reading = read_as(static, weights, torch_dtype, device, online, trust_remote_code, limit, timeout)
        status = run_check(request, sealed, reading)
    raise typer.Exit(status)
