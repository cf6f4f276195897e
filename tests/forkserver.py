"""The server behind :mod:`tests.forked`: it imports the libraries once and forks for every request."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

LIBRARIES = (
    "diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion",
    *("pydantic.type_adapter", "pydantic.dataclasses", "rich.console", "rich.table", "tomllib", "typer.main"),
)
OWN_DOORS = ("inspector.pytest_plugin", "inspector.demo.", "inspector.__main__")
"""What no command and no worker imports, or only to make a demo."""


def exactly(line: socket.socket, count: int) -> bytes:
    """That many bytes."""
    found = b""
    while len(found) < count:
        part = line.recv(count - len(found))
        assert part, "the server of tests/forked.py has ended; its folder holds a log"
        found += part
    return found


def serve(number: int) -> None:
    """The server: a fork for each connection, until the one who started it is gone."""
    listener, gone = socket.socket(fileno=number), sys.stdin.fileno()
    loaded = False
    while gone not in select.select([listener, gone], [], [])[0]:
        line, _ = listener.accept()
        loaded = loaded or load()
        if os.fork() == 0:
            listener.close()
            attend(line)
        line.close()
        bury()
    bury()


def bury() -> None:
    """Those who attended a request that is over."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def load() -> bool:
    """What commands and workers import, but for what only some of them do; nothing of it is run."""
    import inspector
    from inspector.lean import without_compiler

    without_compiler()
    own = [m.name for m in pkgutil.walk_packages(inspector.__path__, "inspector.")]
    for name in [*LIBRARIES, *(name for name in own if not name.startswith(OWN_DOORS))]:
        importlib.import_module(name)
    gc.freeze()
    return True


def attend(line: socket.socket) -> NoReturn:
    """One request: start it in a fork of its own, tell its number, wait, tell its status."""
    size, streams, _, _ = socket.recv_fds(line, 8, 2)
    asked = json.loads(exactly(line, int.from_bytes(size, "big")))
    child = os.fork()
    if child == 0:
        os.setsid()
        line.close()
        become(asked, *streams)
    for stream in streams:
        os.close(stream)
    line.sendall(child.to_bytes(8, "big"))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):  # whoever asked may be gone
        line.sendall(status.to_bytes(8, "big", signed=True))
    os._exit(0)


def become(asked: dict[str, Any], out: int, err: int) -> NoReturn:
    """Be what the command line says, as the interpreter would start it."""
    status = 1
    try:
        for to, stream in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
            os.dup2(stream, to)
            os.close(stream)
        sys.stdin, sys.stdout, sys.stderr = (open(n, mode, encoding="utf-8") for n, mode in enumerate("rww"))  # noqa: SIM115
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        tempfile.tempdir = None
        listened_to()
        main, sys.argv = entry(asked["command"])
        status = ended(main)
        sys.stdout.flush(), sys.stderr.flush()
    finally:
        os._exit(status)


def listened_to() -> None:
    """What tests/hostile wants to know of a worker, and from where it shall have its code."""
    if root := os.environ.pop("INSPECT_PIPE_HOSTILE_ROOT", ""):
        for name in [n for n in sys.modules if n.partition(".")[0] == "inspector"]:
            del sys.modules[name]
        sys.path.insert(0, root)
        sys.dont_write_bytecode = True
    if asked := os.environ.pop("INSPECT_PIPE_HOSTILE_WATCH", ""):
        from tests.hostile.watching import begin

        begin(*json.loads(asked))


def entry(command: list[str]) -> tuple[Callable[[], object], list[str]]:
    """What a command line runs, and its arguments."""
    if command[1:3] == ["-m", "inspector"]:
        from tests.forked import join

        join()
        return importlib.import_module("inspector.cli").main, ["inspect-pipe", *command[3:]]
    if command[1:4] == ["-P", "-m", "inspector.demo"]:
        return lambda: sys.exit(importlib.import_module("inspector.demo.__main__").main(*command[4:])), ["-m"]
    if command[1] == "-c":
        return lambda: exec(compile(command[2], "<string>", "exec"), {"__name__": "__main__"}), command[1:2]
    assert command[1:3] == ["-P", "-c"]
    return importlib.import_module("inspector.worker").main, command[2:3] + command[-1:]


def ended(main: Callable[[], object]) -> int:
    """The exit status of a function as that of a script."""
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code
        return code if isinstance(code, int) else int(code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
