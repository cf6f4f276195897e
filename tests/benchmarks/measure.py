"""Time, memory and disk of a command with all its processes."""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = mmap.PAGESIZE


@dataclass(frozen=True, slots=True)
class Cost:
    """The best of several runs: seconds, and the peak of all its processes together in MB."""

    seconds: float
    median: float
    megabytes: float


def alternately(commands: Sequence[Sequence[str]], runs: int, env: dict[str, str]) -> list[Cost]:
    """Run the commands in turn, so that whatever else the machine does hits them alike; the best run of each counts."""
    for command in commands:
        once(command, env)  # caches warm, .pyc written
    seconds: list[list[float]] = [[] for _ in commands]
    for _ in range(runs):
        for number, command in enumerate(commands):
            seconds[number].append(once(command, env))
    peaks = [peak(command, env) for command in commands]
    return [Cost(min(s), sorted(s)[len(s) // 2], p) for s, p in zip(seconds, peaks, strict=True)]


def once(command: Sequence[str], env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def peak(command: Sequence[str], env: dict[str, str]) -> float:
    """The largest resident memory of the command and its children, summed, in MB; its own run, as looking costs."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    highest, done = 0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.01):
            highest = max(highest, sum(resident(pid) for pid in family(process.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    done.set()
    watcher.join()
    return highest / 1e6


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:  # it ended while we looked
            continue
    return found


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def forget(files: Iterable[Path]) -> None:
    """Drop the files from the page cache, so that what is read next shows."""
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def read_since(files: Iterable[Path]) -> float:
    """How many MB of the files are in the page cache: what was read, by whatever call, since they were forgotten."""
    libc = ctypes.CDLL(None, use_errno=True)
    pages = 0
    for file in files:
        size = file.stat().st_size
        if not size:
            continue
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_COPY) as view:
            found = (ctypes.c_ubyte * ((size + PAGE - 1) // PAGE))()
            address = ctypes.addressof(ctypes.c_char.from_buffer(view))
            if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), found) != 0:
                raise OSError(ctypes.get_errno(), "mincore")
            pages += sum(byte & 1 for byte in bytes(found))
    return pages * PAGE / 1e6
