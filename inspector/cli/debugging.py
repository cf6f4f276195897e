"""``debug``: whether a debugger steps into the library, here or on another machine, and what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from inspector.cli.app import ExitZero, FailOn, Ignore, Reports, Select, app, sources
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded


class Sides(TyperGroup):
    """``debug REMOTE`` beside ``debug break KEY``: what is no command is the far side."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["into", *args]
        return super().parse_args(ctx, args)


debug = typer.Typer(
    cls=Sides,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Whether a debugger steps into diffusers, here or on another machine, and the launch.json that it takes.\n\n"
    "inspect-pipe debug [REMOTE] [OPTIONS] is inspect-pipe debug into; debug break KEY is where to stop.",
)
app.add_typer(debug, name="debug", short_help="Why the debugger does not step into the library, and what it takes.")


@debug.command(short_help="Both sides, the pairs of folders, launch.json; --verify proves it.")
def into(
    remote: Annotated[
        str | None,
        typer.Argument(
            metavar="[REMOTE]",
            help="Where the program runs: [user@]host, a mounted folder, an environment's folder, or a file that "
            "inspect-pipe env -f json wrote there. This machine when left out.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the configuration into .vscode/launch.json; the rest of it stays.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Start a program there, and see whether a breakpoint in diffusers stops it."),
    ] = False,
    attach: Annotated[
        str | None,
        typer.Option(
            "--attach", metavar="HOST:PORT", help="With --verify: try it on your program, which listens there."
        ),
    ] = None,
    config: Annotated[
        str, typer.Option("--config", metavar="NAME", help="Judge, and verify, this configuration of launch.json.")
    ] = "",
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="The folder that the editor opens; the current one."),
    ] = None,
    remote_workspace: Annotated[
        str, typer.Option("--remote-workspace", metavar="DIR", help="What that folder is there.")
    ] = "",
    called: Annotated[
        str,
        typer.Option("--as", metavar="DIR", help="What a mounted folder is called there; told by its files if it can."),
    ] = "",
    python: Annotated[
        str, typer.Option("--python", metavar="PATH", help="The Python there: /srv/venv/bin/python.")
    ] = "",
    ssh: Annotated[str, typer.Option("--ssh", metavar="COMMAND", help='ssh with options: "ssh -F FILE".')] = "ssh",
    local: Annotated[
        Path | None,
        typer.Option("--local", metavar="FACTS", help="The editor's side, if not this machine: its env -f json."),
    ] = None,
    pairs: Annotated[
        list[str] | None, typer.Option("--map", metavar="LOCAL=REMOTE", help="One more pair of folders; repeatable.")
    ] = None,
    packages: Annotated[
        list[str] | None, typer.Option("--package", metavar="NAME", help="Step into this library too: transformers.")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the configuration is called.")] = "",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", help="Where debugpy will listen.", min=1, max=65535)
    ] = 5678,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every file that differs, and the session.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long a session may take.", min=1)] = 120.0,
    traceback: Traceback = False,
) -> None:
    """Work out which folder here is which folder there, compare every file of the libraries in them, and show the
    configuration for VS Code: pathMappings, justMyCode off, rules that step into diffusers only. Where a setting is
    read, dropped or written is told by inspect-pipe debug break KEY.

    \b
    inspect-pipe debug                                    this machine
    inspect-pipe debug user@nas --verify --write          over ssh
    inspect-pipe debug /mnt/nas/app --as /srv/app         the far tree, mounted here
    inspect-pipe debug nas.json                           saved there with: inspect-pipe env -f json -o nas.json

    Exit status: 0 the debugger steps into the library, 1 it does not, with the reason, 2 usage, 3 a side or launch.json
    could not be read, 4 internal error, 5 the report or launch.json could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback):
        from inspector.cli.debugged import address, pair, run_debug
        from inspector.cli.diffing import Request
        from inspector.debugging.report import Asked

        request = Request(
            remote or "", None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero,
            verbose, tuple(reports or ()),
        )  # fmt: skip
        asked = Asked(
            remote or "", workspace or Path.cwd(), remote_workspace, called, python, ssh, local, tuple(packages or ()),
            tuple(map(pair, pairs or ())), name, config, port, write, verify,
            None if attach is None else address(attach), timeout,
        )  # fmt: skip
        status = run_debug(request, asked)
    raise typer.Exit(status)


@debug.command("break", short_help="The lines at which a setting is read, dropped or written, as breakpoints.")
def break_(
    key: Annotated[str, typer.Argument(metavar="KEY", help="use_karras_sigmas, say.")],
    source: Annotated[
        str, typer.Argument(metavar="[SOURCE]", help="Of this pipeline or component only.", autocompletion=sources)
    ] = "",
    cls: Annotated[str, typer.Option("--class", metavar="CLASS", help="Of this class only.")] = "",
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="All of them.")] = False,
    traceback: Traceback = False,
) -> None:
    """Every line to stop at, with the condition that narrows it to the setting: as file:line to click on, for pdb, and
    as a launch.json entry.

    Exit status: 0 shown, 2 no code of the library knows KEY, 3 SOURCE could not be read, 4 internal error, 5 the report
    could not be written.
    """
    with guarded(traceback=traceback):
        from inspector.cli.debugged import run_break
        from inspector.cli.diffing import Request

        request = Request(source or f"class:{cls}" if source or cls else "", output=output, form=form, verbose=verbose,
                          reports=tuple(reports or ()))  # fmt: skip
        status = run_break(request, key)
    raise typer.Exit(status)
