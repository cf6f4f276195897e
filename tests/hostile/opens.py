"""Which files were opened, by the kernel's own account (inotify), whoever opened them and by whatever name."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_OPEN, _NONBLOCK, _CLOEXEC = 0x20, os.O_NONBLOCK, os.O_CLOEXEC
_READ_OR_WRITTEN = 0x1 | 0x2


class Opens:
    """Listens from its making until :meth:`seen`.

    Args:
        paths: files, and folders (with the files directly in them).
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.number = libc.inotify_init1(_NONBLOCK | _CLOEXEC)
        if self.number < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self.names: dict[int, Path] = {}
        for path in paths:
            watch = libc.inotify_add_watch(self.number, os.fsencode(path), _OPEN | _READ_OR_WRITTEN)
            if watch < 0:
                raise OSError(ctypes.get_errno(), f"inotify {path}")
            self.names[watch] = path

    def seen(self) -> list[str]:
        """What was opened, read or written; ends the listening."""
        try:
            data = os.read(self.number, 1 << 20)
        except BlockingIOError:
            data = b""
        os.close(self.number)
        found, at = [], 0
        while at < len(data):
            watch, _, _, length = struct.unpack_from("iIII", data, at)
            name = data[at + 16 : at + 16 + length].rstrip(b"\0").decode("utf-8", "replace")
            found.append(f"{self.names[watch]}/{name}".rstrip("/"))
            at += 16 + length
        return sorted(set(found))
