"""One wrong setting a row: each must move the exact result by more than 100 times its numerical noise.

The truth is the model's own training: the network answers as it was trained, whatever the scheduler believes. The
second table is what must be left alone: other ways to the same sampler, and settings that the class does not read.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.samplers.solve import Solved, solve
from inspector.samplers.told import Conditioning, truth_of
from inspector.samplers.verdict import verdict
from tests.test_solve import SD15, make

V = {**SD15, "prediction_type": "v_prediction"}
ZERO = {**V, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
FLOW = {
    "num_train_timesteps": 1000,
    "shift": 3.0,
    "flow_shift": 3.0,
    "use_flow_sigmas": True,
    "prediction_type": "flow_prediction",
}
LEADING = {**SD15, "timestep_spacing": "leading"}

WRONG: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    # what is wrong, class, the model's config, the wrong settings
    *(
        ("prediction_type", c, V, {"prediction_type": "epsilon"})
        for c in ("DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler")
    ),
    ("prediction_type", "EulerAncestralDiscreteScheduler", SD15, {"prediction_type": "v_prediction"}),
    ("prediction_type", "HeunDiscreteScheduler", SD15, {"prediction_type": "sample"}),
    ("prediction_type", "DPMSolverMultistepScheduler", FLOW, {"prediction_type": "epsilon"}),
    *(
        ("beta_schedule", c, SD15, {"beta_schedule": "linear"})
        for c in ("DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "PNDMScheduler")
    ),
    ("beta_schedule", "EulerAncestralDiscreteScheduler", SD15, {"beta_schedule": "linear"}),
    ("beta_end", "EulerDiscreteScheduler", SD15, {"beta_end": 0.0125}),
    ("zero SNR", "EulerDiscreteScheduler", ZERO, {"rescale_betas_zero_snr": False}),
    ("zero SNR", "DDIMScheduler", ZERO, {"rescale_betas_zero_snr": False}),
    *(
        ("steps_offset", c, LEADING, {"steps_offset": 0})
        for c in ("DDIMScheduler", "PNDMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler")
    ),
    *(
        ("spacing", c, LEADING, {"timestep_spacing": spacing})
        for c in ("DDIMScheduler", "PNDMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler")
        for spacing in ("linspace", "trailing")
        if (c, spacing) != ("PNDMScheduler", "linspace")
    ),
    ("sigmas", "EulerDiscreteScheduler", SD15, {"use_karras_sigmas": True}),
    ("set_alpha_to_one", "DDIMScheduler", SD15, {"set_alpha_to_one": True}),
    ("clip_sample", "DDIMScheduler", SD15, {"clip_sample": True}),
    ("clip_sample", "DDPMScheduler", SD15, {"clip_sample": True}),
    ("clip_sample", "LCMScheduler", SD15, {"clip_sample": True}),
    *(
        ("initial noise", c, SD15, {"init": 1.0})
        for c in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler")
    ),
    ("initial noise", "DDIMScheduler", SD15, {"init": 14.6}),
    *(
        ("flow sigmas", c, FLOW, wrong)
        for c in ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "DEISMultistepScheduler")
        for wrong in (
            {"use_flow_sigmas": False},
            {"use_flow_sigmas": False, "prediction_type": "epsilon"},
            {"flow_shift": 1.0},
        )
    ),
]


def both(
    cls: str, config: dict[str, Any], wrong: dict[str, Any], conditioning: Conditioning, n: int = 20
) -> tuple[Solved, Solved]:
    """The right sampler and the wrong one, on the model that the right config describes."""
    settings = {k: v for k, v in wrong.items() if k != "init"}
    right = make(cls, config)
    truth = truth_of(right)
    return (
        solve(right, n, conditioning=conditioning, truth=truth),
        solve(make(cls, {**config, **settings}), n, conditioning=conditioning, truth=truth, init=wrong.get("init")),
    )


@pytest.mark.parametrize("conditioning", ["sigma", "t"])
@pytest.mark.parametrize(("what", "cls", "config", "wrong"), WRONG, ids=[f"{w[0]}-{w[1]}" for w in WRONG])
def test_each_fault_moves_more_than_100_times_the_noise(
    what: str, cls: str, config: dict[str, Any], wrong: dict[str, Any], conditioning: Conditioning
) -> None:
    right, faulty = both(cls, config, wrong, conditioning)
    assert right.reason == "", "the right setup gives numbers"
    found = verdict(faulty, right)
    assert not found.same
    assert found.times > 100, (what, found)
    assert found.what == ("superposition" if what == "clip_sample" else found.what)
    assert found.what != "outcome"


ALONE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # class, the model's config, settings that change nothing
    ("EulerDiscreteScheduler", SD15, {"steps_offset": 0}),  # spacing is linspace: there is no offset
    ("EulerDiscreteScheduler", SD15, {"clip_sample": True}),  # no parameter of this class
    ("EulerAncestralDiscreteScheduler", SD15, {"use_karras_sigmas": True}),  # silently ignored
    ("DPMSolverMultistepScheduler", SD15, {"flow_shift": 3.0}),  # read only with flow sigmas
    ("DDIMScheduler", SD15, {"clip_sample_range": 2.0}),  # not clipping
    ("HeunDiscreteScheduler", SD15, {"interpolation_type": "linear"}),
    ("UniPCMultistepScheduler", FLOW, {"beta_schedule": "linear"}),  # flow sigmas need no betas
]


@pytest.mark.parametrize("conditioning", ["sigma", "t"])
@pytest.mark.parametrize(("cls", "config", "wrong"), ALONE)
def test_settings_without_effect_are_left_alone(
    cls: str, config: dict[str, Any], wrong: dict[str, Any], conditioning: Conditioning
) -> None:
    right, other = both(cls, config, wrong, conditioning)
    assert right.std is not None
    assert verdict(other, right).same
    assert other == right


CLASSES = [
    "DDIMScheduler",
    "DDPMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LCMScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "SASolverScheduler",
    "TCDScheduler",
    "UniPCMultistepScheduler",
]


@pytest.mark.parametrize("cls", CLASSES)
def test_other_ways_to_the_same_sampler_are_left_alone(cls: str, tmp_path: Any) -> None:
    import diffusers

    scheduler = make(cls)
    right = solve(scheduler, 20)
    assert right.std is not None
    scheduler.save_pretrained(tmp_path)
    saved = getattr(diffusers, cls).from_pretrained(tmp_path)
    written = json.loads((tmp_path / "scheduler_config.json").read_text(encoding="utf-8"))
    twice = make(cls)
    twice.set_timesteps(7)
    twice.set_timesteps(20)
    for other in (saved, make(cls, written), twice):
        assert verdict(solve(other, 20), right).same
    # Told the timestep instead of the sigma, the network hears the same up to the rounding of a timestep.
    told = solve(scheduler, 20, conditioning="t")
    assert told.std == pytest.approx(right.std, abs=2e-3)
