"""The parent's side of the worker: start it, wait for its answer, say what became of it when there is none."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inspector import guard
from inspector.model import EXIT_INTERNAL, EXIT_UNREADABLE, EXIT_USAGE, InspectError, Skip, Snapshot
from inspector.worker import Request

ANSWER = 64 << 20
PROGRESS = b'{"progress":'
GRACE = 1.0
"""Seconds in which a worker that has answered, or was killed, is gone; one that the kernel holds is left behind."""
_CHUNK = 1 << 16
_LOG = 4096
_STATUSES = (EXIT_USAGE, EXIT_UNREADABLE, EXIT_INTERNAL)
_SIGNALS = {
    "SIGKILL": ", as the system does when memory runs out",
    "SIGXCPU": ": it used up its processor time",
    "SIGXFSZ": ": it wrote too large a file",
    "SIGSEGV": ": compiled code crashed in it",
    "SIGBUS": ": compiled code crashed in it",
    "SIGILL": ": compiled code crashed in it",
}
START = (
    "import sys; home = sys.argv.pop(1); home in sys.path or sys.path.insert(0, home);"
    " from inspector.worker import main; main()"
)


class Worker:
    """One run of :mod:`inspector.worker`, started at once and answered later.

    Raises:
        InspectError: the system does not let it start (a full disk, too many processes).
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.reader: threading.Thread | None = None
        self.undo = contextlib.ExitStack()
        try:
            with undisturbed():
                self.private = tempfile.TemporaryDirectory(prefix=guard.PRIVATE, ignore_cleanup_errors=True)
                self.undo.callback(self.private.cleanup)
                self.log = open(Path(self.private.name) / "log", "w+b")  # noqa: SIM115 (closed with the rest)
                self.undo.callback(self.log.close)
                self.process = self.started()
                self.undo.callback(kill, self.process)
        except BaseException as error:
            self.undo.close()
            if not isinstance(error, OSError):
                raise
            message = f"the worker that builds cannot be started: {error.strerror or error}"
            hint = f"--static needs none; TMPDIR names another folder than {tempfile.gettempdir()} for its files"
            raise InspectError(message, hint=hint) from error

    def started(self) -> subprocess.Popen[bytes]:
        """The process, with its request in a file, as one argument holds 128 KiB at most."""
        root = str(Path(__file__).resolve().parents[1])
        asked = Path(self.private.name) / "request.json"
        asked.write_text(json.dumps(dataclasses.asdict(self.request)), encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-P", "-c", START, root, str(asked)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            cwd=self.private.name if self.request.scheme != "py" else None,
            env=environment(Path(self.private.name), self.request),
            start_new_session=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        with undisturbed():
            self.close()

    def close(self) -> None:
        """End it, and let go of all that was made for it."""
        self.undo.close()
        if self.reader is not None:
            self.reader.join(GRACE)
        # whoever still reads holds the stream, and closing it would wait for him
        if self.process.stdout is not None and (self.reader is None or not self.reader.is_alive()):
            self.process.stdout.close()

    def answer(self, tell: Callable[[Any], None] | None = None) -> Snapshot | Skip | dict[str, Any]:
        """The snapshot, or what the task says, or why there is neither.

        Args:
            tell: told of the worker's progress, from another thread.

        Raises:
            InspectError: what the worker itself has to tell the user.
        """
        out = self.listen(tell)
        if out is None:
            return self.failed(f"building took over {self.request.seconds:g} s and was stopped")
        if len(out) > ANSWER:
            return self.failed(f"the worker's answer is over {ANSWER} bytes")
        kind, said = parsed(out)
        if kind == "error" and isinstance(said, dict):
            raise told_error(said)
        if kind == "crash" and str(said).startswith("MemoryError"):
            return self.failed(f"building ran out of memory: {said}")
        if kind == "crash":  # our own fault, and to be seen as such (SAFETY, rule 19)
            hint = "please report it; --static reads the folder without building it"
            raise InspectError(f"building failed: {said}", hint=hint, exit_code=EXIT_INTERNAL)
        if kind == "told" and isinstance(said, dict):
            return said
        if kind == "snapshot" and (snapshot := as_snapshot(said)) is not None:
            return snapshot
        if out and self.process.returncode == 0:
            return self.failed(f"the worker's answer ({len(out)} bytes) is none that can be understood")
        return self.failed(ended(self.process.returncode))

    def listen(self, tell: Callable[[Any], None] | None) -> bytes | None:
        """All that the worker writes but its progress, which is told on; None when it takes too long."""
        assert self.process.stdout is not None
        stream, lines = self.process.stdout, list[bytes]()

        def read() -> None:
            size, held = 0, list[bytes]()
            while size <= ANSWER and (part := stream.read1(_CHUNK)):  # type: ignore[attr-defined]
                size += len(part)
                *ended, begun = part.split(b"\n")
                for line in ended:
                    whole = b"".join([*held, line])
                    held.clear()
                    if whole.startswith(PROGRESS):
                        size -= len(whole) + 1
                        tell_on(whole, tell)
                    else:
                        lines.append(whole + b"\n")
                held.append(begun)
            lines.extend(held)

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()
        self.reader.join(self.request.seconds)
        if self.reader.is_alive():
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):  # it closed its output, and lives on
            self.process.wait(GRACE)
        return b"".join(lines)

    def failed(self, reason: str) -> Skip:
        """Nothing was built: the reason, with the last line of the log where that tells more."""
        kill(self.process)
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - _LOG))
        lines = self.log.read(_LOG).decode("utf-8", "replace").strip().splitlines()
        tail = lines[-1].strip()[:300] if lines and not lines[-1].startswith("guard:") else ""
        return Skip("pipe", f"{reason} ({tail})" if tail and tail not in reason else reason, failed=True)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """A signal that comes meanwhile is answered afterwards: what is begun, or taken down, is known by then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    names = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    before = {number: act for number in names if callable(act := signal.getsignal(number))}
    for number in before:
        signal.signal(number, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        for number, act in before.items():
            signal.signal(number, act)
        for number, frame in came[:1]:
            before[signal.Signals(number)](number, frame)


def environment(private: Path, request: Request) -> dict[str, str]:
    """A clean environment for folders; the user's own for the user's own code."""
    from inspector.classes import cache_dir

    hashes = {} if request.hash_seed is None else {"PYTHONHASHSEED": str(request.hash_seed)}
    if request.scheme == "py":
        return {**({} if request.online else guard.OFFLINE), **os.environ, **guard.QUIET, **hashes}
    clean = guard.environment(private, code=request.trust_remote_code)
    return {**clean, "INSPECT_PIPE_CACHE": str(cache_dir().absolute()), **hashes}


def parsed(out: bytes) -> tuple[str, Any]:
    """The one thing that an answer says, and what kind of thing it is; the kind is empty when it is no answer."""
    try:
        said = json.loads(out)
    except (ValueError, RecursionError):
        return "", None
    if not isinstance(said, dict) or len(said) != 1:
        return "", None
    return next(iter(said.items()))


def as_snapshot(said: Any) -> Snapshot | None:
    from inspector.carrying import snapshot_of

    try:
        return snapshot_of(said)
    except (ValueError, RecursionError):
        return None


def told_error(said: dict[str, Any]) -> InspectError:
    """An error that the worker tells; whatever it says, it is one."""
    status = said.get("exit_code")
    texts = {name: str(said.get(name, "")) for name in ("hint", "code", "where")}
    known = status if status in _STATUSES else EXIT_UNREADABLE
    return InspectError(str(said.get("message", "the worker failed")), exit_code=known, **texts)


def tell_on(line: bytes, tell: Callable[[Any], None] | None) -> None:
    """Progress, told to whoever wants it; what cannot be understood or told is no reason to lose the answer."""
    if tell is not None:
        with contextlib.suppress(ValueError, RecursionError, OSError):
            tell(json.loads(line)["progress"])


def ended(status: int | None) -> str:
    """How a process that did not answer came to its end."""
    if status is None:
        return "the worker gave no answer, and did not end"
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        return f"the worker was ended by {name}{_SIGNALS.get(name, '')}"
    return f"the worker ended with status {status} and no answer"


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and whatever it started; nothing if it has ended."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        except ProcessLookupError:  # it ended just now
            return
    with contextlib.suppress(subprocess.TimeoutExpired):  # a file server that is gone may hold even a killed process
        process.wait(GRACE)
