"""A folder elsewhere as a folder here: what an inspection reads of it, and for the rest holes of the true size.

The copy is private and short-lived. Everything that reads folders reads it as any other; what did not come is told in
its :class:`~inspector.remote.facts.Facts`, so that reading it raises what reading it there would.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from inspector.limits import Limits
from inspector.listing import Entry
from inspector.model import InspectError
from inspector.remote.connection import RemoteError
from inspector.remote.crew import Crew
from inspector.remote.facts import Facts, Lack
from inspector.remote.fetching import Purse, pursue, steps_of
from inspector.remote.hollow import hollow
from inspector.remote.reach import Reach
from inspector.remote.walking import Found, Walk, sane
from inspector.remote.wanted import Need, needs

_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)
"""What is wrong with our own disk, and not with what is laid on it."""


class Copy:
    """What is here of one folder, or of one file in it.

    Args:
        name: of the folder, as the other side calls it.
        limits: the caps.

    Attributes:
        path: the folder here.
        seen: the listing.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        try:
            self._private = tempfile.TemporaryDirectory(prefix="inspect-pipe-", ignore_cleanup_errors=True)
            self.path = Path(self._private.name) / (name if name not in ("", ".", "..") else "source")
            self.path.mkdir()
        except OSError as error:
            raise unwritable(error) from error
        self.limits = limits
        self.seen = Walk("")
        self.remarks: list[str] = []
        self._purse = Purse(limits.fetched, limits.fetched)
        self._got: dict[str, int] = {}
        self._whole: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._unread: dict[str, Lack] = {}
        self._problems: list[Lack] = []
        self._laid: set[str] = set()

    def close(self) -> None:
        """Remove it."""
        self._private.cleanup()

    @property
    def facts(self) -> Facts:
        files = [name for name, found in self.seen.found.items() if found.kind == "file"]
        return Facts(
            dict(self.seen.absent),
            dict(self._unread),
            {name: self._got.get(name, 0) for name in files if name not in self._whole},
            (*self.seen.problems, *self._problems),
            tuple(self.remarks),
            len(files),
            sum(self._sizes.get(name, 0) for name in files),
        )

    def fetch(self, crew: Crew, names: Iterable[str], reach: Reach, told: Callable[[], None]) -> list[str]:
        """Ask for what is needed of these files and is not here; what comes is laid down while others are asked for.

        Returns:
            The files that something was asked of.
        """
        found = {n: self.seen.found[n] for n in names}
        entries = {n: Entry(n, f.kind, f.size or 0) for n, f in found.items()}
        asked = []
        for name, need in needs(entries, reach, self.limits).items():
            if not self._has(name, found[name], need):
                asked.append(name)
                self.fetch_one(crew, name, need, told)
        return asked

    def fetch_one(self, crew: Crew, name: str, need: Need, told: Callable[[], None] = lambda: None) -> None:
        found = self.seen.found[name]

        def done(data: bytes, error: InspectError | None) -> None:
            if error is not None:
                self._unread[name] = unread(name, error)
            elif len(data) > self._got.get(name, -1):
                size = found.size
                if size is None and (need.part == "whole" or (not need.part and len(data) < need.first)):
                    size = len(data)  # it ended there; or is over its cap all the same
                self._lay(name, data, size, complete=size is not None and len(data) >= size)
            told()

        pursue(crew, steps_of(found, need, self._purse), done)

    def finish(self, crew: Crew) -> None:
        """Lay down what nothing is needed of, once the size of everything is known."""
        unknown = {
            n: crew.start("look", f.path)
            for n, f in self.seen.found.items()
            if f.kind == "file" and f.size is None and n not in self._sizes and n not in self._unread
        }
        crew.wait(unknown.values())
        for name, task in unknown.items():
            size = task.found.size if task.found is not None else None
            if size is None:
                self.remarks.append(f"{name}: the server does not say how large it is")
            self._sizes[name] = max(size or 0, self._got.get(name, 0))
            if name in self._laid:
                self._hole(name, self._sizes[name])
        for name, found in self.seen.found.items():
            if found.kind == "folder":
                self._make(name)
            elif name not in self._laid:
                self._lay(name, b"", self._sizes.get(name, found.size or 0), complete=False)
        for name, (_, lack) in self.seen.absent.items():
            if lack.code not in ("IPI906", "IPI909") and name not in self._laid:
                self._lay(name, b"", 0, complete=True)

    def compare(self, crew: Crew, names: Iterable[str]) -> None:
        """Look again at what was fetched: has it changed since it was listed?"""
        files = [n for n in names if n not in self._unread]
        folders = {n.rpartition("/")[0] for n in files if self.seen.found[n].by == "list"}
        lists = {
            n: crew.start("list", self.seen.listed[n][0], len(self.seen.listed[n][1]) + 1)
            for n in folders
            if n in self.seen.listed and any(i.stamp or i.size is not None for i in self.seen.listed[n][1])
        }
        looks = {n: crew.start("look", self.seen.found[n].path) for n in files if self.seen.found[n].by == "look"}
        crew.wait([*lists.values(), *looks.values()])
        failed = {t.error.message: t.error for t in (*lists.values(), *looks.values()) if t.error}
        # where the server was lost before, that is told already, file by file
        for error in () if self._unread and all(map(lost, failed.values())) else failed.values():
            message = f"whether it changed while it was read cannot be told: {error.message}"
            self._problems.append(Lack("files", error.code or "IPI901", message, error.hint))
        now = {(n, i.name): (i.kind, sane(i.size), i.stamp) for n, t in lists.items() for i in t.found or ()}
        for name in files:
            folder, _, base = name.rpartition("/")
            was = self.seen.found[name]
            if folder in lists and lists[folder].error is None and was.by == "list":
                same = now.get((folder, base)) == (was.kind, was.size, was.stamp)
            elif name in looks and looks[name].found is not None:
                same = (sane(looks[name].found.size), looks[name].found.stamp) == (was.size, was.stamp)
            else:
                continue
            if not same:
                message = f"{name} changed while it was read"
                self._unread[name] = Lack(name, "IPI912", message, "inspect again when it is at rest")

    def is_whole(self, name: str) -> bool:
        """Whether all of a file is here, or none of it can be."""
        return name in self._whole or name in self._unread

    def _has(self, name: str, found: Found, need: Need) -> bool:
        got = self._got.get(name, -1)
        if self.is_whole(name):
            return True
        if need.part == "whole" and (found.size is None or found.size <= need.cap):
            return False
        return got >= (need.first if need.part != "header" else 0)

    def _lay(self, name: str, data: bytes, size: int | None, *, complete: bool) -> None:
        self._make(name.rpartition("/")[0])
        self._got[name] = len(data)
        if size is not None:
            self._sizes[name] = size
        if complete:
            self._whole.add(name)
        target = self.path / name
        try:
            if name in self._laid:
                target.unlink()
            hollow(target, data, size if size is not None else len(data))
        except OSError as error:
            if error.errno in _OURS:
                raise unwritable(error) from error
            self._no_place(name, error.strerror or str(error))
            return
        except OverflowError:
            self._no_place(name, f"it claims to have {size} bytes")
            return
        self._laid.add(name)

    def _hole(self, name: str, size: int) -> None:
        try:
            os.truncate(self.path / name, size)
        except (OSError, OverflowError) as error:
            self._no_place(name, f"it claims to have {size} bytes ({error})")

    def _no_place(self, name: str, why: str) -> None:
        self._unread[name] = Lack(name, "IPI904", f"{name} has no place here: {why}", "inspect it where it lies")

    def _make(self, folder: str) -> None:
        try:
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno in _OURS:
                raise unwritable(error) from error
            message = f"{folder} has no place here: {error.strerror or error}"
            self._problems.append(Lack(folder, "IPI904", message, "inspect it where it lies"))


def lost(error: InspectError) -> bool:
    """Whether an error is of the way to the server, and not of one path there."""
    return isinstance(error, RemoteError) and error.again


def unread(name: str, error: InspectError) -> Lack:
    """A file that did not come, as a file here that cannot be read."""
    if error.code == "IPI912":
        return Lack(name, "IPI912", f"{name} changed while it was read", "inspect again when it is at rest")
    trouble = error.trouble if isinstance(error, RemoteError) else ""
    hint = error.hint or ("check its permissions" if trouble == "denied" else "")
    return Lack(name, error.code or "IPI901", f"{name} cannot be read: {error.message}", hint)


def unwritable(error: OSError) -> InspectError:
    message = f"what is fetched cannot be kept in {tempfile.gettempdir()}: {error.strerror or error}"
    return InspectError(message, hint="TMPDIR names another folder for it")
