"""What files alone tell: real repositories with their oddities, honest folders that stay clean, nothing imported."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from inspector import demo
from inspector.model import EXIT_USAGE, InspectError, Snapshot
from inspector.reading import Limits, ReadError
from inspector.rules import judge
from inspector.sources import Source, resolve
from inspector.static import snapshot
from tests.folders import copy, edit

REAL = Path(__file__).parent.parent.parent / "shared" / "real"
FOLDERS = [name for name in demo.NAMES if name not in demo.LIVE]


def seen(path: Path | str, **limits: int) -> Snapshot:
    return snapshot(resolve(str(path)), Limits(**limits))


def serious(of: Snapshot) -> list[tuple[str, str, str]]:
    """Everything above a note that the files and the rules give."""
    return [(f.code, f.where, f.message) for f in judge(of) if f.severity != "note"]


@pytest.mark.parametrize("name", FOLDERS)
def test_an_honest_folder_is_clean(name: str) -> None:
    of = snapshot(Source(f"demo:{name}", "folder", demo.path(name)), Limits())
    assert serious(of) == []
    assert not [s for s in of.skipped if s.failed]
    index = json.loads((demo.path(name) / "model_index.json").read_text())
    components = {c.path for c in of.components} - {"pipe"}
    assert (
        components
        >= {k for k, v in index.items() if isinstance(v, list) and v[0] and not k.startswith("_") and len(v) == 2}
        or of.skipped
    )


def test_what_a_demo_tells_without_being_built() -> None:
    of = seen("demo:sd15")
    assert of.components[0].path == "pipe"
    assert of.versions.keys() >= {"diffusers", "torch", "transformers", "python"}
    unet, scheduler, pipe = of.component("unet"), of.component("scheduler"), of.pipeline
    assert unet is not None and scheduler is not None and pipe is not None
    assert (unet.cls, unet.kind, unet.library) == ("UNet2DConditionModel", "model", "diffusers")
    assert unet.state["parameters"] > 1000 and unet.state["dtype"] == "float32"
    assert unet.facts["weights"] == "safetensors" and unet.facts["folder"] == "present"
    steps = scheduler.setting("num_train_timesteps")
    assert steps is not None and steps.disk is not None and steps.default is not None
    assert (steps.disk.data, steps.default.data, steps.item, steps.live) == (1000, 1000, None, None)
    assert pipe.facts["declared" if "declared" in pipe.facts else "index_keys"]
    roles = {s.name: s.role for s in pipe.settings}
    assert roles["unet"] == "component" and roles["requires_safety_checker"] == "value"


def test_keys_unknown_and_missing(tmp_path: Path) -> None:
    folder = copy("sd15", tmp_path)
    edit(folder / "scheduler/scheduler_config.json", lambda c: (c.update(use_karras=True), c.pop("beta_end")))
    scheduler = seen(folder).component("scheduler")
    assert scheduler is not None
    extra, lacking = scheduler.setting("use_karras"), scheduler.setting("beta_end")
    assert extra is not None and not extra.accepted and extra.default is None
    assert lacking is not None and lacking.accepted and lacking.disk is None and lacking.default is not None


def test_infinity_is_what_diffusers_writes(tmp_path: Path) -> None:
    folder = copy("sd15", tmp_path)
    path = folder / "scheduler/scheduler_config.json"
    path.write_text(
        '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "use_x": Infinity}'
    )
    edit(folder / "model_index.json", lambda c: c.update(scheduler=["diffusers", "DPMSolverMultistepScheduler"]))
    of = seen(folder)
    scheduler = of.component("scheduler")
    clipped = scheduler.setting("lambda_min_clipped") if scheduler else None
    assert clipped is not None and clipped.disk is not None and clipped.disk.same(clipped.default)
    assert not of.problems
    json.dumps(dataclasses.asdict(of), allow_nan=False)


def test_a_byte_order_mark_is_said_and_the_content_used(tmp_path: Path) -> None:
    folder = copy("ddpm", tmp_path)
    path = folder / "unet/config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    of = seen(folder)
    unet = of.component("unet")
    assert unet is not None and unet.setting("sample_size") is not None
    assert [p.code for p in of.problems] == ["IPI902"]
    assert [s.where for s in of.skipped if s.failed] == ["unet"]


# Values of the wrong type


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"upcast_attention": None}, [("IPI910", "note")]),
        ({"upcast_attention": "false"}, [("IPI910", "warning")]),
        ({"layers_per_block": None}, []),  # int | tuple[int]: loose, nothing follows
        ({"upcast_attention": 0}, []),
        ({"mid_block_only_cross_attention": None}, []),  # bool | None
        ({"norm_eps": 1}, []),
        ({"norm_eps": "1e-5"}, [("IPI910", "warning")]),
        ({"cross_attention_norm": None}, []),
    ],
)
def test_null_where_a_bool_belongs(tmp_path: Path, values: dict[str, Any], found: list[tuple[str, str]]) -> None:
    folder = copy("sd15", tmp_path)
    edit(folder / "unet/config.json", lambda c: c.update(values))
    of = seen(folder)
    assert [(p.code, p.severity) for p in of.problems] == found, of.problems
    assert not [s for s in of.skipped if s.failed]


# The real repositories


def real(name: str) -> Snapshot:
    if not (REAL / name).is_dir():
        pytest.skip(f"the real repositories are not beside this one ({REAL.name}/{name})")
    return seen(REAL / name)


@pytest.mark.parametrize(
    "name",
    [
        "ddpm-butterflies-128",
        "flux",
        "stable-diffusion-v1-5",
        "stable-diffusion-inpainting",
        "stable-diffusion-xl-base-1.0",
    ],
)
def test_a_real_repository_is_clean(name: str) -> None:
    of = real(name)
    assert serious(of) == []
    assert not of.skipped


def test_sdxl_has_a_null_where_a_bool_belongs() -> None:
    of = real("stable-diffusion-xl-base-1.0")
    assert [(p.code, p.severity, p.where) for p in of.problems] == [("IPI910", "note", "unet.upcast_attention")]
    assert "UNet2DConditionModel" in of.problems[0].message


def test_stable_cascade_has_a_class_in_other_capitals() -> None:
    of = real("stable-cascade")
    assert [(code, where) for code, where, _ in serious(of)] == [("IPP204", "pipe.decoder")]
    decoder = of.component("decoder")
    assert decoder is not None and decoder.cls == "StableCascadeUNet" and decoder.settings


def test_sd3_controlnet_names_a_library_that_is_not_installed() -> None:
    of = real("sd3-medium-controlnet")
    assert {p.where for p in of.problems if p.code == "IPP204"} == {"pipe.scheduler", "pipe.transformer", "pipe.vae"}
    assert all("diffusers_sd3_control" in p.message for p in of.problems)
    assert {s.where for s in of.skipped if s.failed} >= {"text_encoder", "tokenizer_3"}  # only the index was published


def test_stable_materials_has_conflict_markers_and_code() -> None:
    of = real("stable-materials")
    conflicts = [p for p in of.problems if p.code == "IPI902"]
    assert len(conflicts) == len({p.where for p in conflicts}) == 7
    assert all("<<<<<<< HEAD, line 1" in p.message for p in conflicts)
    assert [p.code for p in of.problems if p not in conflicts] == ["IPP204"]
    lcm = of.component("unet_lcm")
    assert lcm is None or lcm.settings
    assert of.pipeline is not None and of.pipeline.cls == "StableMaterialsPipeline"


@pytest.mark.parametrize("name", sorted(p.name for p in REAL.iterdir()) if REAL.is_dir() else [])
def test_nothing_is_said_twice(name: str) -> None:
    of = real(name)
    for things in (of.problems, of.skipped, of.components):
        assert max(Counter(map(repr, things)).values(), default=1) == 1
    assert len({c.path for c in of.components}) == len(of.components)
    found = judge(of)
    assert len({(f.code, f.where, f.message) for f in found}) == len(found)


# What comes along


def test_what_else_lies_in_a_folder(tmp_path: Path) -> None:
    folder = copy("ddpm", tmp_path)
    (folder / "handler.py").write_text("print('hello')")
    (folder / "pytest.ini").write_text("[pytest]")
    (folder / "sitecustomize.py").write_text("raise SystemExit")
    (folder / "unet/diffusion_pytorch_model.bin").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    (folder / "evil.json").write_bytes(b"\x80\x04\x95" + b"\0" * 20)
    (folder / "weights.pkl").write_bytes(b"\x80\x04\x95" + b"\0" * 20)
    (folder / "README.md").write_text("---\nprior:\n  - other/repository\n---\n")
    found = {(p.code, p.severity, p.where) for p in seen(folder).problems}
    assert found == {
        ("IPI908", "note", "handler.py"),
        ("IPI908", "note", "pytest.ini"),
        ("IPI908", "warning", "sitecustomize.py"),
        ("IPI907", "warning", "unet/diffusion_pytorch_model.bin"),
        ("IPI907", "error", "evil.json"),
        ("IPI907", "error", "weights.pkl"),
        ("IPI908", "warning", "README.md"),
    }


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"attn_implementation": "attacker/kernel"}, "IPI908"),
        ({"auto_map": {"AutoModel": "other/repository--modeling.Evil"}}, "IPI908"),
        ({"act_fn": "si\u202elu"}, "IPI909"),
        ({"si\u200blu": 1}, "IPI909"),
        ({"note": "hf_" + "a" * 34}, "IPI909"),
        ({"note": "https://me:secret@host/x"}, "IPI909"),
    ],
)
def test_what_a_config_refers_to_or_hides(tmp_path: Path, values: dict[str, Any], code: str) -> None:
    folder = copy("ddpm", tmp_path)
    edit(folder / "unet/config.json", lambda c: c.update(values))
    of = seen(folder)
    found = [p for p in of.problems if p.code == code]
    assert found and found[0].severity == "error", of.problems
    assert "secret" not in found[0].message and "aaaa" not in found[0].message


@pytest.mark.parametrize(
    "values",
    [{"note": "שלום עולם"}, {"note": "你好"}, {"note": "a\nb\tc"}, {"note": "👩\u200d💻"}, {"_note": "https://host/x"}],
)
def test_ordinary_texts_of_the_world_are_clean(tmp_path: Path, values: dict[str, Any]) -> None:
    folder = copy("ddpm", tmp_path)
    edit(folder / "unet/config.json", lambda c: c.update(values))
    assert not [p for p in seen(folder).problems if p.code == "IPI909"]


# One component, one file


def test_one_component() -> None:
    of = seen(demo.path("sd15") / "scheduler")
    assert [(c.path, c.cls, c.kind) for c in of.components] == [("scheduler", "PNDMScheduler", "scheduler")]
    of = seen(demo.path("sd15") / "unet")
    assert [(c.path, c.cls) for c in of.components] == [("unet", "UNet2DConditionModel")]
    assert of.components[0].state["parameters"] > 1000
    of = seen(demo.path("sd15") / "tokenizer")
    assert of.components[0].kind == "tokenizer"


def test_one_file(tmp_path: Path) -> None:
    of = seen(demo.path("sd15") / "scheduler" / "scheduler_config.json")
    assert [(c.path, c.cls) for c in of.components] == [("scheduler", "PNDMScheduler")]
    weights = demo.path("sd15") / "unet" / "diffusion_pytorch_model.safetensors"
    of = seen(weights)
    assert of.components[0].state["parameters"] > 1000
    (tmp_path / "link.safetensors").symlink_to(weights)
    assert seen(tmp_path / "link.safetensors").components[0].state == of.components[0].state
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ReadError) as caught:
        seen(tmp_path / "broken.json")
    assert caught.value.code == "IPI902" and caught.value.exit_code == 3


def test_one_file_among_a_million_others_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "scheduler_config.json").write_text('{"_class_name": "DDIMScheduler"}')
    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("")
    of = snapshot(resolve(str(tmp_path / "scheduler_config.json")), Limits(entries=10))
    assert of.components[0].cls == "DDIMScheduler" and not of.skipped


def test_a_json_that_names_no_class(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"_class_name": "NoSuchModel", "a": 1}')
    of = seen(tmp_path)
    assert [p.code for p in of.problems] == ["IPP204"] and of.components[0].setting("a") is not None


@pytest.mark.parametrize("text", ["py:module:make", "class:DDIMScheduler"])
def test_what_has_no_files(text: str) -> None:
    with pytest.raises(InspectError) as caught:
        snapshot(resolve(text), Limits())
    assert caught.value.exit_code == EXIT_USAGE


def test_a_cap_leaves_the_rest(tmp_path: Path) -> None:
    of = seen(copy("sd15", tmp_path), entries=5)
    assert "IPI904" in {p.code for p in of.problems}
    assert any(s.failed for s in of.skipped)


def test_the_order_is_that_of_the_class() -> None:
    """As in a live pipeline, so that the two reports can be laid side by side."""
    of = seen("demo:sdxl")
    assert of.pipeline is not None
    paths = [c.path for c in of.components][1:]
    assert paths == [s.name for s in of.pipeline.settings if s.role == "component" and s.name in paths]


def test_none_of_the_libraries_is_imported() -> None:
    """In a process of its own, with the command itself."""
    libraries = ("torch", "diffusers", "transformers", "numpy", "safetensors", "huggingface_hub", "deepdiff")
    script = (
        "import sys; sys.argv = ['inspect-pipe', 'diff', sys.argv[1], '--static'];"
        "from inspector.cli import main\n"
        "try: main()\nexcept SystemExit as e: code = e.code\n"
        f"print('status', code, [m for m in {libraries!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(demo.path("sd15"))],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert done.stdout.splitlines()[-1] == "status 0 []", done.stdout[-2000:]
