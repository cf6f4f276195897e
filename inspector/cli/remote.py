"""``remote run``: a command for sources that lie on another machine, with the libraries of that machine."""

from __future__ import annotations

from typing import Annotated

import typer

from inspector.cli.app import app
from inspector.cli.experiments import Traceback
from inspector.cli.guarded import guarded

remote = typer.Typer(
    help="Sources, libraries and environments that are on another machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(remote, name="remote", short_help="Run a command for sources on another machine, over ssh.")


@remote.callback()
def options() -> None:
    pass


@remote.command(
    short_help="Run a command for sources on another machine, over ssh.",
    context_settings={"allow_extra_args": True},
)
def run(
    context: typer.Context,
    host: Annotated[
        str,
        typer.Argument(metavar="HOST -- COMMAND...", help="user@host, host:port, or a name of your ssh configuration."),
    ],
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="PATH", help="The interpreter there: ~/venv/bin/python; python3."),
    ] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="The folder there to work in; home when left out.")
    ] = None,
    ssh: Annotated[
        str, typer.Option("--ssh", metavar="PROGRAM", help='The ssh to use, with its options: "ssh -F FILE".')
    ] = "ssh",
    traceback: Traceback = False,
) -> None:
    """Run diff, snapshot, trace, blame, whatif, call, sigmas or env for sources on HOST: it builds and looks there,
    with the libraries that are there; the judging and the report are made here. SOURCE is a path on HOST, demo:, class:
    or py: there; here:SOURCE is one of this machine, to compare with.

    HOST needs Python 3.11 (of env 3.8) and the packages under inspection; nothing is installed there, nothing stays.

    \b
    inspect-pipe remote run nas -- diff /models/sd15
    inspect-pipe remote run nas --python '~/venv/bin/python' -- diff /models/sd15 here:models/sd15

    Exit status: that of the command; 3 also when HOST cannot be reached, refuses the login, or lacks what it needs.
    """
    with guarded(traceback=traceback):
        from inspector.cli.running import run_there

        status = run_there(host, context.args, python=python, folder=folder, ssh=ssh)
    raise typer.Exit(status)
