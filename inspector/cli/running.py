"""``inspect-pipe remote run``: the command itself, with another machine in the place of this one."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from inspector.cli import COMMANDS
from inspector.cli.guarded import say
from inspector.model import EXIT_USAGE, InspectError
from inspector.render.escape import safe

THERE = ("diff", "snapshot", "trace", "blame", "whatif", "call", "sigmas", "env")
"""What the far side can answer."""
NOT_THERE = {
    "watch": "it runs your script; run inspect-pipe watch on that machine",
    "roundtrip": "its search needs hypothesis and hours; run it where the libraries are",
    "lock": "it reads the files itself; lock a mounted folder or an address such as sftp://HOST/PATH",
    "check": "it reads the files itself; check a mounted folder or an address such as sftp://HOST/PATH",
    "hook": "pre-commit runs it on files of this machine",
    "baseline": "it is about reports of this machine: baseline create takes a snapshot that was made there",
    "presets": "it is about a table of this machine; sigmas tries presets there",
    "debug": "it takes the host itself: inspect-pipe debug",
    "remote": "it is run for one machine at a time",
}
"""Why the others cannot be."""


def run_there(
    host: str, words: Sequence[str], *, python: str | None = None, folder: str | None = None, ssh: str = "ssh"
) -> int:
    """Run a command for another machine, and return its exit status.

    Raises:
        InspectError: it is no such command (exit status 2); the machine cannot be asked (3).
    """
    from inspector.farside.host import host_of
    from inspector.farside.machine import Machine
    from inspector.settings import did_you_mean

    words = list(words[1:] if words[:1] == ["--"] else words)
    where = host_of(host, python=python, folder=folder, ssh=ssh)
    if not words:
        hint = f"inspect-pipe remote run {host} -- diff SOURCE"
        raise InspectError("no command to run there", hint=hint, exit_code=EXIT_USAGE)
    if words[0] not in THERE:
        why = NOT_THERE.get(words[0], "it needs no other machine" if words[0] in COMMANDS else "")
        hint = why or did_you_mean(words[0], THERE)
        raise InspectError(f"{words[0]} cannot be run for another machine", hint=hint, exit_code=EXIT_USAGE)
    importlib.import_module(f"inspector.cli.{COMMANDS[words[0]]}")
    from inspector.cli.app import app

    def tell(line: str) -> None:
        say(str(safe(line, 300)))

    with Machine(where, tell):
        try:
            app(words, prog_name=f"inspect-pipe remote run {host} --")
        except SystemExit as ended:  # how typer gives the status back
            return ended.code if isinstance(ended.code, int) else 0
    return 0
