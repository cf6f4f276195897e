"""Files that change while they are read, and files and folders that another process exchanges for links to outside."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults import Figure, outcome, plain, small
from tests.faults.refusing import System, look, reading

SECRET = "a-secret-of-elsewhere"
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "grown by a byte": lambda data: data + b" ",
    "doubled": lambda data: data * 2,
    "overwritten with as many others": lambda data: bytes(b ^ 1 for b in data),
}

EXCHANGER = """
import os, sys
root, outside = sys.argv[1:]
config, unet = f"{root}/scheduler/scheduler_config.json", f"{root}/unet"
os.symlink(f"{outside}/config.json", f"{root}/link"); os.symlink(outside, f"{root}/folder")
os.link(config, f"{root}/file")
print("begun", flush=True)
while os.getppid() == int(os.environ["PARENT"]):
    os.rename(config, f"{root}/kept"); os.rename(f"{root}/link", config)  # a link where the file was
    os.rename(unet, f"{root}/real"); os.rename(f"{root}/folder", unet)
    os.rename(config, f"{root}/link"); os.rename(f"{root}/kept", config)
    os.rename(unet, f"{root}/folder"); os.rename(f"{root}/real", unet)
"""
"""The second process: for a moment each, a file and a folder are links to outside of the model."""


def every_read(folder: Path, share: int = 1) -> Figure:
    """A file changes before or after each of its reads (one of ``share``): told of in one state, or as changed."""
    figure = Figure("a file is cut, grows or is overwritten while it is read, at each read")
    whole = System()
    with reading(whole):
        assert outcome(look(small(folder / "whole")))[0] == "clean"
    cases = list(itertools.product(range(whole.made["pread"]), CHANGES, (False, True)))
    for number, change, late in cases[::share]:
        problem = changed_at(folder / f"{number}-{change}-{late}", number, change, late=late)
        figure.judge(f"read {number}, {change} {'after' if late else 'before'} it", problem)
    return figure


def changed_at(root: Path, index: int, change: str, *, late: bool) -> str:
    """What is wrong with a look during which a file changes at one of its reads."""
    small(root)
    for file in (f for f in root.rglob("*") if f.is_file()):
        os.utime(file, ns=(0, 0))  # long ago: a file system may tell the time in coarse steps
    old = plain(outcome(look(root))[2])
    with reading(Reading(index, CHANGES[change], late)):
        kind, said, seen = outcome(look(root))
    if kind == "incomplete" and "changed while" in said:
        return ""
    kind_of_new, said_of_new, new = outcome(look(root))
    of_one_state = plain(seen) in (old, plain(new)) if seen is not None else (kind, said) == (kind_of_new, said_of_new)
    return "" if of_one_state and kind != "stray" else f"{kind}: {said[:200]}"


class Reading(System):
    """Changes the file that the ``index``-th read is about."""

    def __init__(self, index: int, change: Callable[[bytes], bytes], late: bool) -> None:
        super().__init__()
        self.at, self.change, self.late = index, change, late

    def pread(self, descriptor: int, count: int, offset: int) -> bytes:
        now, self.made["pread"] = self.made["pread"] == self.at, self.made["pread"] + 1
        if now and not self.late:
            self.meddle(descriptor)
        found = os.pread(descriptor, count, offset)
        if now and self.late:
            self.meddle(descriptor)
        return found

    def meddle(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        path.write_bytes(self.change(path.read_bytes()))


class Outside(System):
    """Counts the bytes that are read of files elsewhere."""

    def __init__(self, files: set[int]) -> None:
        super().__init__()
        self.files, self.bytes = files, 0

    def pread(self, descriptor: int, count: int, offset: int) -> bytes:
        found = os.pread(descriptor, count, offset)
        if os.fstat(descriptor).st_ino in self.files:
            self.bytes += len(found)
        return found


def exchanged(folder: Path, runs: int) -> Figure:
    """Another process exchanges a file and a folder for links all the while: no byte of outside is read.

    Readers that open the joined path, and those that look where it leads before they do, leak at the same time: what
    the exchange can do is thereby shown.
    """
    figure = Figure("a file and a folder are exchanged for links to outside by another process, while they are read")
    root, outside = small(folder / "model"), folder / "outside"
    outside.mkdir()
    for name in ("config.json", "kept.json", "scheduler_config.json", "diffusion_pytorch_model.safetensors"):
        (outside / name).write_text(json.dumps({"_class_name": "UNet2DModel", "secret": SECRET}))
    system = Outside({f.stat().st_ino for f in outside.iterdir()})
    kinds: dict[str, int] = {}
    joined = checked = tried = 0
    with exchanging(root, outside), reading(system):
        for run in range(runs):
            before = system.bytes
            kind, said, seen = outcome(look(root))
            kinds[kind] = kinds.get(kind, 0) + 1
            leaked = system.bytes > before or SECRET in json.dumps(plain(seen))
            problem = f"{system.bytes - before} bytes of outside were read" if leaked else ""
            figure.judge(f"run {run}", problem or (f"{kind}: {said[:200]}" if kind == "stray" else ""))
        until = time.monotonic() + 60
        while tried < runs or (not (joined and checked) and time.monotonic() < until):
            tried += 1
            for name in ("unet/config.json", "scheduler/scheduler_config.json"):
                joined += naive(root, name, check=False)
                checked += naive(root, name, check=True)
    figure.judge("the naive reader leaks", "" if joined else f"it read nothing of outside in {tried} runs")
    ended = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    figure.note = (
        f"{ended}; in {tried} runs `open(join())` leaked {joined} times, and after a look at its path {checked}"
    )
    return figure


def naive(root: Path, name: str, *, check: bool) -> bool:
    """Whether a reader as one writes it without a thought reads the secret."""
    path = os.path.join(root, name)
    try:
        if check and not os.path.realpath(path).startswith(os.path.realpath(root) + os.sep):
            return False
        with open(path) as file:
            return SECRET in file.read()
    except OSError:
        return False


@contextmanager
def exchanging(root: Path, outside: Path) -> Iterator[Any]:
    """The second process, at work."""
    command = [sys.executable, "-S", "-c", EXCHANGER, str(root), str(outside)]
    environment = {**os.environ, "PARENT": str(os.getpid())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None and process.stdout.readline()
            yield process
            assert process.poll() is None
        finally:
            process.kill()
