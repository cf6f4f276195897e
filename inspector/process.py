"""The parent's side of the worker: start it, wait for its answer, say what became of it when there is none."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector import guard
from inspector.model import EXIT_INTERNAL, InspectError, Skip, Snapshot
from inspector.worker import Request

ANSWER = 256 << 20
PROGRESS = b'{"progress":'
START = (
    "import sys; home = sys.argv.pop(1); home in sys.path or sys.path.insert(0, home);"
    " from inspector.worker import main; main()"
)


class Worker:
    """One run of :mod:`inspector.worker`, started at once and answered later."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.private = tempfile.TemporaryDirectory(prefix="inspect-pipe-", ignore_cleanup_errors=True)
        self.log = open(Path(self.private.name) / "log", "w+b")  # noqa: SIM115 (closed in __exit__)
        root = str(Path(__file__).resolve().parents[1])
        asked = Path(self.private.name) / "request.json"  # a file, as one argument holds 128 KiB at most
        asked.write_text(json.dumps(dataclasses.asdict(request)), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, root, str(asked)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            cwd=self.private.name if request.scheme != "py" else None,
            env=environment(Path(self.private.name), request),
            start_new_session=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        kill(self.process)
        self.log.close()
        self.private.cleanup()

    def answer(self, tell: Callable[[Any], None] | None = None) -> Snapshot | Skip | dict[str, Any]:
        """The snapshot, or what the task says, or why there is neither.

        Args:
            tell: told of the worker's progress, from another thread.

        Raises:
            InspectError: what the worker itself has to tell the user.
        """
        from pydantic import TypeAdapter

        out = self.listen(tell)
        if out is None:
            return self.failed(f"building took over {self.request.seconds:g} s and was stopped")
        if len(out) > ANSWER:
            return self.failed(f"the worker's answer is over {ANSWER} bytes")
        try:
            said = json.loads(out)
        except ValueError:
            return self.failed(ended(self.process.returncode))
        if "error" in said:
            raise InspectError(said["error"].pop("message"), **said["error"])
        if "crash" in said and said["crash"].startswith("MemoryError"):
            return self.failed(f"building ran out of memory: {said['crash']}")
        if "crash" in said:  # our own fault, and to be seen as such (SAFETY, rule 19)
            hint = "please report it; --static reads the folder without building it"
            raise InspectError(f"building failed: {said['crash']}", hint=hint, exit_code=EXIT_INTERNAL)
        if "told" in said:
            told: dict[str, Any] = said["told"]
            return told
        return TypeAdapter(Snapshot).validate_python(said["snapshot"])

    def listen(self, tell: Callable[[Any], None] | None) -> bytes | None:
        """All that the worker writes but its progress, which is told on; None when it takes too long."""
        assert self.process.stdout is not None
        stream, lines = self.process.stdout, list[bytes]()

        def read() -> None:
            size = 0
            for line in stream:
                if line.startswith(PROGRESS):
                    if tell is not None:
                        tell(json.loads(line)["progress"])
                elif size <= ANSWER:
                    size += len(line)
                    lines.append(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(self.request.seconds)
        if reader.is_alive():
            return None
        self.process.wait()
        return b"".join(lines)

    def failed(self, reason: str) -> Skip:
        """Nothing was built: the reason, with the last line of the log where that tells more."""
        kill(self.process)
        self.log.seek(0)
        lines = self.log.read()[-4096:].decode("utf-8", "replace").strip().splitlines()
        tail = lines[-1].strip()[:300] if lines and not lines[-1].startswith("guard:") else ""
        return Skip("pipe", f"{reason} ({tail})" if tail and tail not in reason else reason, failed=True)


def environment(private: Path, request: Request) -> dict[str, str]:
    """A clean environment for folders; the user's own for the user's own code."""
    from inspector.classes import cache_dir

    hashes = {} if request.hash_seed is None else {"PYTHONHASHSEED": str(request.hash_seed)}
    if request.scheme == "py":
        return {**({} if request.online else guard.OFFLINE), **os.environ, **guard.QUIET, **hashes}
    clean = guard.environment(private, code=request.trust_remote_code)
    return {**clean, "INSPECT_PIPE_CACHE": str(cache_dir().absolute()), **hashes}


def ended(status: int | None) -> str:
    """How a process that did not answer came to its end."""
    if status is not None and status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        return f"the worker was ended by {name}"
    return f"the worker ended with status {status} and no answer"


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and whatever it started; nothing if it has ended."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        except ProcessLookupError:  # it ended just now
            return
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
