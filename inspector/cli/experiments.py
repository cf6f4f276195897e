"""``whatif`` and ``watch``: the commands that run code rather than look at what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import (
    FORMAT_HELP,
    ExitZero,
    FailOn,
    Ignore,
    Reports,
    Select,
    Stats,
    app,
    formats,
    sources,
    thresholds,
)
from inspector.cli.elsewhere import elsewhere
from inspector.cli.guarded import guarded

Form = Annotated[str | None, typer.Option("-f", "--format", metavar="FORMAT", help=FORMAT_HELP, autocompletion=formats)]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the report to FILE, whole or not at all.")
]
Traceback = Annotated[bool, typer.Option("--traceback", help="Show the traceback of an internal error.")]


@app.command(short_help="What a line of yours would really do.")
def whatif(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What to try it on.", autocompletion=sources)],
    lines: Annotated[list[str], typer.Argument(metavar="LINE...", help="'pipe.scheduler.config.k = v', in order.")],
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every place that changes.")] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="SEVERITY", help="note: exit 1 when a line does less than it says.", autocompletion=thresholds
        ),
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever the lines do.")] = False,
    weights: Annotated[
        bool, typer.Option("--weights", help="Load the weights, and run two steps to measure what a line does.")
    ] = False,
    torch_dtype: Annotated[str | None, typer.Option(metavar="DTYPE", help="With --weights: float16, bfloat16…")] = None,
    device: Annotated[str | None, typer.Option(metavar="DEVICE", help="With --weights: cuda, cpu…")] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the Hub for the newest, even where the local cache has a Hub id.")
    ] = False,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run the code that comes with the model.")
    ] = False,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=N", help="Raise one cap on what is read: config=2MiB.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long it may take.")] = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """What each LINE does to the object, to one made by from_config, to one saved and loaded; what to write instead.

    The lines run in order on a scratch copy. A line is PATH = VALUE or VALUE: paths start at pipe or scheduler (or at a
    name that an earlier line made); a value is a path, a literal, CLASS.from_config(PATH, k=v) or copy.deepcopy(PATH).
    PATH.register_to_config(k=v) and PATH.register_modules(k=PATH) are lines too.

    Exit status: 0 answered, 1 with --fail-on note when a line does less than it says, 2 usage or a line that cannot be
    tried, 3 a source or a part of it could not be read, 4 internal error, 5 the report could not be written,
    130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request
        from inspector.cli.trying import run_lines

        status = run_lines(
            Request(source, None, None, output, form, (), (), fail_on, exit_zero, verbose, tuple(reports or ())),
            lines,
            weights=weights,
            torch_dtype=torch_dtype,
            device=device,
            trust_remote_code=trust_remote_code,
            online=online,
            limit=tuple(limit or ()),
            timeout=timeout,
        )
    raise typer.Exit(status)


@app.command(
    short_help="Who reads and writes which setting while a script runs.",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def watch(
    context: typer.Context,
    script: Annotated[Path, typer.Argument(metavar="SCRIPT.py", help="Your script; its arguments follow it.")],
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every reader and every name.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    traceback: Traceback = False,
) -> None:
    """Run a script as Python would, and report every read and write of a setting of its pipelines, with file and line.

    Options of watch stand before the script. What the script prints goes to stderr, the report to stdout.

    Exit status: 0 nothing found, 1 a write that does nothing or not what it says, 2 usage, 3 the script could not be
    read, or it raised or exited with a failure (the report is given all the same), 4 internal error, 5 the report could
    not be written, 130 interrupted.
    """
    with guarded(traceback=traceback):
        from inspector.cli.diffing import Request
        from inspector.cli.trying import run_script

        request = Request(
            str(script), None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero,
            verbose, tuple(reports or ()),
        )  # fmt: skip
        status = run_script(request, script, context.args)
    raise typer.Exit(status)
