"""The ways in which settings really go wrong, each on the real library, each found and explained.

Numbers are those of threads in huggingface/diffusers, or of the measured facts behind them.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from inspector import demo
from inspector.model import Finding
from inspector.observe import capture
from inspector.rules import judge
from inspector.snapshots import take

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.usefixtures("forked")


def found(obj: Any, code: str, where: str) -> Finding:
    """The one finding of this code at this place; fails with all findings when it is not there."""
    findings = judge(capture(obj))
    hits = [f for f in findings if f.code == code and f.where == where]
    assert len(hits) == 1, [(f.code, f.where, f.message) for f in findings if f.severity != "note"]
    return hits[0]


def codes(obj: Any, least: str = "warning") -> set[str]:
    return {f.code for f in judge(capture(obj)) if f.severity in ("error", least)}


@pytest.fixture(scope="session")
def folder() -> Path:
    return demo.path("sd15")


@pytest.fixture
def pipe(folder: Path) -> Any:
    return diffusers.StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)


def edited(folder: Path, to: Path, name: str, **changes: Any) -> Path:
    """A copy of a demo's folder with some keys of one JSON changed; None as a key's new value removes the key."""
    import shutil

    shutil.copytree(folder, to)
    data = json.loads((to / name).read_text())
    data.update(changes)
    (to / name).write_text(json.dumps({k: v for k, v in data.items() if v != "-"}))
    return to


def from_folder(path: Path, code: str, where: str) -> Finding:
    findings = judge(take(str(path)))
    hits = [f for f in findings if f.code == code and f.where == where]
    assert len(hits) == 1, [(f.code, f.where, f.message) for f in findings]
    return hits[0]


def test_01_frozen_dict_is_not_frozen() -> None:  # 3767, 9503
    scheduler = diffusers.EulerDiscreteScheduler()
    scheduler.config.use_karras_sigmas = True
    finding = found(scheduler, "IPC101", "scheduler.use_karras_sigmas")
    assert finding.places["item"] is False and finding.places["attr"] is True
    assert "set_timesteps" in finding.message and "from_config, save_pretrained and repr use False" in finding.message
    assert finding.fix == "scheduler = EulerDiscreteScheduler.from_config(scheduler.config, use_karras_sigmas=True)"
    assert any("config.attr scheduling_euler_discrete.py:" in r for r in finding.reads)


@pytest.mark.parametrize("spoil", ["clear", "popitem", "or", "del"])
def test_01_the_other_ways_to_write_a_frozen_dict(spoil: str) -> None:
    scheduler = diffusers.EulerDiscreteScheduler(beta_start=0.1)
    if spoil == "clear":
        scheduler.config.clear()
    elif spoil == "popitem":
        scheduler.config.popitem()  # _use_default_values
        scheduler.config.popitem()
    elif spoil == "or":
        config = scheduler.config
        config |= {"beta_end": 0.5}
    else:
        del scheduler.config.beta_end
    assert "IPC101" in codes(scheduler)


def test_02_an_edit_that_from_config_reverts() -> None:  # 7626
    scheduler = diffusers.EulerDiscreteScheduler()
    scheduler.config["beta_end"] = 0.5
    finding = found(scheduler, "IPC102", "scheduler.beta_end")
    assert "0.5" in finding.message and "0.02" in finding.message and "_use_default_values" in finding.message
    assert diffusers.EulerDiscreteScheduler.from_config(scheduler.config).config.beta_end == 0.02


def test_03_a_positional_argument_is_recorded_as_default() -> None:  # 14460
    finding = found(diffusers.DDIMScheduler(500), "IPC102", "scheduler.num_train_timesteps")
    assert "passed by position" in finding.message and finding.places["item"] == 500
    assert not codes(diffusers.DDIMScheduler(num_train_timesteps=500))


def test_07_a_hidden_key_of_another_class() -> None:
    config = {**diffusers.DDIMScheduler().config, "use_karras_sigmas": True}
    finding = found(diffusers.DDIMScheduler.from_config(config), "IPC104", "scheduler.use_karras_sigmas")
    assert "hidden key" in finding.message and "DPMSolverMultistep" in finding.message and "use one of" in finding.fix


def test_08_a_typo_in_the_file(folder: Path, tmp_path: Path) -> None:
    spoiled = edited(folder, tmp_path / "m", "scheduler/scheduler_config.json", timestep_spacin="trailing")
    finding = from_folder(spoiled, "IPC104", "scheduler.timestep_spacin")
    assert "did you mean timestep_spacing" in finding.message and finding.severity == "warning"


def test_09_the_deprecated_access_reads_the_other_layer() -> None:
    scheduler = diffusers.DDIMScheduler()
    scheduler.config.beta_start = 0.5
    finding = found(scheduler, "IPC101", "scheduler.beta_start")
    assert finding.places["item"] == 0.0001 and finding.places["attr"] == 0.5 and "live" not in finding.places


def test_10_the_library_writes_the_attribute_and_is_named(pipe: Any) -> None:  # 6088
    pipe.unet.config.encoder_hid_dim_type = "ip_image_proj"
    finding = found(pipe, "IPC101", "unet.encoder_hid_dim_type")
    assert finding.severity == "warning" and "the library itself writes the attribute" in finding.message
    assert ".py:" in finding.message


def test_11_the_attribute_is_not_what_set_timesteps_reads() -> None:
    scheduler = diffusers.EulerDiscreteScheduler()
    scheduler.use_karras_sigmas = True
    finding = found(scheduler, "IPC103", "scheduler.use_karras_sigmas")
    assert "only the config is read" in finding.message
    ddpm = diffusers.DDPMScheduler()
    ddpm.variance_type = "learned_range"
    assert found(ddpm, "IPC110", "scheduler.variance_type")


@pytest.mark.parametrize(
    ("cls", "key", "value", "derived"),
    [("DDIMScheduler", "beta_end", 0.5, "betas"), ("DDIMScheduler", "set_alpha_to_one", False, "final_alpha_cumprod")],
)
def test_12_only_the_constructor_reads_it(cls: str, key: str, value: Any, derived: str) -> None:
    scheduler = getattr(diffusers, cls)()
    setattr(scheduler.config, key, value)
    assert derived in found(scheduler, "IPC107", f"scheduler.{key}").message


def test_13_flow_match_shift() -> None:  # 8501
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    scheduler.set_shift(7.0)
    finding = found(scheduler, "IPC109", "scheduler.shift")
    assert finding.places["live"] == 7.0 and finding.places["item"] == 1.0
    other = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    other.register_to_config(shift=7.0)
    assert "_shift" not in found(other, "IPC107", "scheduler.shift").fix


def test_14_requires_safety_checker_once_and_twice(pipe: Any) -> None:  # 815, 845
    pipe.requires_safety_checker = False
    once = found(pipe, "IPC103", "pipe.requires_safety_checker")
    assert once.places["item"] is True and once.places["live"] is False and once.fix == "pipe.safety_checker = None"
    assert found(pipe, "IPC106", "pipe.requires_safety_checker").fix == "pipe.safety_checker = None"
    assert found(pipe, "IPP205", "pipe.requires_safety_checker")
    pipe.requires_safety_checker = False
    assert pipe.config.requires_safety_checker is False
    assert found(pipe, "IPP205", "pipe.requires_safety_checker")
    pipe.safety_checker = None
    assert "IPP205" not in codes(pipe)


def test_15_the_first_assignment_is_inert() -> None:  # 4160
    pipe = diffusers.StableDiffusionXLPipeline.from_pretrained(demo.path("sdxl"), local_files_only=True)
    pipe.force_zeros_for_empty_prompt = False
    finding = found(pipe, "IPC103", "pipe.force_zeros_for_empty_prompt")
    assert "only the config is read" in finding.message and "encode_prompt" in finding.message
    assert finding.fix == "pipe.register_to_config(force_zeros_for_empty_prompt=False)"


def test_16_a_component_in_a_none_slot_is_not_saved(folder: Path) -> None:  # 3063
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, local_files_only=True)
    full = diffusers.StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipe.safety_checker = full.safety_checker
    finding = found(pipe, "IPP209", "pipe.safety_checker")
    assert "(None, None)" in finding.message
    assert finding.fix == "pipe.register_modules(safety_checker=pipe.safety_checker)"


def test_17_a_pipeline_rewrites_the_schedulers_config(pipe: Any) -> None:  # 10003, 7564
    parts = {**pipe.components, "scheduler": diffusers.DDIMScheduler()}
    patched = diffusers.StableDiffusionPipeline(**parts)
    for key, value in (("steps_offset", 1), ("clip_sample", False)):
        finding = found(patched, "IPC102", f"scheduler.{key}")
        assert finding.places["item"] == value and "StableDiffusionPipeline.__init__ (" in finding.message


def test_19_vae_scale_factor_is_computed_once(pipe: Any) -> None:
    levels = len(pipe.vae.config.block_out_channels)
    more = {"DownEncoderBlock2D": "down_block_types", "UpDecoderBlock2D": "up_block_types"}
    config = dict(pipe.vae.config)
    for block, key in more.items():
        config[key] = [block] * (levels + 2)
    config["block_out_channels"] = [8] * (levels + 2)
    config["norm_num_groups"] = 8
    pipe.vae = diffusers.AutoencoderKL(**{k: v for k, v in config.items() if not k.startswith("_")})
    finding = found(pipe, "IPC107", "pipe.vae_scale_factor")
    assert str(pipe.vae_scale_factor) in finding.message and str(2 ** (levels + 1)) in finding.message
    assert finding.fix == "pipe = StableDiffusionPipeline(**pipe.components)"


def test_20_index_and_component_disagree(folder: Path, tmp_path: Path) -> None:  # 3231, 5918
    spoiled = edited(folder, tmp_path / "class", "model_index.json", scheduler=["diffusers", "DDIMScheduler"])
    assert "the index wins" in from_folder(spoiled, "IPP201", "scheduler").message
    spoiled = edited(folder, tmp_path / "null", "model_index.json", unet=[None, None])
    assert from_folder(spoiled, "IPP202", "pipe.unet")
    spoiled = edited(folder, tmp_path / "scalar", "model_index.json", unknown_flag=True)
    assert from_folder(spoiled, "IPC104", "pipe.unknown_flag")
    spoiled = edited(folder, tmp_path / "extra", "model_index.json", upscaler=["diffusers", "UNet2DModel"])
    assert from_folder(spoiled, "IPC104", "pipe.upscaler")
    spoiled = edited(folder, tmp_path / "future", "model_index.json", _diffusers_version="99.0.0")
    assert "99.0.0" in from_folder(spoiled, "IPP203", "pipe").message
    spoiled = edited(folder, tmp_path / "flag", "model_index.json", requires_safety_checker="-")
    assert from_folder(spoiled, "IPC105", "pipe.requires_safety_checker").places["default"] is True


def test_21_saved_with_a_lora_active(tmp_path: Path) -> None:  # 6602, 9420
    pipe = demo.live("sd-lora")
    loaded = [f for f in judge(capture(pipe)) if f.code == "IPC109"]
    assert loaded and all(f.severity == "note" and "adapter" in f.message for f in loaded)
    pipe.save_pretrained(tmp_path / "saved")
    finding = from_folder(tmp_path / "saved", "IPP210", "unet")
    assert "base_layer" in finding.message and finding.severity == "error"


def test_28_mu_stays_in_the_attribute() -> None:
    scheduler = diffusers.DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction", use_dynamic_shifting=True
    )
    scheduler.set_timesteps(10, mu=1.15)
    finding = found(scheduler, "IPC101", "scheduler.flow_shift")
    assert finding.places["item"] == 1.0 and finding.places["attr"] == pytest.approx(3.158, abs=1e-3)
    assert "set_timesteps (scheduling_" in finding.message


def test_29_set_timesteps_edits_the_config() -> None:  # 3413
    scheduler = diffusers.DPMSolverSinglestepScheduler()
    scheduler.set_timesteps(10)
    finding = found(scheduler, "IPC102", "scheduler.lower_order_final")
    assert finding.places["item"] is True and "by DPMSolverSinglestepScheduler.set_timesteps (" in finding.message


def test_a_deep_copy_keeps_the_disagreement() -> None:
    scheduler = diffusers.EulerDiscreteScheduler()
    scheduler.config.use_karras_sigmas = True
    assert found(copy.deepcopy(scheduler), "IPC101", "scheduler.use_karras_sigmas")
