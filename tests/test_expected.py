"""What each scheduler class must hold, against the class itself, over the whole range of steps."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import numpy as np
import pytest

from inspector.samplers import tolerance
from inspector.samplers.expected import FAMILIES, WITHOUT, NoReference, expected

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
STEPS = (1, 2, 3, 7, 13, 16, 20, 31, 48, 50, 64, 75, 99, 125, 250, 333, 500, 512, 750, 999, 1000)

CASES: dict[str, list[dict[str, Any]]] = {
    "EulerDiscreteScheduler": [
        SD,
        COSINE,
        SD | {"timestep_spacing": "leading", "steps_offset": 0},
        SD | {"use_karras_sigmas": True},
        SD | {"use_exponential_sigmas": True},
        SD | {"use_beta_sigmas": True, "sigma_min": 0.05, "sigma_max": 12.0},
        SD | {"rescale_betas_zero_snr": True},
        SD | {"final_sigmas_type": "sigma_min"},
        SD | {"timestep_type": "continuous", "prediction_type": "v_prediction"},
        {"interpolation_type": "log_linear"},
        {"trained_betas": np.linspace(0.001, 0.03, 500).tolist(), "num_train_timesteps": 500},
    ],
    "EulerAncestralDiscreteScheduler": [SD, SD | {"rescale_betas_zero_snr": True}],
    "LMSDiscreteScheduler": [{}, SD | {"use_karras_sigmas": True}],
    "DPMSolverMultistepScheduler": [
        {},
        SD,
        COSINE | {"lambda_min_clipped": -5.1},
        SD | {"timestep_spacing": "leading", "steps_offset": 1},
        SD | {"use_karras_sigmas": True, "final_sigmas_type": "sigma_min"},
        SD | {"use_lu_lambdas": True},
        SD | {"rescale_betas_zero_snr": True},
        {"use_flow_sigmas": True, "flow_shift": 3.0, "prediction_type": "flow_prediction"},
    ],
    "DPMSolverSinglestepScheduler": [SD, SD | {"use_exponential_sigmas": True}],
    "DEISMultistepScheduler": [SD, SD | {"use_beta_sigmas": True}],
    "SASolverScheduler": [SD, SD | {"use_karras_sigmas": True}],
    "UniPCMultistepScheduler": [
        SD,
        SD | {"use_exponential_sigmas": True, "final_sigmas_type": "sigma_min"},
        {"use_flow_sigmas": True, "flow_shift": 5.0, "prediction_type": "flow_prediction"},
        {"use_flow_sigmas": True, "use_karras_sigmas": True, "sigma_min": 0.01, "sigma_max": 200.0},
    ],
    "FlowMatchEulerDiscreteScheduler": [
        {"shift": 3.0},
        {"shift": 3.0, "invert_sigmas": True},
        {"shift": 3.0, "use_karras_sigmas": True},
        {"shift": 3.0, "use_exponential_sigmas": True},
        {"use_dynamic_shifting": True},
        {"use_dynamic_shifting": True, "time_shift_type": "linear"},
    ],
    "FlowMatchLCMScheduler": [{"shift": 3.0}],
    "FlowMapEulerDiscreteScheduler": [{"shift": 3.0}],
    "PiflowScheduler": [{}],
    "LTXEulerAncestralRFScheduler": [{}],
    "EDMEulerScheduler": [{}, {"final_sigmas_type": "sigma_min"}],
    "EDMDPMSolverMultistepScheduler": [{}],
    "CosineDPMSolverMultistepScheduler": [{"sigma_schedule": "karras"}],
    "DDIMScheduler": [{}, SD | {"timestep_spacing": "linspace"}],
    "DDPMScheduler": [{}],
    "TCDScheduler": [{}],
    "IPNDMScheduler": [{}],
    "DDPMWuerstchenScheduler": [{}],
    "ScoreSdeVpScheduler": [{}],
}
ROWS = [pytest.param(cls, kw, id=f"{cls}-{i}") for cls, rows in CASES.items() for i, kw in enumerate(rows)]


@pytest.fixture(autouse=True)
def quiet() -> Any:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(("cls", "kwargs"), ROWS)
def test_the_library_agrees_at_every_number_of_steps(cls: str, kwargs: dict[str, Any]) -> None:
    """No false alarm: sigmas within the relative bound and, given its own alphas, within the ulps; timesteps too."""
    import diffusers.schedulers as library

    scheduler = getattr(library, cls)(**kwargs)
    config = dict(scheduler.config)
    call: dict[str, Any] = {"mu": 1.15} if config.get("use_dynamic_shifting") else {}
    bars = getattr(scheduler, "alphas_cumprod", None)
    checked = 0
    for steps in STEPS:
        try:
            made = expected(cls, config, steps, **call)
        except NoReference:
            continue
        scheduler.set_timesteps(steps, **call)
        times = scheduler.timesteps.double().numpy()
        assert len(times) == len(made.timesteps), steps
        assert np.max(np.abs(times - np.asarray(made.timesteps))) <= made.timestep_bound, steps
        held = getattr(scheduler, "sigmas", None)
        checked += 1
        if held is None:
            continue
        grid, ours = held.double().numpy(), np.asarray(made.sigmas)
        assert grid.shape == ours.shape, steps
        zero = ours == 0
        assert np.all(grid[zero] == 0), steps
        assert np.max(np.abs(grid - ours)[~zero] / ours[~zero]) <= made.relative, steps
        if bars is not None:
            near = np.asarray(expected(cls, config, steps, alphas_cumprod=bars.double().numpy(), **call).sigmas)
            ulps = np.abs(grid - near)[~zero] / np.spacing(near[~zero].astype(np.float32))
            assert ulps.max() <= made.ulps, steps
    assert checked >= 10


def test_every_scheduler_of_the_library_has_a_formula_or_a_reason() -> None:
    import diffusers.schedulers as library
    from diffusers import SchedulerMixin

    names = {n for n, c in vars(library).items() if inspect.isclass(c) and issubclass(c, SchedulerMixin)}
    lazy = {n for n in dir(library) if n.endswith("Scheduler")}
    known = set(FAMILIES) | set(WITHOUT)
    assert (names | lazy) - known <= {"SchedulerMixin", "FlaxScheduler"}
    assert not set(FAMILIES) & set(WITHOUT)


@pytest.mark.parametrize("cls", [*WITHOUT, "NobodysScheduler"])
def test_without_a_formula_the_reason_is_given(cls: str) -> None:
    with pytest.raises(NoReference) as caught:
        expected(cls, {}, 10)
    assert caught.value.reason == WITHOUT.get(cls, "no formula is known for NobodysScheduler")


@pytest.mark.parametrize(
    ("cls", "config", "steps", "reason"),
    [
        ("EulerDiscreteScheduler", SD | {"num_train_timesteps": 1000}, 0, "0 steps are no schedule"),
        ("EulerDiscreteScheduler", SD, 5, "the configuration has no num_train_timesteps"),
        ("EulerDiscreteScheduler", {"num_train_timesteps": 9, "beta_schedule": "wavy"}, 5, "beta_schedule 'wavy'"),
        (
            "EulerDiscreteScheduler",
            SD | {"num_train_timesteps": 1000, "timestep_spacing": "odd"},
            5,
            "timestep_spacing 'odd'",
        ),
        (
            "HeunDiscreteScheduler",
            SD | {"num_train_timesteps": 1000, "use_karras_sigmas": True, "use_beta_sigmas": True},
            5,
            "exclude each other",
        ),
        ("FlowMatchEulerDiscreteScheduler", {"num_train_timesteps": 1000, "use_dynamic_shifting": True}, 5, "needs mu"),
        (
            "FlowMatchEulerDiscreteScheduler",
            {"num_train_timesteps": 1000, "shift_terminal": 0.1},
            1,
            "cannot be stretched",
        ),
        ("DDIMScheduler", SD | {"num_train_timesteps": 1000}, 1001, "1001 steps of 1000"),
        ("UnCLIPScheduler", {"num_train_timesteps": 1000}, 1, "needs two steps"),
        ("PNDMScheduler", SD | {"num_train_timesteps": 1000}, 3, "needs 4 steps"),
        (
            "DPMSolverMultistepInverseScheduler",
            SD | {"num_train_timesteps": 9, "use_flow_sigmas": True},
            3,
            "inversion",
        ),
    ],
)
def test_what_cannot_be_told_says_why(cls: str, config: dict[str, Any], steps: int, reason: str) -> None:
    with pytest.raises(NoReference, match=reason):
        expected(cls, config, steps)


FULL = SD | {"num_train_timesteps": 1000}


@pytest.mark.parametrize("steps", [61, 103, 121])
@pytest.mark.parametrize("cls", ["EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "DDIMScheduler"])
def test_trailing_has_n_steps_where_the_library_has_one_more(cls: str, steps: int) -> None:
    """The defect shows as a difference, not as a longer expectation."""
    import diffusers

    config = FULL | {"timestep_spacing": "trailing"}
    made = expected(cls, config, steps)
    assert len(made.timesteps) == steps
    assert min(made.timesteps) >= 0
    scheduler = getattr(diffusers, cls).from_config(config)
    scheduler.set_timesteps(steps)
    assert len(scheduler.timesteps) == steps + 1
    assert scheduler.timesteps[-1] == -1


@pytest.mark.parametrize(
    ("cls", "config", "steps", "note"),
    [
        ("HeunDiscreteScheduler", FULL | {"rescale_betas_zero_snr": True}, 5, "rescale_betas_zero_snr is not read"),
        ("EulerAncestralDiscreteScheduler", FULL | {"use_karras_sigmas": True}, 5, "use_karras_sigmas is not read"),
        ("DDIMScheduler", FULL | {"use_beta_sigmas": True}, 5, "use_beta_sigmas is not read"),
        ("EulerDiscreteScheduler", FULL, 1, "a single step starts at the smallest sigma"),
        ("DEISMultistepScheduler", FULL, 5, "never reaches 0"),
        ("SASolverScheduler", FULL, 5, "never reaches 0"),
        ("FlowMatchEulerDiscreteScheduler", {"num_train_timesteps": 1000, "shift": 3.0}, 5, "shifted twice"),
        (
            "DPMSolverMultistepScheduler",
            FULL | {"use_flow_sigmas": True, "flow_shift": 1.0, "shift": 3.0},
            5,
            "shift=3.0 is not read by DPMSolverMultistepScheduler: flow_shift=1.0 is",
        ),
        ("DPMSolverMultistepScheduler", FULL | {"use_beta_sigmas": True}, 100, "whole timesteps repeat"),
        ("FlowMatchHeunDiscreteScheduler", {"num_train_timesteps": 1000, "use_dynamic_shifting": True}, 5, "not read"),
        (
            "EulerDiscreteScheduler",
            FULL | {"timestep_spacing": "leading", "steps_offset": 1},
            1000,
            "outside the 1000 of training",
        ),
    ],
)
def test_what_surprises_is_noted(cls: str, config: dict[str, Any], steps: int, note: str) -> None:
    assert note in " | ".join(expected(cls, config, steps).notes)


@pytest.mark.parametrize("cls", ["HeunDiscreteScheduler", "LMSDiscreteScheduler", "SASolverScheduler", "DDIMScheduler"])
def test_hidden_keys_of_other_classes_change_nothing(cls: str) -> None:
    """A configuration that came from another class carries keys that this one does not read."""
    config = FULL | {"timestep_spacing": "linspace"}
    hidden = {"final_sigmas_type": "sigma_min", "interpolation_type": "log_linear", "timestep_type": "continuous",
              "use_lu_lambdas": True, "snr_shift_scale": 3.0, "shift_terminal": 0.1}  # fmt: skip
    assert expected(cls, config | hidden, 10).sigmas == expected(cls, config, 10).sigmas


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("vp", SD),
        ("vp-1e-4", {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}),
        ("vp-1e-4", {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "scaled_linear"}),
        ("cosine", COSINE),
        ("vp-other", {"beta_start": 3e-4, "beta_end": 0.02, "beta_schedule": "linear"}),
    ],
)
def test_tolerances_follow_from_the_first_beta(name: str, kwargs: dict[str, Any]) -> None:
    """1 - beta_0 in float32, seen through 1 - ᾱ_0: the bound is above that error and less than twice as large."""
    from inspector.samplers.families import tables

    made = expected("EulerDiscreteScheduler", {"num_train_timesteps": 1000, **kwargs}, 10)
    betas = tables.betas(kwargs["beta_schedule"], 1000, kwargs.get("beta_start", 0), kwargs.get("beta_end", 0))
    first = float(betas[0])
    error = abs(float(np.float32(1) - np.float32(first)) - (1 - first)) / (2 * first * (1 - first))
    assert made.bound == name
    assert 1.2 * error < made.relative
    if name != "vp-other":
        assert made.relative == tolerance.bound(name).relative < 2 * error


def test_the_bounds_are_the_ones_agreed() -> None:
    agreed = {"vp": 2e-5, "vp-1e-4": 1.2e-4, "cosine": 4e-4, "flow": 5e-6}
    assert {n: tolerance.bound(n).relative for n in agreed} == agreed
    assert {n: tolerance.bound(n).ulps for n in ("vp", "cosine", "flow", "edm")} == {
        "vp": 16, "cosine": 16, "flow": 16, "edm": 64,
    }  # fmt: skip


@pytest.mark.parametrize("cls", ["CogVideoXDDIMScheduler", "DDIMScheduler", "UnCLIPScheduler", "DDPMScheduler"])
@pytest.mark.parametrize("zero", [False, True])
def test_the_training_table_is_the_class_own(cls: str, zero: bool) -> None:
    """Classes that keep no sigmas: their ᾱ against ours."""
    import diffusers

    from inspector.samplers.families.run import Run
    from inspector.samplers.families.tables import table

    kwargs = {"rescale_betas_zero_snr": True} if zero and cls != "UnCLIPScheduler" else {}
    scheduler = getattr(diffusers, cls)(**kwargs)
    ours = table(Run(cls, dict(scheduler.config), 10))
    theirs = scheduler.alphas_cumprod.double().numpy()
    assert np.max(np.abs(ours.bars - theirs)) < 1e-6
    if zero and kwargs:
        assert theirs[-1] == ours.bars[-1] == 0
        assert expected(cls, dict(scheduler.config) | {"timestep_spacing": "trailing"}, 5).sigmas[0] == np.inf
