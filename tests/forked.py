"""The command and its worker without their start: forked from a process that holds the libraries imported already.

A start costs 4 s of processor time before the first line of this project runs, and the suite asks for over a hundred.
What is run here is the same ``main`` of the command and the same ``main`` of the worker, each in a process of its own
with its own streams, environment, folder, session and walls; only the interpreter's start and the imports are shared.
Elsewhere, and everywhere with INSPECT_PIPE_FULL=1, each is started as users start it; so are, always, workers to
whose answer the environment of their start matters. What a start itself must prove (what is imported, hash seeds,
broken streams) is tested on real ones: tests/test_cli.py, test_worker.py, test_readme.py and wherever ``subprocess``
is imported.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.forkserver import exactly

ROOT = Path(__file__).parents[1]
SERVER = "INSPECT_PIPE_TESTS_SERVER"
"""The environment variable that says where the server listens; set by tests/conftest.py for all test processes."""


def start(folder: Path) -> Callable[[], None]:
    """Start the server, which does nothing until it is asked; what is returned ends it."""
    if not sys.platform.startswith("linux") or os.environ.get("INSPECT_PIPE_FULL") or len(str(folder)) > 90:  # of 107
        return lambda: None
    return serving(folder)


def serving(folder: Path) -> Callable[[], None]:
    """As :func:`start`, whatever is asked for elsewhere; nothing where there is a server already."""
    if SERVER in os.environ:
        return lambda: None
    address = str(folder / "server")
    from inspector import guard

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    os.environ[SERVER] = address
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.forkserver import serve; serve({listener.fileno()})"
    )
    with listener, open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=guard.environment(folder),  # what the libraries read of it when they are imported is as in a worker
            pass_fds=[listener.fileno()],
        )

    def end() -> None:
        server.communicate()
        os.environ.pop(SERVER, None)

    return end


def run(
    *arguments: str | Path, cwd: Path | None = None, timeout: float = 300, **environ: str
) -> subprocess.CompletedProcess[str]:
    """``inspect-pipe ARGUMENTS`` in a process of its own, with nothing on its standard input.

    Args:
        cwd: the folder it runs in.
        timeout: after how many seconds it is ended.
        environ: what is laid over the environment.
    """
    command = [sys.executable, "-m", "inspector", *map(str, arguments)]
    return done(command, cwd=cwd, timeout=timeout, env={**os.environ, **environ})


def done(
    command: Sequence[str], *, env: Mapping[str, str], timeout: float = 300, cwd: Path | None = None, **_: Any
) -> subprocess.CompletedProcess[str]:
    """What ``subprocess.run`` makes of a command of this project, or of ``python -c``, with its output as text."""
    kind: Any = Forked if SERVER in os.environ else subprocess.Popen
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = kind(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd, env=env, start_new_session=True
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        out.seek(0), err.seek(0)
        said = [stream.read().decode("utf-8").replace("\r\n", "\n") for stream in (out, err)]
    return subprocess.CompletedProcess(command, status, *said)


def join() -> None:
    """From here on, the workers that this process starts are forked, and the demos that it builds are built so."""
    for name in ("inspector.process", "inspector.demo"):
        vars(importlib.import_module(name))["subprocess"] = STAND_IN


class Forked:
    """What :class:`subprocess.Popen` would have started, forked: as much of its interface as is used."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        stdin: int,
        stdout: Any,
        stderr: Any,
        cwd: Any,
        env: Mapping[str, str],
        **_: bool,
    ) -> None:
        self.returncode: int | None = None
        self.stdout: Any = None
        if stdout == subprocess.PIPE:
            reader, writer = os.pipe()
            self.stdout = os.fdopen(reader, "rb")
        else:
            writer = os.dup(stdout.fileno())
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(os.environ[SERVER])
        asked = json.dumps({"command": list(command), "cwd": str(cwd or os.getcwd()), "env": dict(env)}).encode()
        socket.send_fds(self.line, [len(asked).to_bytes(8, "big")], [writer, stderr.fileno()])
        self.line.sendall(asked)
        os.close(writer)
        self.pid = int.from_bytes(exactly(self.line, 8), "big")

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self.line], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self.line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("forked", timeout or 0)
            self.returncode = int.from_bytes(exactly(self.line, 8), "big", signed=True)
            self.line.close()
        return self.returncode


def popen(command: list[str], **given: Any) -> Any:
    """A worker: forked, but started where the environment of its start matters to what it does."""
    request = json.loads(Path(command[-1]).read_bytes())
    # where the libraries keep a folder's code, and whether they may ask the network, they read when they are imported
    own = request["trust_remote_code"] or (request["online"] and request["scheme"] == "py")
    return (subprocess.Popen if own or request["hash_seed"] is not None else Forked)(command, **given)


STAND_IN = SimpleNamespace(**{**vars(subprocess), "Popen": popen, "run": done})

if __name__ == "__main__":  # ``python -m tests.forked ARGUMENTS``: the command started, its worker forked
    if SERVER in os.environ:
        join()
    importlib.import_module("inspector.cli").main()
