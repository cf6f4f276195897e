"""Reads that do not return: in a thread of this process at every call, and in the kernel for a process of its own.

The kernel's are real: fanotify holds whoever opens or reads a marked file until its listener answers, as a file server
that is gone does. That wants root; where it is not allowed the experiment is skipped, and says so.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from inspector import static
from inspector.limits import Limits
from inspector.patience import GIVEN_UP
from inspector.reading import Folder
from tests import forked
from tests.faults import Figure, outcome, small
from tests.faults.refusing import System, look

LIMIT, MORE = 1, 1.0
_CONTENT, _CLOEXEC, _ADD, _HERE = 0x4, 0x1, 0x1, -100
OPEN, READ, LIST = 0x10000, 0x20000, 0x10000 | 0x40000000
"""What is held: opening a file, reading it, opening a folder."""


class Stuck(System):
    """The call that fails does so by never returning, until it is let go."""

    def __init__(self, call: str, index: int, gone: threading.Event) -> None:
        super().__init__(call, index)
        self.gone = gone

    def count(self, name: str) -> None:
        at, self.made[name] = self.made[name], self.made[name] + 1
        if (name, at) == (self.call, self.index):
            self.gone.wait()


def every_call(folder: Path, share: int = 1) -> Figure:
    """Each call (or one of ``share``) does not return: incomplete, within the limit and a second more."""
    figure = Figure("a system call of reading never returns, each call once")
    systems: dict[Path, Any] = {}

    def opened(root: Path, limits: Limits, **given: Any) -> Folder:
        return Folder(root, limits, system=systems[root], **given)

    gone = threading.Event()

    def one(call: str, index: int) -> tuple[str, str]:
        root = small(folder / f"{call}-{index}")
        systems[root] = Stuck(call, index, gone)
        began = time.monotonic()
        kind, said, _ = outcome(look(root, Limits(seconds=LIMIT)))
        took = time.monotonic() - began
        held = kind in ("incomplete", "refused") and GIVEN_UP in said and LIMIT <= took <= LIMIT + MORE
        return f"{call} {index}", "" if held else f"{kind} after {took:.1f} s: {said[:200]}"

    with mock.patch.object(static, "Folder", opened), ThreadPoolExecutor(16) as pool:
        root = folder / "whole"
        whole = systems[root] = System()
        assert outcome(look(small(root)))[0] == "clean"
        which = [(call, index) for call, times in whole.made.items() for index in range(times)]
        try:
            for name, problem in pool.map(lambda given: one(*given), which[::share]):
                figure.judge(name, problem)
        finally:
            gone.set()
    return figure


class NotAllowed(Exception):
    """This process may not hold other processes' reads."""


@contextmanager
def held(path: Path, what: int) -> Iterator[None]:
    """Whoever does this to the file or folder meanwhile waits.

    Raises:
        NotAllowed: the kernel does not let us.
    """
    if not sys.platform.startswith("linux"):
        raise NotAllowed("fanotify is Linux's")
    libc = ctypes.CDLL(None, use_errno=True)
    listener = libc.fanotify_init(_CONTENT | _CLOEXEC, os.O_RDONLY)
    if listener < 0:
        raise NotAllowed(f"fanotify: {os.strerror(ctypes.get_errno())}")
    try:
        if libc.fanotify_mark(listener, _ADD, ctypes.c_uint64(what), _HERE, os.fsencode(path)) < 0:
            raise NotAllowed(f"fanotify: {os.strerror(ctypes.get_errno())}")
        yield
    finally:
        os.close(listener)  # the kernel then lets everybody go


def in_the_kernel(folder: Path) -> Figure:
    """The command itself, one of whose files hangs: ``--static``, in worker mode, and for a task of the worker."""
    figure = Figure("a read that the kernel holds, as of a file server that is gone")
    root = small(folder / "model")
    unet, index = root / "unet/diffusion_pytorch_model.safetensors", root / "model_index.json"
    report = folder / "report.json"
    report.write_text('{"schema": "inspect-pipe/1"}')
    cases: list[tuple[str, Path, int, list[str | Path]]] = [
        ("the header, --static", unet, READ, ["diff", root, "--static"]),
        ("opening the index, --static", index, OPEN, ["diff", root, "--static"]),
        ("listing, --static", root, LIST, ["diff", root, "--static"]),
        ("listing a component, --static", root / "unet", LIST, ["diff", root, "--static"]),
        ("the header, in the worker", unet, READ, ["diff", root]),
        ("the index, for trace", index, READ, ["trace", root, "--into", "DDIMScheduler"]),
        ("a file that may be a report", report, OPEN, ["diff", report]),
    ]
    forked.run("diff", root)  # what is made once is made
    began = time.monotonic()
    free = forked.run("diff", root)
    start = max(1.0, 2 * (time.monotonic() - began))  # what a command and its worker may take beside the limit
    assert free.returncode in (0, 1), free.stdout + free.stderr
    for name, path, what, command in cases:
        try:
            with held(path, what):
                began = time.monotonic()
                done = forked.run(*command, "--limit", f"seconds={LIMIT}", timeout=60)
                took = time.monotonic() - began
        except NotAllowed as refused:
            figure.skipped = str(refused)
            return figure
        said = done.stdout + done.stderr
        promised = done.returncode == 3 and GIVEN_UP in " ".join(said.split()) and took <= LIMIT + MORE + start
        traced = "Traceback" in said
        problem = "" if promised and not traced else f"status {done.returncode} after {took:.1f} s: {said[-300:]}"
        figure.judge(name, problem)
    return figure
