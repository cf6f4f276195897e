"""The tool in a process of its own for every case: forked from one that holds the command imported and warm.

The nursery holds none of torch, diffusers and transformers, so a static run that imports one of them is heard. Workers
are forked from the server of :mod:`tests.forked`. ``python -P nursery.py ROOT`` takes the package ``inspector`` from
ROOT, which may be a copy with something weakened in it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import gc
import importlib
import json
import os
import resource
import select
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.hostile import watching

REAL = Path(__file__).parents[2]
WARM = (
    "inspector.cli", "inspector.cli.diffing", "inspector.cli.tracing", "inspector.cli.locks", "inspector.static",
    "inspector.process", "inspector.render", "inspector.locating", "inspector.report", "inspector.calling",
)  # fmt: skip
FORMS = ("json", "jsonl", "markdown", "html", "github", "gitlab", "sarif", "junit")
"""The formats of reports for files; the one for people goes to standard output."""
FORBIDDEN = ("torch", "diffusers", "transformers", "numpy", "safetensors", "huggingface_hub", "tokenizers", "yaml")
MEMORY = 1 << 30
"""Bytes of address space that reading a folder may add to what the imports take."""


@dataclass(frozen=True)
class Done:
    """What became of one run. ``seconds``: of the wall; ``cpu``: of the processor, worker left out."""

    status: int
    out: str
    err: str
    seconds: float
    cpu: float
    heard: list[tuple[str, str]]


class Nursery:
    """The parent's side: start it once, have it run one command line after the other."""

    def __init__(self, root: Path = REAL, *, cache: Path | None = None) -> None:
        environ = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        if cache is not None:
            environ["INSPECT_PIPE_CACHE"] = str(cache)
        code = f"import sys; sys.path[:0] = [{str(root)!r}, {str(REAL)!r}]; from tests.hostile.nursery import serve; serve()"
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            cwd="/",
        )

    def run(self, arguments: list[str], folder: Path, model: Path, *, seconds: float, **more: Any) -> Done:
        """Run ``inspect-pipe ARGUMENTS``.

        Args:
            folder: an empty folder for its streams and its log, which it may also write into.
            model: the folder under inspection.
            seconds: after which it is ended; a status of -9 tells of it.
            more: ``cwd``, ``during`` and ``static``, as :func:`become` takes them.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        asked = {"arguments": arguments, "folder": str(folder), "model": str(model), "seconds": seconds, **more}
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the nursery has died; what it said is above"
        said = json.loads(line)
        out, err = ((folder / n).read_bytes().decode("utf-8", "surrogateescape") for n in ("stdout", "stderr"))
        return Done(said["status"], out, err, said["seconds"], said["cpu"], watching.seen(folder / "log"))

    def close(self) -> None:
        self.process.communicate()


def serve() -> None:
    """The nursery: warm up, then a fork for each line on standard input, until there are no more."""
    for name in WARM:
        importlib.import_module(name)
    warm()
    assert not [m for m in FORBIDDEN if m in sys.modules], sys.modules.keys() & set(FORBIDDEN)
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            become(**{k: v for k, v in asked.items() if k != "seconds"})
        status, used = waited(child, began + asked["seconds"])
        said = {"status": status, "seconds": time.monotonic() - began, "cpu": used.ru_utime + used.ru_stime}
        sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
        sys.stdout.buffer.flush()


def warm() -> None:
    """One honest run, in this process: the table of classes, adapters, tables of characters, the commands themselves."""
    import typer.main

    from tests.hostile.place import begin

    typer.main.get_command = functools.cache(typer.main.get_command)  # half of a run's time, and none of its matter
    with tempfile.TemporaryDirectory() as name, open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        place = begin(Path(name) / "case", "sd15")
        place.change("scheduler/scheduler_config.json", {"note": "x"})
        place.put("x.pkl", place.pickle())
        reports = [f"--report={form}={Path(name) / form}" for form in FORMS]
        sys.argv = ["inspect-pipe", "diff", str(place.model), "--static", *reports]
        with contextlib.suppress(SystemExit):
            importlib.import_module("inspector.cli").main()


def waited(child: int, until: float) -> tuple[int, resource.struct_rusage]:
    """Its exit status and what it used; it is ended when its time is over."""
    handle = os.pidfd_open(child)
    if not select.select([handle], [], [], max(0.0, until - time.monotonic()))[0]:
        os.killpg(child, signal.SIGKILL)
    os.close(handle)
    _, status, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), used


def become(
    arguments: list[str], folder: str, model: str, cwd: str = "", during: list[str] | None = None, static: bool = True,
    call: str = "",
) -> None:  # fmt: skip
    """Be the command: its own session and streams, the hook in place, a bound on memory; never returns."""
    status = 1
    try:
        os.setsid()
        for number, name in enumerate((os.devnull, f"{folder}/stdout", f"{folder}/stderr")):
            opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = (open(n, mode, encoding="utf-8") for n, mode in enumerate("rww"))
        os.chdir(cwd or folder)
        log = f"{folder}/log"
        os.mkdir(f"{folder}/tmp")
        os.environ["TMPDIR"], tempfile.tempdir = f"{folder}/tmp", None
        os.environ["INSPECT_PIPE_CANARY"] = "canary-7f3a9c"
        allowed = (folder, os.environ.get("INSPECT_PIPE_CACHE", "/nonexistent"))
        if static:
            taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY,) * 2)
        else:
            workers(log, model, allowed)
        if during:
            meddle(model, *during)
        from tests.forkserver import ended

        main = importlib.import_module("inspector.cli").main
        watching.begin(log, model, allowed)
        sys.argv = ["inspect-pipe", *arguments]
        status = ended(main if not call else lambda: exec(call, {"SOURCE": arguments[0]}))
        late = [m for m in FORBIDDEN if m in sys.modules]
        if static and late:
            with open(log, "a") as file:
                file.write(json.dumps(["imports", f"{late} in a static run"]) + "\n")
        sys.stdout.flush(), sys.stderr.flush()
    finally:
        os._exit(status)


def workers(log: str, model: str, allowed: tuple[str, ...]) -> None:
    """The workers that this process starts are forked, and listened to as well."""
    from tests import forked

    process = importlib.import_module("inspector.process")

    def popen(command: list[str], **given: Any) -> Any:
        given["env"] = {
            **given["env"],
            "INSPECT_PIPE_HOSTILE_WATCH": json.dumps([log, model, [*allowed, given["cwd"]]]),
        }
        if (home := Path(str(process.__file__)).parents[1]) != REAL:
            given["env"]["INSPECT_PIPE_HOSTILE_ROOT"] = str(home)
        return forked.Forked(command, **given)

    vars(process)["subprocess"] = SimpleNamespace(**{**vars(subprocess), "Popen": popen})


def meddle(model: str, call: str, name: str, what: str) -> None:
    """Once, right before a system call on a file of the folder, something happens to that file."""
    path = Path(model, name)
    node = path.stat()
    real, look = getattr(os, call), os.stat
    over = False

    def meant(given: tuple[Any, ...], named: dict[str, Any]) -> bool:
        if call in ("pread", "fstat"):
            here = look(given[0])
        elif given[0] == path.name and "dir_fd" in named:
            here = look(given[0], dir_fd=named["dir_fd"], follow_symlinks=False)
        else:
            return False
        return (here.st_dev, here.st_ino) == (node.st_dev, node.st_ino) and not stat.S_ISDIR(here.st_mode)

    def instead(*given: Any, **named: Any) -> Any:
        nonlocal over
        if not over and meant(given, named):
            if what in vars(errno):
                raise OSError(getattr(errno, what), os.strerror(getattr(errno, what)))
            over = True
            with watching.deaf():  # this is not the tool's doing
                HAPPENS[what](path)
        return real(*given, **named)

    if call in ("open", "stat"):
        os.supports_dir_fd.add(instead)
    setattr(os, call, instead)


def exchanged(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)


def grown(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b" " * 64)


def rewritten(path: Path) -> None:
    with open(path, "r+b") as file:
        file.write(b"[")
    os.utime(path, ns=(1, 1))


HAPPENS: dict[str, Any] = {
    "vanishes": Path.unlink,
    "shrinks": lambda path: os.truncate(path, 5),
    "is emptied": lambda path: os.truncate(path, 0),
    "grows": grown,
    "is rewritten": rewritten,
    "becomes a pipe": piped,
    "becomes another file": replaced,
    "becomes a link outside": lambda path: exchanged(
        path, path.parents[len(path.parts) - path.parts.index("model") - 1].parent / "outside/secret.json"
    ),
    "becomes a folder": lambda path: (path.unlink(), path.mkdir()),
}
