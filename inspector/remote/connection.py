"""What a protocol has to offer so that a folder elsewhere can be inspected: list, look, read a range.

A scheme is one function under ``@scheme(...)`` that opens a :class:`Connection`; everything else (what is fetched, how
much at once, deadlines, retries, counting, what is reported) is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError
from inspector.remote.address import Address

Kind = Literal["file", "folder", "link", "other"]
Trouble = Literal["absent", "denied", "credentials", "identity", "unreachable", "slow", "broken", "odd"]


@dataclass(frozen=True, slots=True)
class Item:
    """One name as the other side tells it.

    ``size`` in bytes, None where the protocol does not say; ``stamp`` changes whenever the content does (a modification
    time, an ETag), empty where there is none; ``target`` is where a link ends, as an absolute path on the other side
    with every link in it resolved, empty where that cannot be told.
    """

    name: str
    kind: Kind
    size: int | None = None
    stamp: str = ""
    target: str = ""


class Connection(Protocol):
    """One connection (or pool) to one server. Every method may be called from several threads at once.

    Paths are absolute on the other side, with slashes. Every method raises :class:`RemoteError` and nothing else, and
    says in it what really happened.
    """

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        """The names directly in a folder, no more than ``most`` of them. One request where the protocol allows it."""

    def look(self, path: str) -> Item:
        """What one path is, links resolved (``name`` is its last part)."""

    def read(self, path: str, begin: int, end: int) -> bytes:
        """The bytes from ``begin`` up to, not including, ``end``; fewer at the end of the file, never more.

        Nothing outside the range crosses the wire beyond what the protocol's own messages need.
        """

    def close(self) -> None:
        """Let go of it, within a second, also in the middle of a read; a second call does nothing."""


class RemoteError(InspectError):
    """What a server, or the way to it, refused. ``trouble`` says which kind of refusal it is.

    ``absent``: there is no such path. ``denied``: there is, and this user may not read it. ``credentials``: the login
    was refused. ``identity``: the server is not known, or is not who it was. ``unreachable``: no connection came to be.
    ``slow``: no answer in time. ``broken``: the connection died. ``odd``: anything else, said in the server's words.
    """

    def __init__(self, message: str, trouble: Trouble, *, hint: str = "", where: str = "") -> None:
        super().__init__(message, hint=hint, code="IPI901", where=where, exit_code=EXIT_UNREADABLE)
        self.trouble = trouble

    @property
    def again(self) -> bool:
        """Whether trying once more may help."""
        return self.trouble in ("unreachable", "slow", "broken")


Opener = Callable[[Address, float], Connection]
"""Opens a connection: the address, and the seconds that any one answer may take."""

SCHEMES: dict[str, tuple[str, str]] = {
    "sftp": ("inspector.remote.sftp", "sftp"),
    "ssh": ("inspector.remote.sftp", "sftp"),
    "smb": ("inspector.remote.smb", "smb"),
    "http": ("inspector.remote.http", ""),
    "https": ("inspector.remote.http", ""),
    "webdav": ("inspector.remote.webdav", ""),
    "webdavs": ("inspector.remote.webdav", ""),
    "s3": ("inspector.remote.s3", "s3"),
}
"""Scheme → the module whose ``connect`` opens it, and the extra that brings what the module needs."""
ANY = "inspector.remote.fsspec"
"""Serves every other scheme that fsspec knows."""


def connect(address: Address, seconds: float) -> Connection:
    """Open the connection that an address asks for.

    Raises:
        RemoteError: the server cannot be reached, or refuses us.
        InspectError: the scheme needs a package that is not installed, or is none (exit status 2).
    """
    import importlib

    module, extra = SCHEMES.get(address.scheme, (ANY, ""))
    try:
        opener: Opener = importlib.import_module(module).connect
        return opener(address, seconds)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "inspector":
            raise
        hint = f"pip install 'inspect-pipe[{extra}]'" if extra else f"pip install {package}"
        message = f"{address.shown}: {address.scheme}:// needs the package {package}, which is not installed"
        raise InspectError(message, hint=hint, exit_code=EXIT_USAGE) from error
