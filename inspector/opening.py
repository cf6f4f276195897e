"""A folder that is not trusted: its listing, and its files opened without ever leaving it.

Every path is walked from a descriptor of the folder, one component at a time, with ``O_NOFOLLOW``. A link is resolved
here and not by the system, so that each of its steps is held to the same rule: it stays inside the folder, or ends in
the ``blobs/`` of the same Hub cache repository.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.strictjson import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator


def flags(*names: str) -> int:
    """The sum of these flags of ``os.open``; one that this system lacks is left out."""
    return sum(getattr(os, name, 0) for name in names)


_FILE = flags("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY")
_LIST = flags("O_RDONLY", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
# A folder that is only passed through needs no right to list it, where the system can tell the two apart.
_PASS = _LIST | flags("O_PATH")
_HOPS = 16

Parts = tuple[str, ...]


class Tree:
    """The files below one folder, and nothing else.

    Args:
        root: the folder; links on the way to it are the user's own and are followed.
        system: the system calls; a test puts failing ones here.
    """

    def __init__(self, root: Path, system: Any = os) -> None:
        if os.open not in os.supports_dir_fd or not hasattr(os, "O_NOFOLLOW"):
            message = f"{root}: this system cannot open a file relative to a folder, as an untrusted one has to be read"
            raise ReadError(message, code="IPI901", where=str(root), hint="use Linux, macOS or WSL")
        self.system = system
        real = Path(os.path.realpath(root))
        top = hub_repository(real) or real
        self.inside: Parts = real.relative_to(top).parts
        self.blobs: Parts | None = ("blobs",) if top != real else None
        self.prefix = str(top)
        try:
            self.top: int = system.open(top, _PASS)
        except OSError as error:
            raise unreadable(str(root), error) from error

    def close(self) -> None:
        self.system.close(self.top)

    def scan(self, parts: Parts) -> list[tuple[str, os.stat_result | OSError]]:
        """The names in a folder with what they are (links themselves, not their targets), or why that is not known.

        In order of the names.

        Raises:
            ReadError: the folder cannot be listed.
        """
        where = "/".join(parts) or self.prefix
        with self._walk(parts, where) as (at, name, _):
            try:
                folder = self.system.open(name or ".", _LIST, dir_fd=at)
                try:
                    with self.system.scandir(folder) as found:
                        return [(e.name, facts_of(e)) for e in sorted(found, key=lambda e: str(e.name))]
                finally:
                    self.system.close(folder)
            except OSError as error:
                raise unreadable(where, error) from error

    def look(self, parts: Parts, where: str) -> os.stat_result:
        """What a name is once its links are resolved.

        Raises:
            ReadError: it leads out of the folder (IPI905) or nowhere (IPI901).
        """
        with self._walk(parts, where) as (_, _, facts):
            return facts

    def open(self, parts: Parts, where: str) -> tuple[int, os.stat_result]:
        """A descriptor of a regular file; told to be one before it is opened and again after.

        Raises:
            ReadError: it is none, it leads out of the folder, it was exchanged meanwhile, or the system refuses.
        """
        with self._walk(parts, where) as (at, name, before):
            if not stat.S_ISREG(before.st_mode):
                raise irregular(where, before.st_mode)
            try:
                descriptor: int = self.system.open(name, _FILE, dir_fd=at)
            except OSError as error:
                raise unreadable(where, error) from error
            try:
                after = self.system.fstat(descriptor)
            except OSError as error:
                self.system.close(descriptor)
                raise unreadable(where, error) from error
            if not stat.S_ISREG(after.st_mode) or (before.st_dev, before.st_ino) != (after.st_dev, after.st_ino):
                self.system.close(descriptor)
                raise ReadError(f"{where} was exchanged while it was opened", code="IPI912", where=where)
            return descriptor, after

    @contextmanager
    def _walk(self, parts: Parts, where: str) -> Iterator[tuple[int, str, os.stat_result]]:
        """Resolve ``parts`` below the folder: the descriptor of the last folder, the last name, and what it is."""
        queue = [*reversed(self.inside + parts)]
        done: list[str] = []
        held = [self.top]
        hops = 0
        name, facts = "", None
        try:
            while queue:
                part = queue.pop()
                if part in ("", "."):
                    continue
                if part == "..":
                    if not done:
                        raise outside(where)
                    done.pop()
                    self.system.close(held.pop())
                    continue
                facts = self.system.stat(part, dir_fd=held[-1], follow_symlinks=False)
                if stat.S_ISLNK(facts.st_mode):
                    hops += 1
                    target = self.system.readlink(part, dir_fd=held[-1])
                    if hops > _HOPS:
                        raise ReadError(f"{where} is a link that leads in a circle", code="IPI905", where=where)
                    if target.startswith("/"):
                        if not (target + "/").startswith(self.prefix + "/"):
                            raise outside(where)
                        target = target[len(self.prefix) :]
                        while done:
                            done.pop()
                            self.system.close(held.pop())
                    queue += reversed(target.split("/"))
                    name = ""
                elif any(p not in ("", ".") for p in queue):
                    held.append(self.system.open(part, _PASS, dir_fd=held[-1]))
                    done.append(part)
                    name = ""
                else:
                    name = part
                    break
            if not self._allowed(Path(*done, name).parts):
                raise outside(where)
            yield held[-1], name, facts if name and facts else self.system.fstat(held[-1])
        except OSError as error:
            raise unreadable(where, error) from error
        finally:
            for descriptor in held[1:]:
                self.system.close(descriptor)

    def _allowed(self, final: Parts) -> bool:
        if final[: len(self.inside)] == self.inside:
            return True
        return self.blobs is not None and len(final) == 2 and final[:1] == self.blobs


def facts_of(entry: os.DirEntry[str]) -> os.stat_result | OSError:
    """What a name in a folder is; or the error, of one that is gone again or that the system refuses."""
    try:
        return entry.stat(follow_symlinks=False)
    except OSError as error:
        return error


def hub_repository(real: Path) -> Path | None:
    """The Hub cache repository in whose ``snapshots/<commit>/`` a folder is, or lies."""
    for folder in (real, *real.parents):
        home = folder.parent.parent
        if folder.parent.name == "snapshots" and home.name.startswith("models--") and (home / "blobs").is_dir():
            return home
    return None


def outside(where: str) -> ReadError:
    message = f"{where} is a link that leaves the folder; it was not followed"
    return ReadError(message, code="IPI905", where=where, hint="put the file itself there")


def irregular(where: str, mode: int) -> ReadError:
    """What stands where a regular file should."""
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe (FIFO)"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISLNK, "a link"),
    )
    what = next((name for test, name in kinds if test(mode)), "something unknown")
    message = f"{where} is {what}, not a regular file; it was not opened"
    return ReadError(message, code="IPI905", where=where, hint="put a regular file there")


def unreadable(where: str, error: OSError) -> ReadError:
    """The system's refusal, as the user can act on it."""
    said = error.strerror or str(error)
    refused = isinstance(error, PermissionError)
    hint = "check its permissions" if refused else "check that it is there and that its disk is sound"
    return ReadError(f"{where} cannot be read: {said}", code="IPI901", where=where, hint=hint)
