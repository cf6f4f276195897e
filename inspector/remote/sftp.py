"""``sftp://`` and ``ssh://``: folders of any machine one can log in to, over one connection."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qs

from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import Address
from inspector.remote.connection import Item, Kind, RemoteError
from inspector.remote.credentials import login as credentials
from inspector.remote.looping import ClosedError, Looping
from inspector.remote.ssh import login
from inspector.remote.sshrefused import Target, words

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPClient, SFTPName, SSHClientConnection

T = TypeVar("T")
Items = list[Item]
NEW = "accept-new"
LINKS = 40
"""Links in a row that are followed by hand, as the kernel would."""
AT_ONCE = 64
"""Questions about single names on their way at a time."""


def connect(address: Address, seconds: float) -> Sftp:
    """Log in and open the sftp session; ``?accept-new`` at the address's end trusts a host that nobody knows yet.

    Raises:
        RemoteError: see :class:`inspector.remote.connection.RemoteError`.
        InspectError: the address asks for something else (exit status 2).
    """
    import asyncssh  # noqa: F401  missing, it is missed here and not in the loop

    asked = set(parse_qs(address.query, keep_blank_values=True))
    if asked - {NEW}:
        message = f"{address.shown}: the only thing to ask of {address.scheme}:// is ?{NEW}"
        hint = "a ? in the path is written %3F"
        raise InspectError(message, hint=hint, exit_code=EXIT_USAGE)
    user, password = credentials(address)
    connection = Sftp(address.host, seconds)
    try:
        connection.open(Target(_typed(address), address.port, user, password, new=NEW in asked))
    except BaseException:
        connection.close()
        raise
    return connection


class Sftp:
    """See :class:`inspector.remote.connection.Connection`. ``/~/x`` is ``x`` in the user's home folder."""

    def __init__(self, host: str, seconds: float) -> None:
        self._host, self._seconds = host, seconds
        self._loop = Looping(f"sftp {host}")
        self._route: list[SSHClientConnection] = []
        self._client: SFTPClient
        self._closing: set[asyncio.Task[None]] = set()

    def open(self, target: Target) -> None:
        async def work() -> None:
            import asyncssh

            connection = await login(target, self._route)
            try:
                # surrogateescape: a name that is not UTF-8 goes out as it came in
                self._client = await connection.start_sftp_client(path_errors="surrogateescape")
            except (asyncssh.ChannelOpenError, asyncssh.SFTPError) as error:
                message = f"{target.shown} let us in but serves no sftp: {words(error)}"
                hint = "its sshd needs the line: Subsystem sftp internal-sftp"
                raise RemoteError(message, "odd", hint=hint) from error

        self._ask(work())

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        return self._ask(self._list(_there(path), most))

    def look(self, path: str) -> Item:
        return self._ask(self._look(path.rpartition("/")[2], _there(path)))

    def read(self, path: str, begin: int, end: int) -> bytes:
        return self._ask(self._read(_there(path), begin, end)) if end > begin else b""

    def close(self) -> None:
        def abort() -> None:
            for connection in reversed(self._route):
                connection.abort()

        self._loop.stop(abort)

    def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        with _telling(self._host, self._seconds):
            return self._loop.ask(work, self._seconds)

    async def _list(self, path: str, most: int) -> Items:
        found = []
        async with aclosing(cast("AsyncGenerator[SFTPName]", self._client.scandir(path))) as names:
            async for name in names:
                if name.filename not in (".", ".."):
                    found.append(name)
                if len(found) >= most:
                    break
        room = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(self._item(path, name, room) for name in found))

    async def _item(self, folder: str, name: SFTPName, room: asyncio.Semaphore) -> Item:
        import asyncssh

        own, attrs = str(name.filename), name.attrs
        kind = _kind(attrs, str(name.longname or ""))
        if kind is None:  # a server that tells no attributes of the names it lists
            async with room:
                with contextlib.suppress(asyncssh.SFTPError):
                    attrs = await self._client.lstat(f"{folder}/{own}")
        return _item(own, attrs, kind)

    async def _look(self, name: str, path: str) -> Item:
        import asyncssh

        attrs, link, real = await asyncio.gather(
            self._client.stat(path), self._client.lstat(path), self._client.realpath(path), return_exceptions=True
        )
        if isinstance(attrs, BaseException):
            if not isinstance(link, BaseException) and _kind(link) == "link":
                raise RemoteError("a link that leads nowhere, or in a circle", "absent")
            raise attrs
        target = "" if isinstance(real, BaseException) else str(real)
        if target == path and not isinstance(link, BaseException) and _kind(link) == "link":
            target = ""  # this server's realpath only tidies the text
            with contextlib.suppress(asyncssh.SFTPError):
                target = await self._follow(path)
        return _item(name, attrs, None, target)

    async def _follow(self, path: str) -> str:
        """Where a link ends, link by link; empty when it does not."""
        for _ in range(LINKS):
            step = str(await self._client.readlink(path))
            path = str(
                await self._client.realpath(step if step.startswith("/") else f"{path.rpartition('/')[0]}/{step}")
            )
            if _kind(await self._client.lstat(path)) != "link":
                return path
        return ""

    async def _read(self, path: str, begin: int, end: int) -> bytes:
        file = await self._client.open(path, "rb")
        try:
            parts = {at: bytes(data) async for at, data in await file.read_parallel(end - begin, begin)}
        finally:  # nobody waits for the answer
            task = asyncio.ensure_future(self._close(file))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        whole = bytearray()
        while (part := parts.pop(begin + len(whole), b"")) and len(whole) < end - begin:
            whole += part
        return bytes(whole[: end - begin])

    async def _close(self, file: Any) -> None:
        import asyncssh

        with contextlib.suppress(asyncssh.Error, OSError, asyncio.CancelledError):
            await file.close()


@contextlib.contextmanager
def _telling(host: str, seconds: float) -> Iterator[None]:
    """Every error as a RemoteError that says what really happened."""
    import asyncssh

    try:
        yield
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
        raise RemoteError(words(error), "absent") from error
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect) as error:
        raise RemoteError(words(error), "denied") from error
    except ClosedError as error:
        raise RemoteError(f"the connection to {host} was closed", "broken") from error
    except TimeoutError as error:
        message = f"{host} did not answer within {seconds:g} s"
        raise RemoteError(message, "slow", hint="check that the machine is up and the network holds") from error
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, OSError) as error:
        raise RemoteError(f"the connection to {host} broke off: {words(error)}", "broken") from error
    except asyncssh.SFTPError as error:
        raise RemoteError(words(error), "odd") from error
    except InspectError:
        raise
    except Exception as error:  # an answer that is none comes out of the library as whatever broke on it
        raise RemoteError(f"the answer of {host} makes no sense: {words(error)}", "odd") from error


def _typed(address: Address) -> str:
    """The host in the capitals that it was typed in: the names of an ssh config have some."""
    found = re.search(rf"(?<=[/@\[]){re.escape(address.host)}(?=[/:\]]|$)", address.text, re.IGNORECASE)
    return found[0] if found else address.host


def _there(path: str) -> str:
    """The path to ask for: ``/~`` is the home folder, where a path without a slash begins."""
    if path == "/~" or path.startswith("/~/"):
        return path[3:] or "."
    return path


def _item(name: str, attrs: SFTPAttrs, kind: Kind | None, target: str = "") -> Item:
    stamp = "" if attrs.mtime is None else f"{attrs.mtime}.{attrs.mtime_ns or 0:09d}"
    kind = kind or _kind(attrs) or "other"
    return Item(name, kind, attrs.size if kind == "file" else None, stamp, target)


def _kind(attrs: SFTPAttrs, line: str = "") -> Kind | None:
    """What a name is, by its attributes or, without any, by the line that ``ls -l`` would print; None: not told."""
    import asyncssh

    kinds: dict[int, Kind] = {
        asyncssh.FILEXFER_TYPE_REGULAR: "file",
        asyncssh.FILEXFER_TYPE_DIRECTORY: "folder",
        asyncssh.FILEXFER_TYPE_SYMLINK: "link",
    }
    lines: dict[str, Kind] = {"-": "file", "d": "folder", "l": "link"}
    if attrs.type == asyncssh.FILEXFER_TYPE_UNKNOWN:
        return lines.get(line[:1]) if len(line.split()) > 3 else None
    return kinds.get(attrs.type, "other")
