"""Hub ids through the real client: from a cache as it lays one out, and from a Hub on the loopback."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector import demo
from inspector.classes import cache_dir
from tests.hubserver import COMMIT, NAME, Hub

SCHEDULER = {"_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1", "num_train_timesteps": 1000}
UNET = {"_class_name": "UNet2DModel", "_diffusers_version": "0.42.1", "sample_size": 32}
INDEX = {
    "_class_name": "DDIMPipeline",
    "_diffusers_version": "0.42.1",
    "scheduler": ["diffusers", "DDIMScheduler"],
    "unet": ["diffusers", "UNet2DModel"],
}


def weights(count: int = 1000, *, tensors: int = 1) -> bytes:
    """A safetensors file of ``count`` half floats a tensor."""
    header = {
        f"layer.{n:06d}": {"dtype": "F16", "shape": [count], "data_offsets": [2 * count * n, 2 * count * (n + 1)]}
        for n in range(tensors)
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"\x01" * (2 * count * tensors)


def repository(**more: bytes) -> dict[str, bytes]:
    files = {
        "model_index.json": json.dumps(INDEX).encode(),
        "scheduler/scheduler_config.json": json.dumps(SCHEDULER).encode(),
        "unet/config.json": json.dumps(UNET).encode(),
        "unet/diffusion_pytorch_model.safetensors": weights(500_000),
        "unet/diffusion_pytorch_model.bin": b"PK\x03\x04" + b"\0" * 500_000,
        "README.md": b"# tiny\n" * 1000,
    }
    return {**files, **more}


@pytest.fixture
def hub() -> Iterator[Hub]:
    served = Hub(repository())
    yield served
    served.close()


def ask(
    home: Path, *arguments: str, endpoint: str = "http://127.0.0.1:9", built: bool = False, **environ: str
) -> subprocess.CompletedProcess[str]:
    """``inspect-pipe`` in a process of its own, its worker forked: the client reads its settings when imported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING")) and "proxy" not in k.lower()}
    own = {
        "HF_HOME": str(home / "hf"),
        "HF_ENDPOINT": endpoint,
        "INSPECT_PIPE_CACHE": str(home / "cache"),
        "NO_PROXY": "*",
    }
    classes = home / "cache" / "classes"  # a cache of its own, but for the table of classes
    if not classes.is_symlink():
        classes.parent.mkdir(parents=True, exist_ok=True)
        (cache_dir() / "classes").mkdir(parents=True, exist_ok=True)
        classes.symlink_to(cache_dir() / "classes")
    return subprocess.run(
        [sys.executable, "-m", "tests.forked", "diff", *arguments, *([] if built else ["--static"])],
        env={**kept, **own, **environ},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def component(found: dict[str, Any], path: str) -> dict[str, Any]:
    held: dict[str, Any] = next(c for c in found["data"]["components"] if c["path"] == path)
    return held


def in_cache(home: Path, files: dict[str, bytes], revision: str = "main") -> Path:
    """A repository as the client keeps it: contents in ``blobs``, the snapshot a tree of links to them."""
    top = home / "hf" / "hub" / f"models--{NAME.replace('/', '--')}"
    snapshot = top / "snapshots" / COMMIT
    for number, (name, content) in enumerate(files.items()):
        blob = top / "blobs" / f"{number:040x}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (top / "refs").mkdir(exist_ok=True)
    (top / "refs" / revision).write_text(COMMIT)
    return snapshot


def test_from_the_cache_without_network(tmp_path: Path) -> None:
    in_cache(tmp_path, repository())
    done = ask(tmp_path, NAME, "-f", "json", HF_HUB_OFFLINE="1")
    found = report(done)
    assert done.returncode == 0, done.stdout
    assert found["source"] == NAME
    assert component(found, "unet")["parameters"] == 500_000
    assert component(found, "unet")["dtype"] == "float16"
    assert component(found, "scheduler")["class"] == "DDIMScheduler"


@pytest.mark.parametrize("revision", ["v1", COMMIT])
def test_a_revision_from_the_cache(tmp_path: Path, revision: str) -> None:
    in_cache(tmp_path, repository(), revision="v1")
    assert ask(tmp_path, f"{NAME}@{revision}").returncode == 0
    missing = ask(tmp_path, f"{NAME}@other", HF_HUB_OFFLINE="1")
    assert missing.returncode == 3
    assert "not in the Hub cache" in missing.stderr and "HF_HUB_OFFLINE" in missing.stderr


def test_a_link_in_a_cached_snapshot_that_leaves_it(tmp_path: Path) -> None:
    snapshot = in_cache(tmp_path, repository())
    (tmp_path / "secret.json").write_text('{"secret": 1}')
    (snapshot / "unet" / "config.json").unlink()
    (snapshot / "unet" / "config.json").symlink_to(tmp_path / "secret.json")
    done = ask(tmp_path, NAME, "-f", "json")
    assert done.returncode == 3
    assert "IPI905" in {f["code"] for f in report(done)["findings"]}
    assert "secret" not in json.dumps(report(done)["data"])


def test_only_json_and_headers_cross_the_wire(tmp_path: Path, hub: Hub) -> None:
    done = ask(tmp_path, NAME, "--online", "-f", "json", endpoint=hub.address)
    assert done.returncode == 0, done.stderr + done.stdout
    unet = component(report(done), "unet")
    assert (unet["parameters"], unet["dtype"]) == (500_000, "float16")
    small = {n: len(c) for n, c in hub.files.items() if n.endswith(".json")}
    # besides the header, what was under way when the client stopped reading
    assert set(hub.sent) == {*small, "unet/diffusion_pytorch_model.safetensors"}
    assert {n: hub.sent[n] for n in small} == small
    assert hub.sent["unet/diffusion_pytorch_model.safetensors"] == 65_536

    hub.sent.clear()
    again = ask(tmp_path, NAME, "-f", "json")  # and now without --online, from what was fetched
    assert again.returncode == 0, again.stderr
    assert component(report(again), "unet")["parameters"] == 500_000
    assert not hub.sent


def test_a_header_longer_than_the_first_range(tmp_path: Path) -> None:
    long = weights(100, tensors=3000)
    hub = Hub(repository(**{"unet/diffusion_pytorch_model.safetensors": long}))
    length = 8 + struct.unpack("<Q", long[:8])[0]
    assert length > 200_000
    done = ask(tmp_path, NAME, "--online", "-f", "json", endpoint=hub.address)
    hub.close()
    assert component(report(done), "unet")["parameters"] == 300_000
    assert hub.sent["unet/diffusion_pytorch_model.safetensors"] == length


def test_a_server_that_ignores_ranges_is_not_read_to_the_end(tmp_path: Path) -> None:
    size = 40_000_000
    hub = Hub(repository(**{"unet/diffusion_pytorch_model.safetensors": weights(size)}))
    hub.ranges = False
    done = ask(tmp_path, NAME, "--online", "-f", "json", endpoint=hub.address)
    hub.close()
    assert component(report(done), "unet")["parameters"] == size
    assert hub.sent["unet/diffusion_pytorch_model.safetensors"] < 20_000_000  # what the sockets' buffers hold


def test_a_broken_header_on_the_hub_is_said_and_the_rest_reported(tmp_path: Path) -> None:
    broken = struct.pack("<Q", 1 << 63) + b"{}" + b"\0" * 1000
    hub = Hub(repository(**{"unet/diffusion_pytorch_model.safetensors": broken}))
    done = ask(tmp_path, NAME, "--online", "-f", "json", endpoint=hub.address)
    hub.close()
    found = report(done)
    assert done.returncode == 3
    assert "IPI911" in {f["code"] for f in found["findings"]}
    assert component(found, "scheduler")["class"] == "DDIMScheduler"


def test_a_json_over_the_cap_is_not_fetched(tmp_path: Path) -> None:
    hub = Hub(repository(**{"unet/config.json": b" " * (65 << 20)}))
    done = ask(tmp_path, NAME, "--online", "-f", "json", endpoint=hub.address)
    hub.close()
    assert done.returncode == 3
    assert "IPI904" in {f["code"] for f in report(done)["findings"]}
    assert not hub.sent["unet/config.json"]


@pytest.mark.parametrize("name", ["../../escaped.json", "/etc/escaped.json", "a/../../b.json", "a\\b.json"])
def test_a_mirror_that_lists_a_path_is_refused(tmp_path: Path, hub: Hub, name: str) -> None:
    hub.names["unet/config.json"] = name
    done = ask(tmp_path, NAME, "--online", endpoint=hub.address)
    assert done.returncode == 3
    assert "no plain name" in done.stderr and "IPI906" in done.stderr
    assert not hub.sent
    assert not list(tmp_path.rglob("*escaped*"))


def test_no_token_but_the_one_that_is_named(tmp_path: Path, hub: Hub) -> None:
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text("hf_lies_on_the_disk")
    assert ask(tmp_path, NAME, "--online", endpoint=hub.address).returncode == 0
    assert set(hub.tokens) == {None}
    hub.tokens.clear()
    other = tmp_path / "other"
    assert ask(other, NAME, "--online", endpoint=hub.address, HF_TOKEN="hf_named").returncode == 0
    assert set(hub.tokens) == {"Bearer hf_named"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nobody/nothing", "there is no nobody/nothing on the Hub"),
        ("somebody/gated", "somebody/gated is gated"),
        (f"{NAME}@lost", f"{NAME} has no revision lost"),
    ],
)
def test_what_the_hub_refuses(tmp_path: Path, hub: Hub, source: str, said: str) -> None:
    done = ask(tmp_path, source, "--online", endpoint=hub.address)
    assert done.returncode == 3
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3, done.stderr
    assert "Traceback" not in done.stderr


def test_no_network(tmp_path: Path) -> None:
    with socket.socket() as taken:  # a port that nobody listens on
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = ask(tmp_path, NAME, "--online", endpoint=address)
    assert done.returncode == 3
    assert "could not be fetched" in done.stderr and "network" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3, done.stderr


def test_told_to_stay_offline(tmp_path: Path, hub: Hub) -> None:
    done = ask(tmp_path, NAME, "--online", endpoint=hub.address, HF_HUB_OFFLINE="1")
    assert done.returncode == 3
    assert "HF_HUB_OFFLINE is set" in done.stderr
    assert not hub.tokens


def test_what_is_cached_is_not_asked_for(tmp_path: Path, hub: Hub) -> None:
    in_cache(tmp_path, repository())
    assert ask(tmp_path, NAME, endpoint=hub.address).returncode == 0
    assert not hub.tokens


def test_what_is_not_cached_is_fetched(tmp_path: Path, hub: Hub) -> None:
    assert ask(tmp_path, NAME, endpoint=hub.address).returncode == 0
    assert hub.tokens


def test_a_mistyped_path_is_not_asked_for(tmp_path: Path, hub: Hub) -> None:
    """``tests/benchmark`` beside ``tests/benchmarks`` is a path; its name is nobody else's business."""
    done = ask(tmp_path, "tests/benchmark", endpoint=hub.address)
    assert done.returncode == 3
    assert "did you mean" in done.stderr and not hub.tokens


def test_what_diffusers_left_in_the_cache(tmp_path: Path, hub: Hub) -> None:
    """It fetches only what it needs, so the client calls such a snapshot incomplete; it is found all the same."""
    script = f"from huggingface_hub import snapshot_download as s; s({NAME!r}, allow_patterns=['*.json'])"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    environ = {**kept, "HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub.address}
    subprocess.run([sys.executable, "-c", script], env=environ, check=True, capture_output=True)
    done = ask(tmp_path, NAME)
    assert done.returncode == 0, done.stderr


def test_a_hub_id_is_built_like_a_folder(tmp_path: Path) -> None:
    """In the worker, whose walls let it read the blobs beside the snapshot, and nothing else of the cache."""
    root = demo.path("ddpm")
    files = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    in_cache(tmp_path / "cached", files)
    cached = report(ask(tmp_path / "cached", NAME, "-f", "json", built=True))
    hub = Hub(files)
    fetched = report(ask(tmp_path / "fetched", NAME, "--online", "-f", "json", endpoint=hub.address, built=True))
    hub.close()
    for found in (cached, fetched):
        assert [f for f in found["findings"] if f["severity"] != "note"] == []
        assert not found["skipped"]
        assert component(found, "unet")["device"] == "meta"
    assert component(cached, "unet")["parameters"] == component(fetched, "unet")["parameters"] > 1000


def test_what_was_fetched_is_not_taken_for_weights(tmp_path: Path) -> None:
    root = demo.path("ddpm")
    hub = Hub({p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()})
    done = ask(tmp_path, NAME, "--online", "--weights", "-f", "json", endpoint=hub.address, built=True)
    hub.close()
    assert done.returncode == 3
    assert any("weights" in s["reason"] and s["failed"] for s in report(done)["skipped"]), done.stdout
