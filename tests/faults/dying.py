"""Workers that crash, hang, run out of memory, or answer what is no answer: a clear line, and never a clean verdict.

Each is a real process in the worker's place, with the worker's own pipes; only what it runs is not the worker.
"""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from unittest import mock

from inspector import process, snapshots
from inspector.model import InspectError
from tests.faults import Figure, outcome, small

SECONDS = 0.5
CAP = 1 << 20
_ANSWER = "import os, sys, time\ndef tell(data): os.write(1, data)\n"
_MAIN = """
import sys; sys.path.insert(0, sys.argv.pop(1))
from inspector import worker
"""


def said(content: object) -> str:
    return f"{_ANSWER}tell({json.dumps(content).encode()!r})"


WORKERS: dict[str, tuple[str, str]] = {
    "SIGSEGV": ("import os; os.kill(os.getpid(), 11)", "compiled code crashed"),
    "SIGBUS": ("import os; os.kill(os.getpid(), 7)", "SIGBUS"),
    "SIGILL": ("import os; os.kill(os.getpid(), 4)", "SIGILL"),
    "abort": ("import os; os.abort()", "SIGABRT"),
    "killed, as for memory": ("import os; os.kill(os.getpid(), 9)", "when memory runs out"),
    "stopped by SIGTERM": ("import os; os.kill(os.getpid(), 15)", "SIGTERM"),
    "a null pointer": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "exit 0": ("import os; os._exit(0)", "status 0 and no answer"),
    "exit 7": ("import os; os._exit(7)", "status 7 and no answer"),
    "an exception": ("raise RuntimeError('mine')", "RuntimeError: mine"),
    "no such module": ("import nothing_of_this_name", "ModuleNotFoundError"),
    "out of memory": (
        f"{_MAIN}worker.MEMORY = 1 << 28; worker.answer = lambda *_: bytearray(1 << 34); worker.main()",
        "ran out of memory",
    ),
    "never answers": ("import time; time.sleep(60)", "took over 0.5 s"),
    "never answers, and ignores what can be ignored": (
        "import signal, time\nfor s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)\ntime.sleep(60)",
        "took over 0.5 s",
    ),
    "closes its answer, and lives on": ("import os, time; os.close(1); time.sleep(60)", "did not end"),
    "half an answer": (f'{_ANSWER}tell(b\'{{"snapshot": {{"sou\'); os.kill(os.getpid(), 11)', "SIGSEGV"),
    "half an answer, and hangs": (f'{_ANSWER}tell(b\'{{"snapshot": {{"sou\'); time.sleep(60)', "took over 0.5 s"),
    "garbage": (f"{_ANSWER}tell(os.urandom(5000))", "is none that can be understood"),
    "a pickle": (f"{_ANSWER}import pickle; tell(pickle.dumps([1]))", "is none that can be understood"),
    "a list": (said([1, 2]), "is none that can be understood"),
    "a number": (said(5), "is none that can be understood"),
    "an empty object": (said({}), "is none that can be understood"),
    "no snapshot": (said({"snapshot": 5}), "is none that can be understood"),
    "an empty snapshot": (said({"snapshot": {}}), "is none that can be understood"),
    "a snapshot of wrong types": (
        said({"snapshot": {"source": "x", "components": [{"path": 1, "cls": {}}]}}),
        "is none that can be understood",
    ),
    "told without a task": (said({"told": [1]}), "is none that can be understood"),
    "an error that is none": (said({"error": 5}), "is none that can be understood"),
    "an error that says all is well": (said({"error": {"message": "fine", "exit_code": 0}}), "fine"),
    "two answers": (f"{_ANSWER}tell(b'{{}}\\n{{}}')", "is none that can be understood"),
    "a deep answer": (f"{_ANSWER}tell(b'[' * 500000)", "is none that can be understood"),
    "progress that is none": (f"{_ANSWER}tell(b'{{\"progress\":\\n')", "no answer"),
    "gigabytes in one line": (f"{_ANSWER}\nwhile True: tell(b'x' * 65536)", f"over {CAP} bytes"),
    "gigabytes of lines": (f"{_ANSWER}\nwhile True: tell(b'xxxxxxx\\n' * 8192)", f"over {CAP} bytes"),
    "progress without end": (f"{_ANSWER}\nwhile True: tell(b'{{\"progress\": 1}}\\n')", "took over 0.5 s"),
    "a log without end": (
        "import os, time; end = time.time() + .5\nwhile time.time() < end: os.write(2, b'x' * 65536)\nos.abort()",
        "SIGABRT",
    ),
}
"""What runs in the worker's place -> what the user is told."""
OURS = {"a crash that is told": (said({"crash": 5}), "building failed: 5")}
"""A fault of our own is told as one: exit status 4."""
HANGS = ("took over", "did not end")


def every_worker(folder: Path) -> Figure:
    """Each leaves what could be read, exit status 3 and the reason; and the parent neither waits nor fills up."""
    figure = Figure("a worker crashes, hangs, runs out of memory or answers what is no answer")
    root = str(small(folder / "model"))
    with mock.patch.object(process, "ANSWER", CAP):
        for name, (code, line) in {**WORKERS, **OURS}.items():
            seconds = SECONDS if line.startswith(HANGS) else 60
            wanted = ("stray",) if name in OURS else ("incomplete", "refused")
            with mock.patch.object(process, "START", code):
                began, before = time.monotonic(), memory()
                kind, told, _ = outcome(lambda: snapshots.take(root, timeout=seconds))  # noqa: B023 (called at once)
                took, more = time.monotonic() - began, memory() - before
            promised = kind in wanted and line in told and "Traceback" not in told
            limits = more < 200 and (took < SECONDS + 3 or seconds > SECONDS)
            problem = "" if promised and limits else f"{kind} after {took:.1f} s, {more:.0f} MB more: {told[:300]}"
            figure.judge(name, problem)
            if name in TASKS:
                with mock.patch.object(process, "START", code):
                    figure.judge(f"{name}, for a task", untold(root, line, seconds))
    return figure


TASKS = ("SIGSEGV", "garbage", "never answers", "out of memory")


def untold(root: str, line: str, seconds: float) -> str:
    """What is wrong with how a task of the worker fails."""
    try:
        found = snapshots.ask(root, "trace", {}, timeout=seconds)
    except InspectError as error:
        return "" if error.exit_code == 3 and line in error.message else f"{error.exit_code}: {error.message}"
    return f"an answer: {found}"


def memory() -> float:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
