"""A server's process: found or skipped, started, waited for, stopped with all of its children."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

DEBIAN = ".ci/servers (apt-get install openssh-server samba nginx-light)"
STARTING = 20.0
"""Seconds until a server that does not answer counts as broken: a busy machine, not a slow server."""


@dataclass
class Server:
    """A running server.

    Attributes:
        scheme, port, user, password: as its address has them.
        prefix: what stands before a served file's path in an address (a share, the folder itself).
        state: its temporary folder; ``log()`` is what it had to say.
        environment: what a client's process needs: a HOME with keys and known hosts, or an account's names.
    """

    scheme: str
    port: int
    prefix: str
    state: Path
    process: subprocess.Popen[bytes]
    user: str = ""
    password: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def url(
        self, path: str = "", *, port: int | None = None, user: str | None = None, password: str | None = None
    ) -> str:
        """The address of a served path; ``port`` is that of a ``Wire`` in front, an empty user stands for none."""
        user = self.user if user is None else user
        password = password if password is not None else self.password
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "") + "@" if user else ""
        whole = quote(os.fsencode("/".join(part for part in (self.prefix.strip("/"), path.strip("/")) if part)))
        if self.scheme == "s3":  # the server is told by the environment
            return f"s3://{whole}"
        return f"{self.scheme}://{login}127.0.0.1:{port or self.port}/{whole}"

    def kill(self) -> None:
        """End it at once with all of its children, as a power cut would."""
        end(self.process)

    def log(self) -> str:
        return (self.state / "log").read_text(errors="replace")


def program(name: str, install: str = DEBIAN) -> str:
    """The path of a program, or the test is skipped with what to install."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    found = shutil.which(name, path=places)
    if found is None:
        pytest.skip(f"{name} is not installed: {install}")
    return found


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A server's own folder, in a path short enough for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="served-", ignore_cleanup_errors=True) as state:
        yield Path(state)


@contextlib.contextmanager
def running(command: Callable[[int], Sequence[str]], state: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process of ``command(port)`` once its port answers; it is gone, with its children, at the end.

    Start it from a thread that lives as long as the server: the kernel ends the process with the thread.
    """
    for _ in range(5):  # somebody else may take the port between the look and the start
        port = free_port()
        process = _start([*_bounds(), *command(port)], state)
        try:
            if _answers(process, port):
                yield process, port
                return
        finally:
            end(process)
    raise RuntimeError(f"{command(port)[0]} does not start: {(state / 'log').read_text(errors='replace')[-2000:]}")


def _start(command: Sequence[str], state: Path) -> subprocess.Popen[bytes]:
    with (state / "log").open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=state, start_new_session=True
        )


def _bounds() -> list[str]:
    """Ended with this process even if that is killed; and root is held to permission bits, as a user would be."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    root = ["--bounding-set", "-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    return [setpriv, "--pdeathsig", "KILL", *root, "--"]


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the port takes connections; False when the process ended instead."""
    until = time.monotonic() + STARTING
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.004)
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and everything it started. Sessions of sshd lead process groups of their own: the tree tells."""
    if process.poll() is None:
        process.send_signal(signal.SIGSTOP)  # starts no more children
        tree = descendants(process.pid)
        process.kill()
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        _gone(tree)


def _gone(pids: Sequence[int]) -> None:
    """Wait until the kernel has let go of them: their connections are closed by then."""
    until = time.monotonic() + 5
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.002)


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and waits to be noted by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """Children, their children and so on, by what the kernel says now."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]
