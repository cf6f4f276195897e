"""A folder whose JSON files are damaged, and saved reports, baselines and locks: what becomes of them.

Whatever stands in them, reading ends in a snapshot or in an :class:`InspectError`, soon, and twice the same; what is
reported can be rendered and read again.
"""

from __future__ import annotations

import json
import struct
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from inspector import baselines, locks, snapshots
from inspector.cli.diffing import status
from inspector.cli.output import look
from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError, Report, Snapshot
from inspector.render import render
from inspector.report import examine
from inspector.settings import Settings
from tests.fuzz.texts import written

SECONDS = 5.0
"""The longest that one may take: a hundred times what it takes."""
_LAYERS = {
    "block_out_channels": [32, 64],
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "layers_per_block": 1,
}
FILES: dict[str, Any] = {
    "model_index.json": {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.42.1",
        "scheduler": ["diffusers", "PNDMScheduler"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "safety_checker": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
    },
    "scheduler/scheduler_config.json": {
        "_class_name": "PNDMScheduler",
        "_diffusers_version": "0.42.1",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "num_train_timesteps": 1000,
        "skip_prk_steps": True,
        "trained_betas": None,
    },
    "unet/config.json": {"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4, **_LAYERS},
    "unet/diffusion_pytorch_model.safetensors.index.json": {
        "metadata": {"total_size": 16},
        "weight_map": {"w": "diffusion_pytorch_model-00001-of-00001.safetensors"},
    },
    "vae/config.json": {"_class_name": "AutoencoderKL", "latent_channels": 4, "scaling_factor": 0.18215},
    "text_encoder/config.json": {
        "architectures": ["CLIPTextModel"],
        "model_type": "clip_text_model",
        "hidden_size": 32,
    },
    "tokenizer/tokenizer_config.json": {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": 77,
        "unk_token": {"content": "<|endoftext|>", "lstrip": False, "__type": "AddedToken"},
    },
    "tokenizer/vocab.json": {"a": 0, "b</w>": 1},
    "feature_extractor/preprocessor_config.json": {
        "image_processor_type": "CLIPImageProcessor",
        "crop_size": {"height": 8, "width": 8},
        "image_mean": [0.5, 0.5, 0.5],
    },
}
DAMAGED = sorted(FILES)


def make(root: Path) -> Path:
    """The folder, undamaged."""
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    shard = root / "unet/diffusion_pytorch_model-00001-of-00001.safetensors"
    shard.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    return root


@st.composite
def damage(draw: st.DrawFn) -> dict[str, bytes]:
    """Files of the folder, and what stands in them instead."""
    names = draw(st.lists(st.sampled_from(DAMAGED), min_size=1, max_size=2, unique=True))
    return {name: draw(written(FILES[name])) for name in names}


def judged(damaged: dict[str, bytes], root: Path, seen: Counter[str] | None = None) -> None:
    """Read the folder with these files in it, judge, render, and read the report again."""
    try:
        for name, content in damaged.items():
            (root / name).write_bytes(content)
        told = twice(lambda: snapshots.take(str(root), static=True))
    finally:
        for name in damaged:
            (root / name).write_text(json.dumps(FILES[name]))
    if seen is not None:
        seen[told] += 1


def twice(act: Callable[[], Snapshot]) -> str:
    """What it ends in, twice the same, in time; a report of it can be rendered, and its snapshot read again."""
    began = time.monotonic()
    first, snapshot, report = once(act)
    assert time.monotonic() - began < SECONDS
    assert once(act)[0] == first
    if report is not None and snapshot is not None:
        from pydantic import TypeAdapter

        text = render(report, "json", look(to_file=True))
        content = json.loads(text, parse_constant=no_constant)
        again = TypeAdapter(Snapshot).validate_python(content["data"]["snapshot"])  # less what is masked
        assert [c.path for c in again.components] == [c.path for c in snapshot.components]
        shown = render(report, "human", look(to_file=True))
        assert all(c.isprintable() or c == "\n" for c in shown), ascii(shown)
    return first


def once(act: Callable[[], Snapshot]) -> tuple[str, Snapshot | None, Report | None]:
    try:
        snapshot = act()
        report = examine(snapshot)
    except InspectError as error:
        assert error.exit_code in (EXIT_UNREADABLE, EXIT_USAGE), error.exit_code
        assert error.message and "\n" not in error.message[:200], error.message
        return f"refused ({error.exit_code})", None, None
    return f"status {status(report, Settings())}", snapshot, report


def no_constant(name: str) -> None:
    raise AssertionError(f"a report with {name} in it")


def saved(root: Path) -> dict[str, Any]:
    """Files of our own as a user keeps them -> their content: a report with findings, a baseline, a lock."""
    home = make(root / "model")
    (home / "scheduler/scheduler_config.json").write_text(
        json.dumps({**FILES["scheduler/scheduler_config.json"], "no_such_key": [1, 2], "steps_offset": 1.0})
    )
    snapshot = snapshots.take(str(home), static=True)
    report = examine(snapshot)
    assert report.findings
    baseline = {
        "schema": "inspect-pipe-baseline/1",
        "sources": {"model": "files"},
        "entries": [
            {"source": "model", "code": f.code, "where": f.where, "fingerprint": f"{n:016x}", "reason": "known"}
            for n, f in enumerate(report.findings[:3])
        ],
    }
    lock = {
        "schema": "inspect-pipe-lock/1",
        "source": "model",
        "versions": {"diffusers": "0.42.1"},
        "files": {"model_index.json": {"content": "0" * 64}},
        "components": {"unet": {"class": "UNet2DModel", "config": {"a": 1}, "settings": {"sample_size": 8}}},
        "schedules": {"scheduler": {"10": {"sigmas": [1.0, 0.0], "timesteps": [9, 0], "tolerance": 1e-6}}},
    }
    return {"report": json.loads(render(report, "json", look())), "baseline": baseline, "lock": lock}


def taken(kind: str, content: bytes, file: Path, seen: Counter[str] | None = None) -> None:
    """One of our own files, damaged, given where the user would give it."""
    file.write_bytes(content)
    began = time.monotonic()
    try:
        if kind == "report":
            told = twice(lambda: snapshots.take(str(file), static=True))
        else:
            baselines.load(file) if kind == "baseline" else locks.load(file)
            told = "taken"
    except InspectError as error:
        assert error.exit_code in (EXIT_UNREADABLE, EXIT_USAGE) and error.message
        told = f"refused ({error.exit_code})"
    assert time.monotonic() - began < SECONDS
    if seen is not None:
        seen[f"{kind}: {told}"] += 1
