"""Disks that are full or fail while a report is written, in every format; and many who write at once."""

from __future__ import annotations

import errno
import functools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from inspector import writing
from inspector.cli.output import emit, look
from inspector.model import EXIT_UNWRITABLE, InspectError, Report
from inspector.render import FORMATS, render
from inspector.render.escape import Safe
from inspector.report import examine
from tests import forked
from tests.faults import Figure, small
from tests.faults.refusing import look as seen

OLD = "the report of yesterday\n"
FAULTS = {
    "open": (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENAMETOOLONG),
    "write": (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG),
    "the second write": (errno.ENOSPC, errno.EDQUOT, errno.EIO),
    "fsync": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "close": (errno.EIO, errno.EDQUOT),
    "replace": (errno.EIO, errno.ENOSPC, errno.EXDEV, errno.EACCES, errno.ESTALE),
}
FULL = """
import subprocess, sys
folder, forms = sys.argv[1], sys.argv[2:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], check=True)
from pathlib import Path
from inspector.model import InspectError
from inspector.writing import write
target = Path(folder) / "report"
target.write_text("old")
for form in forms:
    try:
        write(target, Path(form).read_text())
        print(form, "was written")
    except InspectError as error:
        left = sorted(p.name for p in Path(folder).iterdir())
        print(form, error.exit_code, "No space left" in str(error), target.read_text(), left)
"""


class Failing:
    """The system calls of writing, of which one fails."""

    def __init__(self, call: str, number: int) -> None:
        self.call, self.number, self.writes = call, number, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if self.call == "the second write" and name == "write":
            return self.partly
        if name != self.call or not callable(real):
            return real

        def call(*given: Any, **named: Any) -> Any:
            if name == "close":
                real(*given)
            raise OSError(self.number, os.strerror(self.number))

        return call

    def partly(self, descriptor: int, data: memoryview) -> int:
        """Half of it, as a disk that is filling up takes it; the rest does not fit."""
        self.writes += 1
        if self.writes > 1:
            raise OSError(self.number, os.strerror(self.number))
        return os.write(descriptor, data[: max(1, len(data) // 2)])


@functools.cache
def reports(folder: Path) -> dict[str, Safe]:
    """A report in every format."""
    report = examine(seen(small(folder / "model"))())
    report = Report(**{**{f: getattr(report, f) for f in report.__slots__}, "source": "model"})
    return {form: render(report, form, look(to_file=True)) for form in FORMATS}


def every_format(folder: Path) -> Figure:
    """Each call of writing fails with each error, for each format: exit status 5, and all is as it was."""
    figure = Figure("a full disk, a quota, a failed write, fsync or rename while a report is written, each format")
    for form, text in reports(folder).items():
        place = folder / form
        place.mkdir()
        target = place / "report"
        target.write_text(OLD)
        before = os.lstat(target)
        for call, numbers in FAULTS.items():
            for number in numbers:
                said = ""
                with mock.patch.object(writing, "os", Failing(call, number)):
                    try:
                        emit(text, target)
                    except InspectError as error:
                        said = error.message if error.exit_code == EXIT_UNWRITABLE else f"status {error.exit_code}"
                    except OSError as error:
                        said = f"a stray {type(error).__name__}"
                same = os.lstat(target)[:7] == before[:7] and target.read_text() == OLD
                problem = "" if os.strerror(number) in said else f"told {said!r}"
                problem = problem or ("" if same else "the old report is gone")
                left = sorted(p.name for p in place.iterdir())
                figure.judge(f"{form}, {call} {errno.errorcode[number]}", problem or left_beside(left))
    return figure


def left_beside(names: Sequence[str]) -> str:
    return "" if list(names) == ["report"] else f"left beside: {names}"


def in_full(folder: Path) -> Figure:
    """A disk of 16 KiB that is really full, mounted in a namespace of its own; and the command under a size limit."""
    figure = Figure("a disk that is really full, each format")
    texts, place = {}, folder / "disk"
    place.mkdir()
    for form, text in reports(folder).items():
        texts[form] = folder / f"{form}.txt"
        texts[form].write_text(text * (1 + (40 << 10) // len(text)), encoding="utf-8")
    unshare = shutil.which("unshare")
    done = subprocess.run(
        [unshare or "false", "-Urm", sys.executable, "-c", FULL, str(place), *map(str, texts.values())],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    if done.returncode:
        figure.skipped = f"no disk can be mounted here: {(done.stderr.strip().splitlines() or ['no unshare'])[-1]}"
        return figure
    for line, (form, file) in zip(done.stdout.splitlines(), texts.items(), strict=True):
        wanted = f"{file} {EXIT_UNWRITABLE} True old ['report']"
        figure.judge(form, "" if line == wanted else line)
    return figure


def by_the_command(folder: Path) -> Figure:
    """The command itself, in each format, told to write where it cannot: one line, exit status 5, nothing left."""
    figure = Figure("`diff -o` where no report can be written, each format")
    root, place = small(folder / "sd"), folder / "absent"
    for form in FORMATS:
        done = forked.run("diff", root, "--static", "-f", form, "-o", place / "report")
        told = done.returncode == EXIT_UNWRITABLE and len(done.stderr.splitlines()) == 2 and not done.stdout
        figure.judge(form, "" if told and not place.exists() else f"status {done.returncode}: {done.stderr[-300:]}")
    return figure


WRITER = """
import os, sys
from pathlib import Path
from inspector.writing import write
size, letter = int(sys.argv[1]), sys.argv[2]
while os.getppid() == int(sys.argv[3]):
    for name in ("r.json", "r.sarif", "r.html"):
        write(Path(name), letter * size)
"""


def many_writers(folder: Path, writers: int, reads: int) -> Figure:
    """Processes that replace the same three reports all the while: whoever reads finds one of theirs whole."""
    figure = Figure(f"{writers} processes write the same three reports at once; a read finds one of them whole")
    place = folder / "together"
    place.mkdir()
    sizes = {chr(97 + n): 20_000 + 10_000 * n for n in range(writers)}
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    running = [
        subprocess.Popen([sys.executable, "-S", "-c", WRITER, str(s), c, str(os.getpid())], cwd=place, env=environment)
        for c, s in sizes.items()
    ]
    names = ("r.json", "r.sarif", "r.html")
    seen: dict[str, int] = {}
    try:
        until = time.monotonic() + 60
        while not all((place / n).exists() for n in names) and time.monotonic() < until:
            time.sleep(0.01)
        while figure.tried < reads or (len(seen) < min(2, writers) and time.monotonic() < until):
            name = names[figure.tried % 3]
            text = (place / name).read_text()
            seen[text[:1]] = seen.get(text[:1], 0) + 1
            whole = len(text) == sizes.get(text[:1]) and text == text[:1] * len(text)
            figure.judge(f"read {figure.tried}", "" if whole else f"{len(text)} characters of {set(text)}")
        problem = "" if all(w.poll() is None for w in running) else "a writer ended before the reader"
    finally:
        for writer in running:
            writer.terminate()
        for writer in running:
            writer.wait()
    figure.judge("several were seen", problem or ("" if len(seen) > 1 else f"only {seen}"))
    figure.note = f"reports of {len(seen)} writers were read"
    return figure
