"""What the libraries say while something is loaded: heard whatever they are silenced to, told once, with its place."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import pytest
from diffusers import DDIMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

import inspector
from inspector.hearing import Said, attached, listening, sorted_out
from inspector.model import Component, Finding, Snapshot
from inspector.result import Result
from inspector.rules import judge
from inspector.rules.messages import advice, ignored, weights
from tests.folders import copy, edit

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.usefixtures("forked")


def found(result: Result, *codes: str) -> list[Finding]:
    return [f for f in result.findings if f.code in codes]


def edited(tmp_path: Path, file: str, change: Callable[[dict[str, Any]], object], **options: Any) -> Result:
    folder = copy("sd15", tmp_path)
    edit(folder / file, change)
    return inspector.diff(folder, **options)


def test_a_key_that_loading_ignores_is_told_once_with_both_proofs(tmp_path: Path) -> None:
    result = edited(tmp_path, "unet/config.json", lambda c: c.update(zero_cond_t=True))
    (one,) = found(result, "IPC104", "IPM603")
    assert (one.code, one.where) == ("IPC104", "unet.zero_cond_t")
    (said,) = [r for r in one.reads if r.startswith("said ")]
    assert said.startswith("said diffusers/configuration_utils.py:") and said.endswith(" extract_init_dict")
    line = int(said.split(":")[1].split()[0])
    source = (Path(diffusers.__file__).parent / "configuration_utils.py").read_text()
    assert "logger.warning(" in source.splitlines()[line - 1]


def test_what_the_pipeline_rewrites_is_told_once_too(tmp_path: Path) -> None:
    result = edited(tmp_path, "scheduler/scheduler_config.json", lambda c: c.update(steps_offset=0))
    (one,) = found(result, "IPC112", "IPM604")
    assert (one.code, one.where) == ("IPC112", "scheduler.steps_offset")
    assert any(
        r.startswith("said diffusers/pipelines/stable_diffusion/pipeline_stable_diffusion.py:") for r in one.reads
    )
    messages = result.snapshot.components[0].facts["messages"]
    assert {m["kind"] for m in messages} == {"FutureWarning"} and "outdated" in messages[0]["text"]


def test_a_renamed_class_is_a_note(tmp_path: Path) -> None:
    entry = ["transformers", "CLIPFeatureExtractor"]
    result = edited(tmp_path, "model_index.json", lambda c: c.update(feature_extractor=entry))
    (one,) = found(result, "IPM604")
    assert one.severity == "note" and one.where == "feature_extractor"
    assert "said diffusers/pipelines/pipeline_loading_utils.py:" in one.reads[0]
    assert "Using CLIPImageProcessor instead" in one.message


def test_weights_that_are_missing_and_weights_too_many(tmp_path: Path) -> None:
    """Both libraries say it each in their way; the folder is the user's, not the worker's copy."""
    folder = copy("sd15", tmp_path, weights=True)
    for file in ("unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"):
        held = load_file(folder / file)
        held["extra.weight"] = held[next(k for k in sorted(held) if "norm" in k and k.endswith("weight"))].clone()
        del held[next(k for k in sorted(held) if "norm" in k and k.endswith("weight"))]
        save_file(held, folder / file, metadata={"format": "pt"})
    result = inspector.diff(folder, weights=True)
    assert {(f.code, f.severity, f.where) for f in found(result, "IPM601", "IPM602")} == {
        (code, severity, where)
        for code, severity in (("IPM601", "error"), ("IPM602", "warning"))
        for where in ("unet", "text_encoder")
    }
    assert all("extra.weight" in f.message and f.places["said"] == ["extra.weight"] for f in found(result, "IPM602"))
    assert "inspect-pipe-" not in json.dumps(
        [m for c in result.snapshot.components for m in c.facts.get("messages", [])]
    )


@pytest.mark.parametrize("name", ["sd15", "sdxl", "flux", "amused"])
def test_a_healthy_demo_has_nothing_but_notes(name: str) -> None:
    """A pipeline that is deprecated as a whole says so; nobody can help it."""
    findings = [f for f in inspector.diff(f"demo:{name}").findings if f.code.startswith("IPM")]
    assert [(f.code, f.severity) for f in findings] == ([("IPM604", "note")] if name == "amused" else [])


def test_it_is_heard_whatever_is_silenced_and_nothing_is_changed() -> None:
    logger = logging.getLogger("diffusers")
    level, warn, log = logger.level, warnings.warn, logging.Logger.warning
    config = {"foo": 1}
    logger.setLevel(logging.CRITICAL)
    try:
        with listening() as ear, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with ear.at("scheduler"):
                DDIMScheduler.from_config(config)
                DDIMScheduler.from_config(config)
            _ = DDIMScheduler().num_train_timesteps  # the deprecated way
            warnings.warn("of the user's own", FutureWarning, stacklevel=1)
            logging.getLogger("mine").warning("too")
    finally:
        logger.setLevel(level)
    assert (warnings.warn, logging.Logger.warning) == (warn, log)
    assert [s.kind for s in ear.heard["scheduler"]] == ["warning"]
    assert [(s.kind, s.place.partition(":")[0]) for s in ear.heard["pipe"]] == [
        ("FutureWarning", "diffusers/configuration_utils.py")
    ]


def test_the_library_s_own_old_ways_are_notes_and_a_setting_of_a_file_is_not() -> None:
    old = Said("`FluxPosEmbed` is deprecated. Please import it from `x`.", "FutureWarning", "diffusers/a.py:1", "f")
    theirs = Said("`beta_end` is deprecated, use `beta_last` instead.", "FutureWarning", "diffusers/a.py:2", "f")
    bad = Said("something failed", "error", "diffusers/a.py:3", "f")
    from tests.handmade import setting

    seen = Snapshot(
        "x", {}, (Component("scheduler", "DDIMScheduler", (setting("beta_end", 0.012),), kind="scheduler"),)
    )
    findings = judge(attached(seen, {"scheduler": [old, theirs, bad], "elsewhere": [old]}))
    assert [(f.code, f.severity, f.where, f.fix) for f in findings if f.code.startswith("IPM")] == [
        ("IPM604", "warning", "scheduler.beta_end", "use `beta_last` instead"),
        ("IPM605", "warning", "scheduler", "see the line of the library that says so"),
        ("IPM604", "note", "scheduler", "Please import it from `x`."),
    ]


def test_a_saved_report_may_hold_anything() -> None:
    for held in (5, ["x"], [{"text": 1}], {"text": "x"}, None):
        judge(Snapshot("x", {}, (Component("scheduler", "DDIMScheduler", facts={"messages": held}),)))


def test_what_messages_say() -> None:
    assert ignored(
        "The config attributes {'a': 1, 'b': [None]} were passed to X, but are not expected and will be ignored."
    ) == {
        "a": 1,
        "b": [None],
    }
    unwritten = "Keyword arguments {'a': <object at 0x7f>, 'b': 2} are not expected by X and will be ignored."
    assert list(ignored(unwritten)) == ["a", "b"]
    rows = "Key | Status | ---+---+- a.{0, 1}.w | UNEXPECTED | b.w | MISSING | Notes: -"
    report = f"\x1b[1mX LOAD REPORT\x1b[0m from: /a {rows}"
    assert weights(report) == (["b.w"], ["a.{0, 1}.w"])
    shapes = (
        "Some weights of X were not initialized from the model checkpoint at /a and are newly initialized because the "
        "shapes did not match: ['c.w']"
    )
    assert weights(shapes) == (["c.w"], [])
    assert advice("It is outdated. Please set it to 1. More.") == "Please set it to 1." and advice("Nothing.") == ""


def test_live_objects_get_what_is_about_them() -> None:
    one, other = DDIMScheduler(), UNet2DModel.__new__(UNet2DModel)
    said = [
        Said("passed to UNet2DModel", "warning", "diffusers/configuration_utils.py:1", "f"),
        Said("deprecated", "FutureWarning", "diffusers/schedulers/scheduling_ddim.py:2", "f"),
        Said("anything", "warning", "transformers/x.py:3", "f"),
    ]
    found = sorted_out(said, [("pipe", object()), ("unet", other), ("scheduler", one)])
    assert {path: [s.place[-1] for s in messages] for path, messages in found.items()} == {
        "unet": ["1"],
        "scheduler": ["2"],
        "pipe": ["3"],
    }


def test_the_fixture_hears_what_a_test_loads(pytester: pytest.Pytester, tmp_path: Path) -> None:
    folder = copy("sd15", tmp_path, weights=True)
    edit(folder / "scheduler" / "scheduler_config.json", lambda c: c.update(steps_offset=0))
    edit(folder / "model_index.json", lambda c: c.update(bar=["diffusers", "UNet2DModel"]))
    pytester.makepyfile(
        f"""
        import pytest, warnings
        from diffusers import StableDiffusionPipeline
        pytestmark = pytest.mark.filterwarnings("ignore")
        def load():
            return StableDiffusionPipeline.from_pretrained({str(folder)!r}, local_files_only=True)
        def test_loaded(inspect_pipe):
            pipe = load()
            with pytest.raises(pytest.fail.Exception) as caught:
                inspect_pipe(pipe)
            found = {{(f.code, f.where) for f in caught.value.report.findings if f.severity != "note"}}
            assert found & {{("IPC112", "scheduler.steps_offset"), ("IPM604", "scheduler.steps_offset")}}, found
            assert sum(f.where == "pipe.bar" for f in caught.value.report.findings) == 1
            inspect_pipe(pipe.vae)  # forgotten: what was said is told once
        def test_not_asked(inspect_pipe):
            load()
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:unraisableexception")
    assert result.parseoutcomes()["passed"] == 2, result.stdout.str()
