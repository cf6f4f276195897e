"""SIGINT, SIGTERM and SIGKILL at any moment of a command that writes a report, with and without a worker."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults import Figure, small
from tests.forked import SERVER, Forked

OLD = '{"schema": "inspect-pipe/1", "source": "the old report"}'
GONE = 3.0
"""Seconds in which a worker notices that its parent is gone."""
ENDED = {signal.SIGINT: 130, signal.SIGTERM: 130, signal.SIGKILL: -signal.SIGKILL}


def at_random(folder: Path, runs: int, *, static: bool = True, seed: int = 8) -> Figure:
    """Each run ends as asked, or was over; its report is the old one or whole; nothing of it is left anywhere."""
    what = "`diff --static -o`" if static else "`diff -o`, whose worker builds"
    figure = Figure(f"SIGINT, SIGTERM or SIGKILL at any moment of {what}")
    root = small(folder / "model")
    private, reports = folder / "tmp", folder / "reports"
    private.mkdir()
    reports.mkdir()
    target = reports / "report.json"
    command = [sys.executable, "-m", "inspector", "diff", str(root), *(["--static"] if static else [])]
    command += ["-f", "json", "-o", str(target)]
    environment = {**os.environ, "TMPDIR": str(private), "PYTHONPATH": str(Path(__file__).parents[2])}
    whole = min(timed(command, environment, folder) for _ in range(2))
    chance = random.Random(seed)
    counts = {"interrupted": 0, "over": 0, "left by SIGKILL": 0}
    for run in range(runs):
        number = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[run % 3]
        target.write_text(OLD)
        with open(folder / "said", "w+b") as log:
            process = started(command, environment, folder, log)
            begun(process.pid)
            time.sleep(chance.uniform(0, whole * 1.1))
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
            status = process.wait(60)
            log.seek(0)
            told = log.read().decode()
        counts["interrupted" if status == ENDED[number] else "over"] += 1
        problem = wrong(status, number, told, target) or left(reports, private, number)
        figure.judge(f"run {run}, {number.name}", problem)
        for file in [*reports.glob(".*"), *private.iterdir()]:
            counts["left by SIGKILL"] += 1
            subprocess.run(["rm", "-r", str(file)], check=False)
    figure.note = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
    return figure


def started(command: Sequence[str], environment: dict[str, str], folder: Path, log: Any) -> Any:
    kind: Any = Forked if SERVER in os.environ else subprocess.Popen
    return kind(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment)


def begun(pid: int) -> None:
    """Wait until the command answers signals itself: before its first line, the interpreter does."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        except OSError:  # it is over
            return
        if caught is None or int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.001)


def timed(command: Sequence[str], environment: dict[str, str], folder: Path) -> float:
    began = time.monotonic()
    with open(folder / "said", "w+b") as log:
        assert started(command, environment, folder, log).wait(120) in (0, 1)
    return time.monotonic() - began


def wrong(status: int, number: signal.Signals, told: str, target: Path) -> str:
    """What is not as promised about a run's end and its report."""
    text = target.read_text()
    if text != OLD:
        try:
            torn = not {"schema", "findings", "summary"} <= json.loads(text).keys()
        except ValueError:
            torn = True
        if torn:
            return f"a torn report of {len(text)} characters"
    if "Traceback" in told:
        return f"a traceback: {told[-300:]}"
    over = text != OLD and status == -number  # it came after the last line of the command
    if status not in (0, 1, ENDED[number]) and not over:
        return f"status {status}: {told[-300:]}"
    return "the old report, and a status as if it were new" if status in (0, 1) and text == OLD else ""


def left(reports: Path, private: Path, number: signal.Signals) -> str:
    """What is left of a run: a process, a temporary file or folder. Who is killed can tidy up nothing himself."""
    until = time.monotonic() + GONE
    while (living := inhabitants(private)) and time.monotonic() < until:
        time.sleep(0.02)
    if living:
        return f"a worker is left {GONE:g} s after: {living}"
    files = [p.name for p in (*reports.glob(".*"), *private.iterdir())]
    return f"left behind: {files}" if files and number != signal.SIGKILL else ""


def inhabitants(folder: Path) -> list[int]:
    """The processes whose working folder is in this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd").startswith(str(folder) + "/"):
                found.append(int(process.name))
    return found
