"""A connection without a server: a folder of this machine as another machine would show it, with faults at will."""

from __future__ import annotations

import os
import stat
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inspector import snapshots
from inspector.model import InspectError, Snapshot
from inspector.remote.address import Address
from inspector.remote.connection import Item, RemoteError
from inspector.remote.session import Session, session

PASSWORD = "p@ss/w0rd?"
TYPED = "ftp://me:p%40ss%2Fw0rd%3F@nas.example:2121"
"""The server's address; the paths behind it are those of this machine."""
SHOWN = "ftp://me:***@nas.example:2121"


class Disk:
    """Serves this machine's own files.

    ``before(method, path)`` runs first and may raise, wait, or change what is about to be read; ``mend(item)`` changes
    what a listing or a look says; ``cut`` is how many bytes a read may give.

    Attributes:
        asked: method -> how often; ``reads`` are the ranges; ``opened`` and ``closed`` count connections.
    """

    def __init__(
        self,
        before: Callable[[str, str], None] = lambda *_: None,
        mend: Callable[[Item], Item] = lambda item: item,
        cut: int = 1 << 40,
    ) -> None:
        self.before, self.mend, self.cut = before, mend, cut
        self.asked: Counter[str] = Counter()
        self.reads: list[tuple[str, int, int]] = []
        self.opened = self.closed = 0
        self.most = self.now = 0
        self._lock = threading.Lock()
        self.addresses: list[Address] = []

    def connect(self, address: Address, seconds: float) -> Disk:
        self.addresses.append(address)
        self.opened += 1
        self.before("connect", address.path)
        return self

    def close(self) -> None:
        self.closed += 1

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        with self._call("list", path):
            found = sorted(os.scandir(path), key=lambda e: e.name)
            return [self.mend(item(e.name, e.stat(follow_symlinks=False))) for e in found[:most]]

    def look(self, path: str) -> Item:
        with self._call("look", path):
            found = item(os.path.basename(path), os.stat(path))
            return self.mend(Item(found.name, found.kind, found.size, found.stamp, os.path.realpath(path)))

    def read(self, path: str, begin: int, end: int) -> bytes:
        self.reads.append((path, begin, end))
        with self._call("read", path), open(path, "rb") as file:
            file.seek(begin)
            return file.read(min(end - begin, self.cut))

    @contextmanager
    def _call(self, method: str, path: str) -> Iterator[None]:
        with self._lock:
            self.asked[method] += 1
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self.before(method, path)
            yield
        except OSError as error:
            kinds: dict[type[OSError], Any] = {FileNotFoundError: "absent", PermissionError: "denied"}
            raise RemoteError(error.strerror or str(error), kinds.get(type(error), "odd")) from error
        finally:
            with self._lock:
                self.now -= 1


def item(name: str, facts: os.stat_result) -> Item:
    mode = facts.st_mode
    kind: Any = "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"
    if stat.S_ISLNK(mode):
        return Item(name, "link")
    return Item(name, kind, facts.st_size if kind == "file" else None, str(facts.st_mtime_ns))


@contextmanager
def serving(disk: Disk) -> Iterator[Session]:
    """Everything remote goes to this."""
    with session(disk.connect) as opened:
        yield opened


def taken(disk: Disk, path: Path | str, **options: Any) -> Snapshot:
    """What ``--static`` sees of a path there."""
    with serving(disk):
        return snapshots.take(f"{TYPED}{path}", **{"static": True, **options})


def refused(disk: Disk, path: Path | str, **options: Any) -> InspectError:
    try:
        taken(disk, path, **options)
    except InspectError as error:
        assert "w0rd" not in f"{error.message} {error.hint} {error.where}"
        return error
    raise AssertionError("nothing was refused")
