"""``trace``, ``call`` and ``blame``: the commands that tell where a setting went, and where it comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from inspector.cli.app import ExitZero, FailOn, Ignore, Reports, Select, Stats, app, sources
from inspector.cli.elsewhere import elsewhere
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="What to look at.", autocompletion=sources)]
Component = Annotated[
    str, typer.Option(metavar="NAME", help="Which component of a pipeline; found by itself where it can be.")
]
Online = Annotated[
    bool, typer.Option("--online", help="Ask the Hub for the newest, even where the local cache has a Hub id.")
]
RemoteCode = Annotated[bool, typer.Option("--trust-remote-code", help="Run the code that comes with the model.")]
Limit = Annotated[list[str] | None, typer.Option(metavar="NAME=N", help="Raise one cap on what is read: config=2MiB.")]
Timeout = Annotated[float | None, typer.Option(metavar="SECONDS", help="How long building may take.")]


def classes(incomplete: str) -> list[str]:
    from inspector.classes import schedulers

    return [info.name for info in schedulers() if info.name.startswith(incomplete)]


@app.command(short_help="Where your setting goes on the way through from_config.")
def trace(
    source: Source,
    into: Annotated[
        str, typer.Option("--into", metavar="CLASS", help="The class to make of it.", autocompletion=classes)
    ],
    component: Component = "",
    keywords: Annotated[
        list[str] | None, typer.Option("--set", metavar="K=V", help="A keyword for from_config; repeatable.")
    ] = None,
    key: Annotated[str, typer.Option(metavar="NAME", help="One key's story only.")] = "",
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every key with its line.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    online: Online = False,
    trust_remote_code: RemoteCode = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """Run the real CLASS.from_config on the config under observation: what became of every key, and at which line.

    Exit status: 0 everything arrived, 1 something was lost, replaced or refused, 2 usage, 3 a source or a part of it
    could not be read, 4 internal error, 5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request
        from inspector.cli.tracing import run_trace

        request = Request(
            source, None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            tuple(reports or ()),
        )  # fmt: skip
        status = run_trace(
            request,
            into,
            keywords or [],
            component,
            key,
            online=online,
            trust_remote_code=trust_remote_code,
            limit=tuple(limit or ()),
            timeout=timeout,
        )
    raise typer.Exit(status)


@app.command(short_help="What a pipeline takes when it is called; or several, side by side.")
def call(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE|CLASS", help="A pipeline: its folder, or its class.", autocompletion=sources),
    ],
    others: Annotated[
        list[str] | None, typer.Argument(metavar="[OTHER]...", help="Side by side with these.", autocompletion=sources)
    ] = None,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Descriptions in full.")] = False,
    online: Online = False,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """The parameters of __call__ with type, default and description, from the source; no library is imported.

    Exit status: 0 shown, 2 usage, 3 the source could not be read, 4 internal error, 5 the report could not be
    written, 130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request
        from inspector.cli.tracing import run_call

        status = run_call(
            Request(source, output=output, form=form, verbose=verbose, reports=tuple(reports or ())),
            others or [],
            online=online,
        )
    raise typer.Exit(status)


@app.command(short_help="Where the value of one setting comes from.")
def blame(
    source: Source,
    key: Annotated[str, typer.Argument(metavar="KEY", help="beta_end, or scheduler.beta_end.")],
    component: Component = "",
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every writer.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    online: Online = False,
    trust_remote_code: RemoteCode = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """The chain of one setting, with its value at each hop: class default, file and line, constructor, later writes.

    Exit status: 0 told, 1 the next from_config or save would lose the value, 2 usage, 3 a source or a part of it could
    not be read, 4 internal error, 5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request
        from inspector.cli.tracing import run_blame

        request = Request(
            source, None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            tuple(reports or ()),
        )  # fmt: skip
        status = run_blame(
            request,
            key,
            component,
            online=online,
            trust_remote_code=trust_remote_code,
            limit=tuple(limit or ()),
            timeout=timeout,
        )
    raise typer.Exit(status)
