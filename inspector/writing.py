"""The one place that writes a file for the user: whole or not at all, and never into what is being inspected."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from inspector.model import EXIT_UNWRITABLE, InspectError

_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)
"""Said of a folder by file systems that cannot sync one, and where it may be written into but not read."""


def write(target: Path, text: str, *, inspected: Iterable[Path] = ()) -> None:
    """Write a report atomically: a temporary file beside the target, fsync, rename, fsync of the folder.

    A link planted at the target is replaced, not followed, and nothing is left behind on an error.

    Args:
        target: the file to write.
        text: what stands in it.
        inspected: folders (or files) under inspection; the target may not lie inside them.

    Raises:
        InspectError: the target lies inside an inspected folder, is no file, or the system refused (exit status 5).
    """
    refuse(target, inspected)
    folder = target.parent
    temporary = folder / f".{target.name[:64]}.{secrets.token_hex(8)}.tmp"
    try:
        replaceable(target)
        try:
            fill(temporary, text.encode("utf-8"))
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):  # what went wrong before says more
                os.unlink(temporary)
            raise
    except OSError as error:
        raise InspectError(
            f"cannot write {target}: {error.strerror or error}",
            hint="the report was not written; choose another file with -o, or leave -o out to print it",
            exit_code=EXIT_UNWRITABLE,
            where=str(target),
        ) from error
    try:
        sync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise InspectError(
                f"{target} is written, but not for sure on the disk: {error.strerror or error}",
                hint="check the disk, and write the report again",
                exit_code=EXIT_UNWRITABLE,
                where=str(target),
            ) from error


def replaceable(target: Path) -> None:
    """Refuse what a report must not take the place of: a folder, and what is no file (``/dev/null``, a pipe).

    Raises:
        OSError: it is one of these.
    """
    try:
        mode = os.stat(target).st_mode
    except OSError:  # nothing there, or a link that leads nowhere
        return
    if stat.S_ISDIR(mode) and not target.is_symlink():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "it is a device, a pipe or a socket, which a report would replace")


def fill(file: Path, data: bytes) -> None:
    """Make a new file with this in it, on the disk when this returns."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse(target: Path, inspected: Iterable[Path]) -> None:
    """Raise when ``target`` lies inside one of the inspected folders, through whatever links.

    Raises:
        InspectError: it does (exit status 5).
    """
    parent = Path(os.path.realpath(target.parent))
    for source in inspected:
        folder = Path(os.path.realpath(source))
        if not folder.is_dir():
            if folder == parent / target.name:
                folder = parent  # the one file that is inspected would be replaced
            else:
                continue
        if parent == folder or folder in parent.parents:
            raise InspectError(
                f"{target} lies inside the inspected {folder.name}: nothing is ever written there",
                hint="give -o a file elsewhere",
                exit_code=EXIT_UNWRITABLE,
                where=str(target),
            )


def sync(folder: Path) -> None:
    """Make the rename itself durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
