"""HOST as typed, and the command that ssh is given: the user's own ssh, with the user's own configuration."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from inspector.model import EXIT_USAGE, InspectError

CONNECTING = 15
"""Seconds in which the host must take the connection."""
OPTIONS = (
    "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECTING}", "-o", "ServerAliveInterval=10",
    "-o", "ServerAliveCountMax=3", "-o", "RemoteCommand=none", "-o", "RequestTTY=no", "-o", "ClearAllForwardings=yes",
    "-o", "Compression=yes",
)  # fmt: skip
"""No questions, no terminal, and a connection that is dead is noticed; the rest is the user's configuration."""
_PORT = re.compile(r"^(?P<host>[^:\[\]]+|(?:[^@\[\]]*@)?\[[0-9A-Fa-f:.%\w]+\]):(?P<port>\d{1,5})$")


@dataclass(frozen=True, slots=True)
class Host:
    """Where a command is run.

    ``name`` is what ssh is given (``user@nas``, an alias), ``shown`` what reports and messages call it. ``python`` is
    the interpreter there, ``folder`` where it is run, ``ssh`` the program with options of the user's.
    """

    name: str
    port: str = ""
    python: str = "python3"
    folder: str = ""
    ssh: tuple[str, ...] = ("ssh",)

    @property
    def shown(self) -> str:
        return f"{self.name}:{self.port}" if self.port else self.name

    def command(self, stub: str) -> list[str]:
        """The local command that runs ``python -c STUB`` there."""
        port = ["-p", self.port] if self.port else []
        return [*self.ssh, *OPTIONS, *port, "--", self.name, f'{quoted(self.python)} -c "{stub}"']


def host_of(text: str, *, python: str | None = None, folder: str | None = None, ssh: str = "ssh") -> Host:
    """``user@host``, an alias, ``host:port``, ``[::1]:22`` or ``ssh://user@host:port``.

    Raises:
        InspectError: it is none of these (exit status 2).
    """
    said = text.removeprefix("ssh://").rstrip("/") if text.startswith("ssh://") else text
    found = _PORT.match(said)
    name, port = (found["host"], found["port"]) if found else (said, "")
    bare = re.sub(r"^((?:[^@]*@)?)\[(.*)\]$", r"\1\2", name)
    if not name or name.startswith("-") or re.search(r"[\s\x00-\x1f\x7f/\\'\"`$;&|<>(){}*?!#]", name):
        hint = "user@host, host:port, or a name of your ssh configuration"
        raise InspectError(f"{text!r} is no host that ssh can be given", hint=hint, exit_code=EXIT_USAGE)
    if re.match(r"^[^@]*:[^@]*@", name):
        hint = "ssh takes no password in an address: use a key, or the agent"
        raise InspectError("a password in HOST is never used", hint=hint, exit_code=EXIT_USAGE)
    try:
        program = tuple(shlex.split(ssh)) or ("ssh",)
    except ValueError as error:
        raise InspectError(f"--ssh {ssh!r}: {error}", hint='--ssh "ssh -F FILE", say', exit_code=EXIT_USAGE) from None
    return Host(bare, port, python or "python3", folder or "", program)


def quoted(program: str) -> str:
    """A path for the shell there, in which a leading ``~`` still means the home folder."""
    head, slash, rest = program.partition("/")
    if slash and re.fullmatch(r"~[\w.-]*", head):
        return f"{head}/{shlex.quote(rest)}"
    return shlex.quote(program)
