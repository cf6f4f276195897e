"""The test servers themselves: quick, and gone when they are told to; and the wire in front of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.servers import running
from tests.servers.nginx import nginx
from tests.servers.rclone import rclone
from tests.servers.running import Server
from tests.servers.smbd import smbd
from tests.servers.sshd import sshd
from tests.servers.webdav import webdav
from tests.servers.wire import Wire

SERVERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "sshd": sshd,
    "smbd": smbd,
    "nginx": nginx,
    "webdav": webdav,
    "rclone": lambda folder: rclone(folder, "s3", user="key", password="secret"),
}


def mentioning(text: str) -> list[str]:
    """The processes whose command line, folder or open files have to do with a path, by what the kernel says."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                told = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                told += f" {os.readlink(process / 'cwd')} " + " ".join(map(os.readlink, (process / "fd").iterdir()))
            except OSError:
                continue
            if text in told:
                found.append(f"{process.name}: {told[:200]}")
    return found


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_quick_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    times = []
    for _ in range(5):  # a machine that others use as well: the best of five
        begin = time.monotonic()
        with SERVERS[name](tmp_path) as server:
            times.append(time.monotonic() - begin)
            assert server.process.poll() is None and mentioning(str(server.state))
            clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
            time.sleep(0.05)  # a child for each, where that is how it works
            children = running.descendants(server.process.pid)
        for client in clients:
            client.close()
        assert not mentioning(str(server.state)) and not server.state.exists()
        assert not any(map(running.alive, (server.process.pid, *children)))
        if times[-1] < 0.3:
            break
    assert min(times) < 1.0  # 0.02 (nginx) to 0.3 s (smbd) on a machine with nothing else to do


def test_a_login_dies_with_its_server(tmp_path: Path) -> None:
    """sshd's children lead sessions of their own, which a kill of the process group does not reach."""
    with sshd(tmp_path) as server:
        home = server.environment["HOME"]
        options = [
            "-o",
            f"UserKnownHostsFile={home}/.ssh/known_hosts",
            "-i",
            f"{home}/.ssh/id_ed25519",
            "-F",
            "/dev/null",
        ]
        place = ["-p", str(server.port), f"{server.user}@127.0.0.1"]
        command = [running.program("ssh"), *options, *place, f"echo $$; exec sleep 1000.{server.port}"]
        client = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert client.stdout is not None
        far = int(client.stdout.readline())
        assert far in running.descendants(server.process.pid)
        server.kill()
        assert not running.alive(far)
        assert client.wait(10) == 255
        client.stdout.close()


def test_a_server_dies_with_a_test_that_is_killed(tmp_path: Path) -> None:
    running.program("setpriv", "apt-get install util-linux")
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom tests.servers.sshd import sshd\n"
        "with sshd(Path(sys.argv[1])) as server:\n    print(server.process.pid, server.state, flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as test:
        assert test.stdout is not None
        pid, _, state = test.stdout.readline().strip().partition(" ")
        test.send_signal(signal.SIGKILL)
        test.wait()
    until = time.monotonic() + 5
    while mentioning(state) and time.monotonic() < until:
        time.sleep(0.01)
    assert pid and not mentioning(state)
    subprocess.run(["rm", "-rf", state], check=True)


def test_a_program_that_is_missing_skips_and_says_what_to_install() -> None:
    with pytest.raises(pytest.skip.Exception) as skipped:
        running.program("no-such-server")
    assert ".ci/servers" in str(skipped.value) and "apt-get install" in str(skipped.value)


def test_the_wire_counts_delays_hangs_and_cuts(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 8_000_000)

    def got(port: int, *, seconds: float = 10.0) -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=seconds) as client:
            client.sendall(b"GET /large HTTP/1.0\r\n\r\n")
            size = 0
            while part := client.recv(1 << 16):
                size += len(part)
        return size

    with nginx(tmp_path) as server, Wire(server.port) as wire:
        whole = got(wire.port)
        assert whole > 8_000_000
        assert (wire.connections, wire.down, wire.up) == (1, whole, 23)
        wire.reset()
        wire.delay = 0.1
        begin = time.monotonic()
        assert got(wire.port) == whole
        assert 0.2 <= time.monotonic() - begin < 2  # a round trip to connect, one to ask: 8 MB behind each other
        wire.delay = 0.0
        wire.hang_after = wire.down + 1_000_000
        with pytest.raises(TimeoutError):
            got(wire.port, seconds=0.2)
        wire.hang_after, wire.cut_after = None, wire.down + 1_000_000
        with pytest.raises(ConnectionError):
            got(wire.port)
        wire.cut_after = None
        assert got(wire.port) == whole
