"""What another class's defaults do to a scheduler's schedule: the rows of IPC113, against the library itself."""

from __future__ import annotations

import copy
import json
import logging
from typing import Any

import pytest

from inspector import siblings
from inspector.siblings import survey

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

# The scheduler files of the two best-known checkpoints; the first was written before timestep_spacing existed.
SD15 = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True,
    "steps_offset": 1, "trained_betas": None, "clip_sample": False,
}  # fmt: skip
SDXL = {
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.19.0.dev0", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "interpolation_type": "linear",
    "num_train_timesteps": 1000, "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": False,
    "skip_prk_steps": True, "steps_offset": 1, "timestep_spacing": "leading", "trained_betas": None,
    "use_karras_sigmas": False,
}  # fmt: skip


def loaded(config: dict[str, Any]) -> Any:
    return getattr(diffusers, config["_class_name"]).from_config(dict(config))


def test_explicit_settings_are_left_alone() -> None:
    assert [row for row in survey(loaded(SDXL)) if row["classes"]] == []
    assert survey(diffusers.FlowMatchEulerDiscreteScheduler()) == []


def test_the_missing_timestep_spacing_of_sd15() -> None:
    [row] = survey(loaded(SD15))
    assert (row["key"], row["value"], row["unchecked"]) == ("timestep_spacing", "leading", {})
    expected = {"EulerDiscreteScheduler": 11.0283, "DPMSolverMultistepScheduler": 10.4250,
                "UniPCMultistepScheduler": 10.4250}  # fmt: skip
    for name, sigma in expected.items():
        effect = row["classes"][name]
        assert (effect["value"], effect["schedule"]) == ("linspace", "differs")
        assert effect["first_sigma"] == pytest.approx(14.6146, abs=1e-4)
        assert effect["first_sigma_if_explicit"] == pytest.approx(sigma, abs=1e-4)
    assert "DDIMScheduler" not in row["classes"]  # its default is "leading" too
    json.dumps(row)


def test_the_same_as_saving_and_loading(tmp_path: Any) -> None:
    scheduler = loaded(SD15)
    scheduler.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "scheduler_config.json").read_text())
    [row] = survey(scheduler)
    for name, effect in row["classes"].items():
        firsts = []
        for config in (scheduler.config, saved):
            other = getattr(diffusers, name).from_config(config)
            other.set_timesteps(siblings.STEPS)
            firsts.append(float(other.sigmas[0]))
        assert [effect["first_sigma"], effect["first_sigma_if_explicit"]] == firsts


def test_a_key_that_must_not_become_explicit_is_refused() -> None:
    rows = {row["key"]: row for row in survey(diffusers.DEISMultistepScheduler())}
    refused = rows["algorithm_type"]["refused"]
    assert "ValueError" in refused["DPMSolverMultistepScheduler"] and "deis" in refused["DPMSolverMultistepScheduler"]


def test_timesteps_where_there_are_no_sigmas() -> None:
    rows = {row["key"]: row for row in survey(diffusers.EulerDiscreteScheduler())}
    assert rows["timestep_spacing"]["classes"]["DDIMScheduler"] == {
        "value": "leading", "first_timestep": 950.0, "first_timestep_if_explicit": 999.0, "schedule": "differs",
    }  # fmt: skip


def test_fewer_steps_in_init_change_nothing() -> None:
    classes = diffusers.EulerDiscreteScheduler._get_compatibles()
    assert len(classes) > 10
    for cls in classes:
        config = dict(cls().config)
        assert siblings._schedule(cls, config) == siblings._run(cls, cls, config)


def test_a_class_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers.utils import DummyObject

    dummy = DummyObject("LMSDiscreteScheduler", (), {"_backends": ["torch", "scipy"]})
    monkeypatch.setattr(diffusers, "LMSDiscreteScheduler", dummy)
    [row] = survey(loaded(SD15))
    assert row["unchecked"] == {"LMSDiscreteScheduler": "needs torch, scipy"}
    assert "LMSDiscreteScheduler" not in row["classes"]


def test_nothing_is_touched(caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    scheduler = loaded(SD15)
    before = copy.deepcopy(vars(scheduler)), torch.get_rng_state(), diffusers.utils.logging.get_verbosity()
    with caplog.at_level(logging.DEBUG, logger="diffusers"):
        survey(scheduler)
    assert caplog.records == [] and len(recwarn) == 0
    after = vars(scheduler)
    assert before[0].keys() == after.keys()
    assert dict(before[0]["_internal_dict"]) == dict(after["_internal_dict"])
    assert vars(before[0]["_internal_dict"]) == vars(after["_internal_dict"])
    assert torch.equal(before[1], torch.get_rng_state())
    assert before[2] == diffusers.utils.logging.get_verbosity()
    assert torch.get_default_device().type == "cpu"


def test_under_a_default_device_that_holds_no_data() -> None:
    scheduler = loaded(SD15)
    with torch.device("meta"):
        [row] = survey(scheduler)
    assert row["classes"]["EulerDiscreteScheduler"]["schedule"] == "differs"
