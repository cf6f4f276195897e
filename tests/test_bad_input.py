"""Folders that are broken or hostile in one place: the code, exit 3, one or two lines, and the rest still reported."""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.model import Snapshot
from inspector.snapshots import take
from tests.folders import copy, edit

pytestmark = pytest.mark.usefixtures("forked")
Answer = tuple[int, dict[str, Any], str]
UNET = "unet/config.json"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
PARTS = {"pipe", "scheduler", "unet", "vae", "text_encoder", "tokenizer", "safety_checker", "feature_extractor"}
HEADER = {
    "a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
    "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]},
}


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """``inspect-pipe diff`` in this process: the exit status, the JSON report (or nothing), and standard error."""
    monkeypatch.setattr("gc.disable", lambda: None)

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["inspect-pipe", "diff", *arguments, "-f", "json"])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return int(caught.value.code or 0), json.loads(out) if out else {}, err

    return call


def text(content: str | bytes) -> Callable[[Path], object]:
    return lambda p: p.write_bytes(content.encode() if isinstance(content, str) else content)


def reworked(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda p: p.write_bytes(change(p.read_bytes()))


def instead(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def do(path: Path) -> None:
        path.unlink()
        make(path)

    return do


def sparse(path: Path) -> None:
    with open(path, "r+b") as file:
        file.truncate(100 << 20)


def sets(**values: Any) -> Callable[[Path], object]:
    return lambda p: edit(p, lambda c: c.update(values))


def duplicate(data: bytes) -> bytes:
    return b'{"sample_size": 1, ' + data.lstrip()[1:]


# name: file, what is done to it, the code, what the message says
BROKEN: dict[str, tuple[str, Callable[[Path], object], str, str]] = {
    "truncated": (UNET, reworked(lambda d: d[: len(d) // 2]), "IPI902", "ends too early"),
    "empty": (UNET, text(""), "IPI902", "is empty"),
    "no JSON": (UNET, text("hello"), "IPI902", "is not JSON"),
    "a comma too many": (UNET, text('{"a": 1,}'), "IPI902", "line 1"),
    "a list": (UNET, text("[]"), "IPI902", "holds a list"),
    "latin-1": (UNET, reworked(lambda d: d.replace(b"{", b'{"caf\xe9": 1, ', 1)), "IPI902", "not UTF-8"),
    "UTF-16": (UNET, reworked(lambda d: d.decode().encode("utf-16")), "IPI902", "UTF-16"),
    "UTF-16 without a mark": (UNET, reworked(lambda d: d.decode().encode("utf-16-le")), "IPI902", "UTF-16"),
    "BOM": (UNET, reworked(lambda d: b"\xef\xbb\xbf" + d), "IPI902", "byte order mark"),
    "NaN": (UNET, reworked(lambda d: d.replace(b"{", b'{"dropout": NaN, ', 1)), "IPI902", "NaN"),
    "a key twice": (UNET, reworked(duplicate), "IPI902", "twice"),
    "200 deep": (UNET, text('{"a":' * 200 + "1" + "}" * 200), "IPI904", "deeper than 64"),
    "100,000 deep": (UNET, text("[" * 100_000), "IPI904", "deeper than 64"),
    "100 MB": (UNET, sparse, "IPI904", "--limit config="),
    "half a character": (UNET, text('{"act_fn": "\\ud800"}'), "IPI902", "surrogate"),
    "a number of 5000 digits": (UNET, text('{"sample_size": ' + "9" * 5000 + "}"), "IPI910", "5000 digits"),
    "1e999": (UNET, text('{"dropout": 1e999}'), "IPI910", "1e999"),
    "a merge conflict": (
        UNET,
        text('<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> x\n'),
        "IPI902",
        "<<<<<<< HEAD, line 1",
    ),
    "a key items": (UNET, sets(items=1), "IPI910", "'items'"),
    "a key get": (UNET, sets(get=1), "IPI910", "'get'"),
    "a key self": (UNET, sets(self=1), "IPI910", "'self'"),
    "a key __dict__": (UNET, sets(__dict__={}), "IPI910", "'__dict__'"),
    "ten million layers": (UNET, sets(layers_per_block=10**7), "IPI910", "layers_per_block"),
    "a hundred million steps": (
        "scheduler/scheduler_config.json",
        sets(num_train_timesteps=10**8),
        "IPI910",
        "num_train_timesteps",
    ),
    "a negative size": (UNET, sets(cross_attention_dim=-5), "IPI910", "cross_attention_dim"),
    "a pipe": (UNET, instead(os.mkfifo), "IPI905", "FIFO"),
    "a device": (UNET, instead(lambda p: p.symlink_to("/dev/zero")), "IPI905", "leaves the folder"),
    "a link outside": (UNET, instead(lambda p: p.symlink_to("/etc/hostname")), "IPI905", "leaves the folder"),
    "a folder": (UNET, instead(Path.mkdir), "IPI905", "a folder"),
    "no config": (UNET, Path.unlink, "IPI901", "missing"),
    "a header of 2^63 bytes": (WEIGHTS, text(struct.pack("<Q", 1 << 63) + b"{}"), "IPI911", "9223372036854775808"),
    "tensors that overlap": (
        WEIGHTS,
        text(struct.pack("<Q", len(json.dumps(HEADER))) + json.dumps(HEADER).encode() + b"\0" * 6),
        "IPI911",
        "overlaps",
    ),
    "weights cut off": (WEIGHTS, reworked(lambda d: d[:-1]), "IPI911", "take"),
    "an LFS pointer": (
        WEIGHTS,
        text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
        "IPI911",
        "Git LFS",
    ),
    "a pickle as safetensors": (WEIGHTS, text(b"\x80\x04\x95" + b"\xff" * 40), "IPI907", "pickle"),
    "one shard of two": (
        "unet/diffusion_pytorch_model.safetensors.index.json",
        text(
            json.dumps(
                {
                    "weight_map": {
                        "a": "diffusion_pytorch_model.safetensors",
                        "b": "diffusion_pytorch_model-2.safetensors",
                    }
                }
            )
        ),
        "IPI901",
        "diffusion_pytorch_model-2.safetensors",
    ),
    "a shard elsewhere": (
        "unet/diffusion_pytorch_model.safetensors.index.json",
        text('{"weight_map": {"a": "../../x.safetensors"}}'),
        "IPI906",
        "../../x",
    ),
}


def holds_to_contract(answer: Answer, code: str, said: str) -> dict[str, Any]:
    """Exit 3, the code at a serious level, and the message short enough to be read; gives the finding."""
    status, report, _ = answer
    found = [f for f in report["findings"] if f["code"] == code and f["severity"] != "note"]
    assert status == 3, report["findings"]
    assert found, report["findings"]
    assert any(said in f["message"] + f["fix"] for f in found), found
    assert any(s["failed"] for s in report["skipped"])
    for finding in report["findings"]:
        assert len(finding["message"]) <= 300 and "\n" not in finding["message"], finding
    first: dict[str, Any] = found[0]
    return first


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_file(name: str, tmp_path: Path, ask: Callable[..., Answer]) -> None:
    file, change, code, said = BROKEN[name]
    folder = copy("sd15", tmp_path, weights=True)
    if not (folder / file).exists():
        (folder / file).touch()
    change(folder / file)
    began = time.monotonic()
    answer = ask(str(folder), "--static")
    assert time.monotonic() - began < 5
    finding = holds_to_contract(answer, code, said)
    assert finding["where"].startswith(("unet", "scheduler"))
    serious = {f["where"] for f in answer[1]["findings"] if f["severity"] != "note"}
    assert serious == {finding["where"]}, answer[1]["findings"]
    # the rest of the pipeline is reported
    assert {c["path"] for c in answer[1]["data"]["components"]} == PARTS
    for component in answer[1]["data"]["components"]:
        assert component["settings"] or component["path"] in finding["where"], component["path"]


# name: what is done to the index, the code, what the message says
ENTRIES: dict[str, tuple[dict[str, Any], str, str]] = {
    "os.system": ({"unet": ["os", "system"]}, "IPI903", "never imported"),
    "a dotted library": ({"unet": ["os.path", "join"]}, "IPI903", "never imported"),
    "an installed library": ({"unet": ["numpy", "ndarray"]}, "IPI903", "never imported"),
    "a path as class": ({"unet": ["diffusers", "../../etc/passwd"]}, "IPI906", "path"),
    "a path as library": ({"unet": ["../../evil", "UNet"]}, "IPI906", "path"),
    "a path as name": ({"../../unet": ["diffusers", "UNet2DConditionModel"]}, "IPI906", "path"),
    "an absolute path": ({"/etc": ["diffusers", "UNet2DConditionModel"]}, "IPI906", "path"),
    "no such class": ({"unet": ["diffusers", "UNet2DConditionModell"]}, "IPI903", "did you mean UNet2DConditionModel"),
    "no such class in transformers": (
        {"text_encoder": ["transformers", "CLIPTextModell"]},
        "IPI903",
        "did you mean CLIPTextModel",
    ),
    "a tokenizer for a unet": ({"unet": ["transformers", "CLIPTokenizer"]}, "IPI903", "tokenizer"),
    "a scheduler for a unet": ({"unet": ["diffusers", "DDIMScheduler"]}, "IPI903", "scheduler"),
    "a pipeline for a unet": ({"unet": ["diffusers", "StableDiffusionPipeline"]}, "IPI903", "pipeline"),
    "a number for a class": ({"unet": ["diffusers", 3]}, "IPI910", "not [library, class]"),
    "a text": ({"unet": "UNet2DConditionModel"}, "IPI910", "not [library, class]"),
    "three members": ({"unet": ["a", "b", "c"]}, "IPI910", "not [library, class]"),
    "no such pipeline": ({"_class_name": "StableDifusionPipeline"}, "IPI903", "did you mean StableDiffusionPipeline"),
    "a scheduler for a pipeline": ({"_class_name": "DDIMScheduler"}, "IPI903", "not a pipeline"),
    "a number for a pipeline": ({"_class_name": 3}, "IPI903", "names no pipeline class"),
    "a long name": ({"unet": ["diffusers", "U" * 5000]}, "IPI903", "UUU…"),
    "a long library": ({"unet": ["os" + "x" * 5000 + "/", "U"]}, "IPI906", "xxx…"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_one_hostile_entry_of_the_index(name: str, tmp_path: Path, ask: Callable[..., Answer]) -> None:
    change, code, said = ENTRIES[name]
    folder = copy("sd15", tmp_path)
    edit(folder / "model_index.json", lambda c: c.update(change))
    before = set(sys.modules)
    answer = ask(str(folder), "--static")
    holds_to_contract(answer, code, said)
    assert {
        m
        for m in set(sys.modules) - before
        if m.partition(".")[0] in ("numpy", "evil", "diffusers", "transformers", "torch")
    } == set()
    serious = [f for f in answer[1]["findings"] if f["severity"] != "note" and f["code"] != "IPC104"]
    assert len(serious) == 1, serious
    assert len({c["path"] for c in answer[1]["data"]["components"]} & PARTS) >= len(PARTS) - 1


def test_a_library_that_is_not_installed(tmp_path: Path, ask: Callable[..., Answer]) -> None:
    folder = copy("sd15", tmp_path)
    edit(folder / "model_index.json", lambda c: c.update(unet=["no_such_library", "UNet"]))
    status, report, _ = ask(str(folder), "--static")
    assert status == 1
    assert [(f["code"], f["severity"]) for f in report["findings"] if f["severity"] != "note"] == [
        ("IPP204", "warning")
    ]


def test_a_component_without_its_folder(tmp_path: Path, ask: Callable[..., Answer]) -> None:
    folder = copy("sd15", tmp_path)
    shutil.rmtree(folder / "vae")
    status, report, _ = ask(str(folder), "--static")
    assert status == 3
    assert {"where": "vae", "reason": "there is no folder vae/", "failed": True} in report["skipped"]
    assert {f["where"] for f in report["findings"] if f["severity"] != "note"} == {"vae"}


def test_an_index_that_is_broken_leaves_the_components(tmp_path: Path, ask: Callable[..., Answer]) -> None:
    folder = copy("sd15", tmp_path)
    (folder / "model_index.json").write_text("{")
    status, report, _ = ask(str(folder), "--static")
    assert status == 3
    assert {"unet", "vae", "scheduler", "text_encoder"} <= {c["path"] for c in report["data"]["components"]}


def test_an_unreadable_file(tmp_path: Path, ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the refusal is injected; the same without it where the test is no root."""
    folder = copy("sd15", tmp_path)
    (folder / UNET).chmod(0)
    real = os.open

    def refuse(name: Any, *given: Any, **named: Any) -> int:
        if name == "config.json" and os.readlink(f"/proc/self/fd/{named['dir_fd']}").endswith("/unet"):
            raise PermissionError(13, "Permission denied")
        return real(name, *given, **named)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "supports_dir_fd", {*os.supports_dir_fd, refuse})
    finding = holds_to_contract(ask(str(folder), "--static"), "IPI901", "Permission denied")
    assert "permissions" in finding["fix"]


# The same through the worker, which builds what can be built


def built(folder: Path) -> Snapshot:
    began = time.monotonic()
    seen = take(str(folder))
    assert time.monotonic() - began < 60
    return seen


def test_what_is_broken_is_not_built_and_the_rest_is(tmp_path: Path) -> None:
    folder = copy("sd15", tmp_path)
    for name in ("truncated", "ten million layers"):
        file, change, _, _ = BROKEN[name]
        target = folder / file.replace("unet", {"truncated": "vae"}.get(name, "unet"))
        change(target)
    (folder / "text_encoder/config.json").unlink()
    os.mkfifo(folder / "text_encoder/config.json")
    edit(folder / "model_index.json", lambda c: c.update(feature_extractor=["os", "system"]))
    seen = built(folder)
    assert {"IPI902", "IPI910", "IPI905", "IPI903"} <= {p.code for p in seen.problems}
    assert {s.where for s in seen.skipped if s.failed} >= {"vae", "unet", "text_encoder", "feature_extractor"}
    scheduler = seen.component("scheduler")
    assert scheduler is not None and any(s.live is not None or s.item is not None for s in scheduler.settings)
    assert len({(p.code, p.where, p.message) for p in seen.problems}) == len(seen.problems)


def test_keys_that_would_break_the_library(tmp_path: Path) -> None:
    folder = copy("ddpm", tmp_path)
    edit(folder / "scheduler/scheduler_config.json", lambda c: c.update(items=1, self=2))
    seen = built(folder)
    assert "IPI910" in {p.code for p in seen.problems}
    unet = seen.component("unet")
    assert unet is not None and unet.state.get("parameters")


# No source at all


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("nowhere", 3, "no such file or folder"),
        ("/tmp/" + "a" * 300, 3, "no such file or folder"),
        ("demo:sd51", 3, "did you mean demo:sd15"),
        ("py:", 2, "py:MODULE:FACTORY"),
        ("class:", 2, "class:NAME"),
        ("sftp://host.invalid/x", 3, "host.invalid"),
        ("", 2, "SOURCE"),
        ("class:NoSuchScheduler", 3, "NoSuchScheduler"),
        ("org/name", 3, "not in the Hub cache"),
    ],
)
def test_no_such_source(
    source: str, status: int, said: str, tmp_path: Path, ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, report, err = ask(source)
    assert (found, report) == (status, {}), err
    assert said in err
    assert 1 <= len(err.strip().splitlines()) <= 3, err
