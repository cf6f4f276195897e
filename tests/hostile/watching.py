"""What a process under test does that it must not: heard by an audit hook and a finder, written to a log at once.

Put in place after the fork and before the first line of the tool runs, in the process of the command and in the worker
alike; the tool's own guards come after it, so what they refuse is heard all the same.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import json
import os
import re
import socket
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOG = "INSPECT_PIPE_HOSTILE_LOG"
"""The environment variable that names the log, for the worker that the command starts."""
BAITS = frozenset({
    "antigravity", "this", "turtle", "turtledemo", "idlelib", "ensurepip", "tkinter", "webbrowser", "pip", "evil",
    "payload", "attacker", "hostile_payload", "modeling_evil", "lxml", "html5lib", "sarif", "hypothesis", "pre_commit",
})  # fmt: skip
"""Modules that cases name and nothing here needs: some installed, some of the standard library, some only in a folder."""
_NETWORK = re.compile(
    r"socket\.(connect|bind|getaddrinfo|gethostby\w+|sendto|sendmsg)|urllib\.Request|http\.client\.\w+|ftplib\.\w+|smtplib\.\w+"
)
_PROCESS = re.compile(
    r"subprocess\.Popen|os\.(system|exec|posix_spawn|spawn|fork|forkpty|startfile)|pty\.spawn|webbrowser\.open"
)
_CHANGES = re.compile(r"os\.(remove|rename|rmdir|mkdir|link|symlink|truncate|chmod|chown|utime|setxattr)|shutil\.\w+")
_UNPICKLED = re.compile(r"pickle\.find_class|marshal\.load")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


_DEAF: list[int] = []


@contextlib.contextmanager
def deaf() -> Iterator[None]:
    """Inside, nothing is heard."""
    _DEAF.append(1)
    try:
        yield
    finally:
        _DEAF.pop()


def begin(log: str, model: str, allowed: tuple[str, ...]) -> None:
    """Listen from now on.

    Args:
        log: the file that is written to.
        model: the folder under inspection, which may be read and never written.
        allowed: folders that may be read and written.
    """
    number = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    root = os.path.realpath(model)
    write = _prefixes([*allowed, "/dev/null", "/dev/shm"])
    read = _prefixes([*_system(), root]) + write
    within = _prefixes([root])

    def tell(kind: str, what: object) -> None:
        os.write(number, json.dumps([kind, str(what)[:400]]).encode() + b"\n")

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if not _DEAF:
            with deaf():
                heard(event, given)

    def heard(event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = (*given, None, None)[:3]
            if not isinstance(path, int):
                opened(os.fsdecode(path), mode, flags)
        elif event == "import":
            imported(str(given[0]))
        elif event in ("compile", "exec"):
            name = given[1] if event == "compile" else getattr(given[0], "co_filename", "")
            name = os.fsdecode(name) if isinstance(name, str | bytes) else ""
            if name == "<template>" or (name.startswith("/") and below(name, within)):
                tell("executes", f"{event} {name}")
        elif _UNPICKLED.fullmatch(event):
            if event == "pickle.find_class":
                tell("unpickles", given)
        elif _NETWORK.fullmatch(event):
            if given[0] is None or getattr(given[0], "family", None) != socket.AF_UNIX or not ours(given[1:]):
                tell("network", f"{event} {given[1:]}")
        elif _PROCESS.fullmatch(event):
            tell("process", f"{event} {given[:2]}")
        elif event == "ctypes.dlopen" and given[0] and below(os.path.realpath(os.fsdecode(given[0])), within):
            tell("executes", f"dlopen {given[0]}")
        elif _CHANGES.fullmatch(event):
            for path in given[:2]:  # a name below a descriptor is left: the tool itself holds none but of the folder
                text = os.fsdecode(path) if isinstance(path, str | bytes) else ""
                if text.startswith("/") and below(os.path.realpath(text), within):
                    tell("writes", f"{event} {path!r}")

    def ours(address: tuple[Any, ...]) -> bool:
        """The way to the server of tests/forked.py, which forks the worker."""
        return address in ((None,), (os.environ.get("INSPECT_PIPE_TESTS_SERVER"),))

    def opened(path: str, mode: Any, flags: Any) -> None:
        if isinstance(flags, int) and flags & getattr(os, "O_PATH", 0):
            return  # a handle to name a place by (landlock): nothing can be read from it
        writing = any(c in (mode or "") for c in "wax+") or (isinstance(flags, int) and flags & _WRITING)
        if not path.startswith("/") and ".." not in path.split("/") and not writing:
            return  # a name below a descriptor, which the hook is not told; the kernel's own watch sees where it leads
        real = os.path.realpath(path)
        if not below(real, write if writing else read):
            tell("writes" if writing else "reads", path)

    def imported(name: str) -> None:
        if name.partition(".")[0] in BAITS:
            tell("imports", name)

    class Heard(importlib.abc.MetaPathFinder):
        """``importlib.import_module`` raises no audit event; it asks the finders all the same."""

        def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
            frame: Any = sys._getframe()
            for _ in range(8):  # whoever only asks whether there is such a module imports nothing
                if frame is None or frame.f_code.co_name in ("_find_and_load", "_find_and_load_unlocked"):
                    break
                frame = frame.f_back
            else:
                return
            if frame is not None:
                imported(name)

    sys.meta_path.insert(0, Heard())
    sys.addaudithook(hook)


def below(path: str, prefixes: tuple[str, ...]) -> bool:
    return (path + "/").startswith(prefixes)


def _prefixes(paths: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        {os.path.realpath(p).rstrip("/") + "/" for p in paths} | {os.path.abspath(p).rstrip("/") + "/" for p in paths}
    )


def _system() -> list[str]:
    """What Python and the libraries read of themselves and of the machine."""
    own = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *(p for p in sys.path if p)]
    machine = [
        "/usr/share/zoneinfo",
        "/etc/localtime",
        "/dev/null",
        "/dev/urandom",
        "/dev/random",
        "/sys",
        "/etc/ld.so.cache",
    ]
    machine += [
        "/etc/mime.types",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/usr/lib",
        "/lib",
        "/etc/os-release",
    ]
    return [*own, *machine, str(Path(__file__).parents[2])]


def seen(log: Path) -> list[tuple[str, str]]:
    """What was heard so far: (what was done, with what)."""
    if not log.exists():
        return []
    return [(kind, what) for kind, what in map(json.loads, log.read_text().splitlines())]
