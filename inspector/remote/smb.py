"""``smb://``: shares of Windows, Samba and a NAS, by SMB 2 or 3, signed, and encrypted where the server can."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import Address
from inspector.remote.connection import Item, RemoteError, Trouble
from inspector.remote.credentials import login
from inspector.remote.smbasked import close, ended, first, kind_of, listed, page, part, taken
from inspector.remote.smbrefused import refusal, words
from inspector.remote.smbtalk import UNIT, Asked, Talk

if TYPE_CHECKING:
    from smbprotocol.open import Open

Items = list[Item]
CHUNK = 1 << 20
"""Bytes of one read: no more is ever allocated for what is not there."""
AHEAD = 4
"""Chunks, or pieces of a listing, asked for at once."""


def connect(address: Address, seconds: float) -> Smb:
    """Log in, connect to the share, which is the first part of the path.

    Raises:
        RemoteError: see :class:`inspector.remote.connection.RemoteError`.
        InspectError: the address names no share, or asks for something (exit status 2).
    """
    share = address.path.split("/")[1]
    if not share or address.query:
        wrong = "names no share" if not share else "ends in a ? that smb:// knows nothing of"
        hint = f"smb://{address.host}/SHARE/FOLDER; a ? in the path is written %3F"
        raise InspectError(f"{address.shown} {wrong}", hint=hint, exit_code=EXIT_USAGE)
    user, password = login(address)
    talk = Talk(address.host, address.port, seconds)
    try:
        talk.open(share, user, password)
    except BaseException as error:
        talk.close()
        if not isinstance(error, Exception):
            raise
        raise refusal(error, talk.host, talk.port, share, user) from error
    return Smb(talk, share)


class Smb:
    """See :class:`inspector.remote.connection.Connection`. Links inside a share are the server's to follow."""

    def __init__(self, talk: Talk, share: str) -> None:
        self._talk, self._share = talk, share

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        with self._telling():
            return self._list(path, most)

    def look(self, path: str) -> Item:
        with self._telling():
            file, create = self._create(path, "look")
            first(self._talk.ask([create, close(file)], self._until()))
            kind = kind_of(int(file.file_attributes or 0), 0)
            size = int(file.end_of_file or 0) if kind == "file" else None
            return Item(path.rpartition("/")[2], kind, size, str(file.last_write_time))

    def read(self, path: str, begin: int, end: int) -> bytes:
        with self._telling():
            return self._read(path, begin, end) if end > begin else b""

    def close(self) -> None:
        self._talk.close()

    def _list(self, path: str, most: int) -> Items:
        until = self._until()
        found: Items = []
        file, create = self._create(path, "list")
        try:
            answers = first(self._talk.ask([create, page(file), page(file)], until))
            while True:
                for answer in answers:
                    if isinstance(answer, Exception):
                        if ended(answer):
                            return found[:most]
                        raise answer
                    found += [item for item in map(listed, answer) if item.name not in (".", "..")]
                if len(found) >= most:
                    return found[:most]
                answers = self._talk.ask([page(file)] * AHEAD, until, related=False)
        finally:
            self._leave(file)

    def _read(self, path: str, begin: int, end: int) -> bytes:
        connection, until = self._talk.connection, self._until()
        most = min(CHUNK, self._talk.room) if connection.supports_multi_credit else UNIT
        chunk = min(most, int(connection.max_read_size))
        file, create = self._create(path, "read")
        if end - begin <= chunk:
            answer = first(self._talk.ask([create, part(file, begin, end - begin), close(file)], until))[0]
            return taken(answer)[: end - begin]
        found = bytearray()
        try:
            answers = first(self._talk.ask([create, part(file, begin, chunk)], until))
            while True:
                for answer in answers:
                    found += (data := taken(answer))
                    if len(data) < chunk:
                        return bytes(found[: end - begin])
                at = begin + len(found)
                if at >= end:
                    return bytes(found[: end - begin])
                ahead = range(at, min(end, at + AHEAD * chunk), chunk)
                answers = self._talk.ask([part(file, a, min(chunk, end - a)) for a in ahead], until, related=False)
        finally:
            self._leave(file)

    def _create(self, path: str, purpose: str) -> tuple[Open, Asked]:
        """A file that is not open yet, and the message that opens it to look, to list or to read."""
        from smbprotocol import open as smb

        access, options = smb.FilePipePrinterAccessMask, smb.CreateOptions
        file = smb.Open(self._talk.tree, self._there(path))
        message, take = file.create(
            smb.ImpersonationLevel.Impersonation,
            access.FILE_READ_ATTRIBUTES | access.SYNCHRONIZE | (access.FILE_READ_DATA if purpose != "look" else 0),
            0,
            smb.ShareAccess.FILE_SHARE_READ | smb.ShareAccess.FILE_SHARE_WRITE | smb.ShareAccess.FILE_SHARE_DELETE,
            smb.CreateDisposition.FILE_OPEN,
            {"look": 0, "list": options.FILE_DIRECTORY_FILE, "read": options.FILE_NON_DIRECTORY_FILE}[purpose],
            send=False,
        )
        return file, (message, take, 1)

    def _there(self, path: str) -> str:
        """The path below the share as SMB writes it."""
        share, _, rest = path.lstrip("/").partition("/")
        if share.lower() != self._share.lower():
            raise RemoteError(f"it is not in the share {self._share}", "absent")
        try:
            rest.encode("utf-16-le")
        except UnicodeEncodeError:
            raise RemoteError("SMB has no such names: it is not UTF-8", "absent") from None
        if ".." in rest.split("/") or re.search(r'[\\:*?"<>|]', rest):  # to SMB these are folders, streams and patterns
            raise RemoteError('SMB has no names with \\ : * ? " < > | or ..', "absent")
        tree = self._talk.tree
        rest = rest.replace("/", "\\")
        return f"{self._talk.host}\\{share}\\{rest}".rstrip("\\") if tree.is_dfs_share else rest

    def _until(self) -> float:
        return time.monotonic() + self._talk.seconds

    def _leave(self, file: Open) -> None:
        """Close a file and wait for nothing."""
        if file.connected:
            self._talk.tell(close(file)[0])

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Every error as a RemoteError that says what really happened."""
        from smbprotocol import exceptions as e

        host = self._talk.host
        try:
            yield
        except (
            e.ObjectNameNotFound,
            e.ObjectPathNotFound,
            e.NoSuchFile,
            e.StatusNotADirectory,
            e.ObjectNameInvalid,
        ) as error:
            raise RemoteError("No such file or folder", "absent") from error
        except (e.AccessDenied, e.PrivilegeNotHeld) as error:
            raise RemoteError("Permission denied", "denied") from error
        except e.FileIsADirectory as error:
            raise RemoteError("it is a folder", "odd") from error
        except e.PathNotCovered as error:
            message = "a DFS link, which leads to another server"
            raise RemoteError(message, "odd", hint="name that server and share in the address") from error
        except e.StoppedOnSymlink as error:
            raise RemoteError("a link that the server does not follow for us", "denied") from error
        except TimeoutError as error:
            message = f"{host} did not answer within {self._talk.seconds:g} s"
            raise RemoteError(message, "slow", hint="check that the machine is up and the network holds") from error
        except (e.UserSessionDeleted, e.SMBConnectionClosed, OSError) as error:
            raise RemoteError(f"the connection to {host} broke off: {words(error)}", "broken") from error
        except e.SMBResponseException as error:
            raise RemoteError(words(error), "odd") from error
        except Exception as error:
            if isinstance(error, InspectError):
                raise
            # an answer that is none, or not the server's, comes out of the library as whatever broke on it
            trouble: Trouble = "odd" if self._talk.connection.transport.connected else "broken"
            raise RemoteError(f"the answer of {host} makes no sense: {words(error)}", trouble) from error
