"""Every other file system that fsspec knows (``ftp://``, ``gs://``, ``github://``, …), read in ranges.

Left out are those that are no place elsewhere but a way to read another: archives, caches, references. What they read
is named by their content, or is a file of this machine.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import Address
from inspector.remote.connection import SCHEMES, Connection, Item, RemoteError, Trouble

REFUSED = (
    "arrow_hdfs", "asyncdirectory", "asynclocal", "asyncwrapper", "blockcache", "cached", "dask", "data", "dir", "file",
    "filecache", "generic", "git", "jlab", "jupyter", "lfs", "libarchive", "local", "pyscript", "reference", "root",
    "simplecache", "tar", "zip",
)  # fmt: skip
"""Files of this machine, other file systems in a wrapper, and servers that run code."""
_TROUBLES: tuple[tuple[type[BaseException], Trouble], ...] = (
    (FileNotFoundError, "absent"),
    (NotADirectoryError, "odd"),
    (IsADirectoryError, "odd"),
    (PermissionError, "denied"),
    (ConnectionRefusedError, "unreachable"),
    (ConnectionError, "broken"),
    (EOFError, "broken"),
    (TimeoutError, "slow"),
    (socket.gaierror, "unreachable"),
)
_NO_LOGIN = "530"
"""FTP's word for a login that it refuses."""


def connect(address: Address, seconds: float) -> Connection:
    """The file system of an address.

    Args:
        address: of a scheme that fsspec knows.
        seconds: what a file system that knows time limits may take for an answer.

    Raises:
        InspectError: there is no such scheme, it is none that is read here, or its package is missing (exit status 2).
        RemoteError: the server cannot be reached.
    """
    scheme = address.scheme
    if scheme in REFUSED:
        hint = "copy or unpack it, and give the folder; addresses of servers can be given as they are"
        raise InspectError(f"{scheme}:// addresses of this kind are not read", hint=hint, exit_code=EXIT_USAGE)
    fsspec = importlib.import_module("fsspec")
    known = fsspec.available_protocols()
    if scheme not in known:
        close = difflib.get_close_matches(scheme, [*SCHEMES, *known], n=1)
        hint = f"did you mean {close[0]}://?" if close else f"one of {', '.join(SCHEMES)}, or another that fsspec knows"
        raise InspectError(f"there is no {scheme}:// address", hint=hint, exit_code=EXIT_USAGE)
    try:
        kind: Any = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise InspectError(f"{scheme}:// needs a package: {error}", exit_code=EXIT_USAGE) from error
    try:
        options = {**kind._get_kwargs_from_urls(address.text), "skip_instance_cache": True, "use_listings_cache": False}
        login = {"username": address.user, "password": address.password}
        options |= {name: value for name, value in login.items() if name in options}  # decoded, as few of them do
        if scheme == "ftp":
            options["timeout"] = seconds
        return Files(kind(**options), address)
    except Exception as error:
        refusal = told(error)
        raise RemoteError(f"{address.host} cannot be asked: {refusal.message}", refusal.trouble) from error


class Files:
    """A connection over a file system of fsspec. One that is not made for many threads is asked by one at a time."""

    def __init__(self, system: Any, address: Address) -> None:
        lasting = importlib.import_module("fsspec.asyn").AsyncFileSystem
        self._system = system
        # buckets and repositories are named by the host, and belong to the path
        text = re.sub(r"(?<=//)[^/]*@", "", address.text)
        whole = system._strip_protocol(unquote(text, errors="surrogateescape")).rstrip("/")
        inner = address.path.rstrip("/")
        self._prefix: str = whole[: len(whole) - len(inner)] if whole.endswith(inner) else ""
        self._many = isinstance(system, lasting) and system.async_impl
        self._lock: contextlib.AbstractContextManager[Any] = (
            contextlib.nullcontext() if self._many else threading.Lock()
        )

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        with self._lock, telling():
            found = self._system.ls(self._prefix + path, detail=True)
        if len(found) == 1 and found[0]["type"] != "directory" and name_of(found[0]) == path.rpartition("/")[2]:
            with self._lock, telling():
                if not self._system.isdir(self._prefix + path):
                    raise RemoteError("it is no folder", "odd")
        return [item(facts) for facts in found[:most]]

    def look(self, path: str) -> Item:
        with self._lock, telling():
            return item(self._system.info(self._prefix + path))

    def read(self, path: str, begin: int, end: int) -> bytes:
        with self._lock, telling():
            if self._many:
                return bytes(self._system.cat_file(self._prefix + path, start=begin, end=end))
            if hasattr(self._system, "ftp"):
                return ranged(self._system, self._prefix + path, begin, end)
            # the stock cat_file reads megabytes ahead
            with self._system.open(self._prefix + path, "rb", cache_type="none") as file:
                file.seek(begin)
                return bytes(file.read(end - begin))

    def close(self) -> None:
        with contextlib.suppress(Exception):
            getattr(self._system, "ftp", self._system).close()


def ranged(system: Any, path: str, begin: int, end: int) -> bytes:
    """A part of a file over FTP, which knows only where to begin: the rest is cut off with its connection.

    The stock way waits for the server to confirm that, and some never do.
    """
    control = system.ftp
    control.voidcmd("TYPE I")
    data = b""
    with control.transfercmd(f"RETR {path}", rest=begin) as line:
        while len(data) < end - begin and (part := line.recv(end - begin - len(data))):
            data += part
        more = line.recv(1)
    if more:
        control.close()
        system._connect()
    else:
        control.voidresp()
    return data


def item(facts: dict[str, Any]) -> Item:
    """One entry of a listing; what changes with the content has another name in every file system."""
    kind = {"file": "file", "directory": "folder", "link": "link"}.get(facts.get("type", ""), "other")
    size = facts.get("size")
    names = ("etag", "ETag", "md5Hash", "sha", "checksum", "mtime", "modify", "updated", "last_modified", "created")
    stamp = next((str(facts[n]) for n in names if facts.get(n)), "")
    known = size if kind == "file" and isinstance(size, int) else None
    return Item(name_of(facts), kind, known, stamp)  # type: ignore[arg-type]


def name_of(facts: dict[str, Any]) -> str:
    return str(facts["name"]).rstrip("/").rpartition("/")[2]


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """What a file system raises, as a refusal.

    Raises:
        RemoteError: whatever it raises.
    """
    try:
        yield
    except Exception as error:
        raise told(error) from error


def told(error: BaseException) -> RemoteError:
    trouble: Trouble = next((t for kind, t in _TROUBLES if isinstance(error, kind)), "odd")
    said = (isinstance(error, OSError) and error.strerror) or str(error).strip().partition("\n")[0][:200]
    trouble = "credentials" if said.startswith(_NO_LOGIN) else trouble
    return RemoteError(said or type(error).__name__, trouble)
