"""``python -m tests.benchmarks.guards on|off ARGUMENTS``: the command with its guards, and the same without.

Without: no limits, no Landlock, no audit hook, no frozen imports, no watch for the parent, the user's own environment,
and every read in the thread that asks for it. What is left is the same command with the same worker.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from inspector import patience, process, worker
from inspector.cli import main

ROOT = Path(__file__).parents[2]
OFF = (
    "import sys; home = sys.argv.pop(1); home in sys.path or sys.path.insert(0, home);"
    " from tests.benchmarks.guards import without; without(); from inspector.worker import main; main()"
)


def measured(arguments: Sequence[str], runs: int, env: dict[str, str]) -> tuple[float, float]:
    """Processor time of the command with all its processes, without the guards and with them: best of runs in turn."""
    took: dict[str, list[float]] = {"off": [], "on": []}
    for _ in range(runs + 1):
        for guards, times in took.items():
            command = [sys.executable, "-m", "tests.benchmarks.guards", guards, *arguments]
            process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode in (0, 1), command
            times.append(used.ru_utime + used.ru_stime)
    return min(took["off"][1:]), min(took["on"][1:])  # the first is for the caches


def without() -> None:
    """Take the guards of this process away, for the rest of its life."""

    def at_once(self: patience.Patience, call: Any, seconds: float) -> Any:
        return call()

    def open_house(request: worker.Request) -> str:
        return "guard: none"

    def alone(*_: object) -> None:
        return

    mock.patch.object(patience.Patience, "wait", at_once).start()
    mock.patch.object(patience, "look", alone).start()
    mock.patch.object(worker, "seal", open_house).start()
    mock.patch.object(worker.guard, "end_with_parent", alone).start()  # type: ignore[attr-defined]


def environment(*_: object) -> dict[str, str]:
    return dict(os.environ)


if __name__ == "__main__":
    _, guards, *sys.argv[1:] = sys.argv
    if guards == "off":
        without()
        mock.patch.object(process, "START", OFF).start()
        mock.patch.object(process, "environment", environment).start()
    main()
