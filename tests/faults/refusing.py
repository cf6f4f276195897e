"""A file layer that fails: every call that an inspection makes of the system, one after the other, with every error."""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from inspector import static
from inspector.limits import Limits
from inspector.model import Snapshot
from inspector.reading import Folder
from inspector.sources import Source
from tests.faults import Figure, outcome, small

CALLS = ("open", "pread", "fstat", "stat", "readlink", "scandir", "entry.stat")
ERRORS = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EACCES, errno.ENOENT, errno.EMFILE, errno.EINTR)


class System:
    """The system calls, of which one fails: the ``index``-th of that name; ``made`` counts them."""

    def __init__(self, call: str = "", index: int = -1, number: int = 0) -> None:
        self.call, self.index, self.number = call, index, number
        self.made = dict.fromkeys(CALLS, 0)

    def count(self, name: str) -> None:
        at, self.made[name] = self.made[name], self.made[name] + 1
        if (name, at) == (self.call, self.index):
            raise OSError(self.number, os.strerror(self.number))

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*given: Any, **named: Any) -> Any:
            self.count(name)
            return Entries(real(*given, **named), self) if name == "scandir" else real(*given, **named)

        return call


class Entries:
    """What ``scandir`` gives, whose entries ask the system too."""

    def __init__(self, real: Any, system: System) -> None:
        self.real, self.system = real, system

    def __enter__(self) -> Iterator[Any]:
        return (Entry(e, self.system) for e in self.real.__enter__())

    def __exit__(self, *error: Any) -> None:
        self.real.__exit__(*error)


class Entry:
    def __init__(self, real: os.DirEntry[str], system: System) -> None:
        self.name, self.real, self.system = real.name, real, system

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        self.system.count("entry.stat")
        return self.real.stat(follow_symlinks=follow_symlinks)


@contextmanager
def reading(system: Any) -> Iterator[None]:
    """Whatever is inspected meanwhile is read by these calls."""
    with mock.patch.object(static, "Folder", functools.partial(Folder, system=system)):
        yield


def look(root: Path, limits: Limits = Limits()) -> Callable[[], Snapshot]:  # noqa: B008 (frozen)
    return lambda: static.snapshot(Source(str(root), "folder", root), limits)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def every_call(folder: Path) -> Figure:
    """Each call of an inspection fails once with each error: it ends incomplete, says why, and leaves nothing open."""
    figure = Figure("a system call of reading fails, each call and each error once")
    root = small(folder / "model")
    whole = System()
    with reading(whole):
        assert outcome(look(root))[0] == "clean"
    assert all(whole.made.values()), whole.made
    before = descriptors()
    for name, times in whole.made.items():
        for index in range(times):
            for number in ERRORS:
                with reading(System(name, index, number)):
                    kind, said, _ = outcome(look(root))
                told = os.strerror(number) in said or (
                    number == errno.ENOENT and ("is gone" in said or "was gone again" in said)
                )
                problem = "" if kind in ("incomplete", "refused") and told else f"{kind}: {said[:200]}"
                figure.judge(f"{name} {index} {errno.errorcode[number]}", problem or lost(before))
    figure.note = ", ".join(f"{times} × {name}" for name, times in whole.made.items())
    return figure


def lost(before: int) -> str:
    after = descriptors()
    return "" if after == before else f"{after - before} descriptors left open"
