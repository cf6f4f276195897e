"""``python -m tests.benchmarks.plugin``: what the plugin adds to a bare pytest run that does not ask for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 0.030
RUNS = 15


def measured(runs: int = RUNS) -> tuple[float, float]:
    """Processor seconds of a run of one empty test without the plugin and with it: the best of several, in turn.

    Other plugins stay out of both, as their own imports vary by more than what is measured here.
    """
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder) / "test_it.py"
        test.write_text("def test_it(): pass\n")
        bare = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", str(test)]
        env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPYCACHEPREFIX": f"{folder}/cache"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, as everywhere but where that is forbidden
        commands = [bare, [*bare, "-p", "inspector.pytest_plugin"]]
        for command in commands:
            once(command, env)
        times = [[once(command, env) for command in commands] for _ in range(runs)]
    return min(t[0] for t in times), min(t[1] for t in times)


def once(command: list[str], env: dict[str, str]) -> float:
    """A start is processor time alone; what else the machine does counts for nothing."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime


def main() -> int:
    without, there = measured()
    added = there - without
    sys.stdout.write(f"{without * 1000:.0f} ms, with the plugin {there * 1000:.0f} ms, limit {LIMIT * 1000:.0f} more\n")
    return int(added > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
