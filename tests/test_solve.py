"""The exact solver: its formulas, its honesty about what it cannot say, and that impulses say what real noise does."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from inspector.samplers.gaussian import Data, Level, consistency, edm, flow, ode_limit, output, posterior, sde_limit, vp
from inspector.samplers.reproduce import reproduction
from inspector.samplers.solve import solve
from inspector.samplers.told import scheduler_level, truth_of
from inspector.samplers.verdict import elsewhere

SD15 = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
}
LEVELS = [vp(14.6), vp(1.0), vp(0.03), flow(0.9), flow(0.1), edm(80.0, 0.5), Level(1.0, 3.0)]
DATA = [Data(), Data(-1.2, 0.4)]


def make(cls: str, config: dict[str, Any] | None = None, /, **kwargs: Any) -> Any:
    import diffusers

    return getattr(diffusers, cls).from_config(SD15 if config is None else config, **kwargs)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("at", LEVELS)
def test_posterior_is_bayes(at: Level, data: Data) -> None:
    """By quadrature over x0, sharing nothing with the formula."""
    import numpy as np

    x0 = np.linspace(data.mu - 12 * data.s, data.mu + 12 * data.s, 400_001)
    for x in (-1.0, 0.2, 2.0):
        weight = np.exp(-((x0 - data.mu) ** 2) / (2 * data.s**2) - (x - at.alpha * x0) ** 2 / (2 * at.sigma**2))
        mean, eps = posterior(x, at, data)
        assert mean == pytest.approx(np.sum(weight * x0) / np.sum(weight), abs=1e-8)
        assert at.alpha * mean + at.sigma * eps == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("at", LEVELS)
def test_limits_are_the_ode_and_the_sde(at: Level, data: Data) -> None:
    """The probability flow in the frame x0 + r eps, dx/dr = (x - E[x0 | x]) / r, integrated by scipy."""
    from scipy.integrate import solve_ivp

    ratio = at.sigma / at.alpha

    def slope(r: float, y: Any) -> Any:
        return (y - posterior(y, Level(1.0, r), data)[0]) / r

    start = [0.0, 1.0 / at.alpha]
    end = solve_ivp(slope, (ratio, 1e-7), start, rtol=1e-11, atol=1e-11, method="DOP853").y[:, -1]
    mean, std = ode_limit(at, 1.0, data)
    assert mean == pytest.approx(end[0], abs=1e-6)
    assert std == pytest.approx(end[1] - end[0], abs=1e-6)
    assert consistency(1.0, at, data)[0] == pytest.approx(end[1], abs=1e-6)
    # Started from its own marginal, either way ends at the data; the SDE started from a point forgets by Bayes.
    assert ode_limit(at, at.spread(data), data)[1] == pytest.approx(data.s)
    assert sde_limit(at, at.spread(data), data)[1] == pytest.approx(data.s)
    point = sde_limit(at, 0.0, data)
    assert point[0] == pytest.approx(posterior(0.0, at, data)[0])
    assert point[1] == pytest.approx(data.s * at.sigma / at.spread(data))


@pytest.mark.parametrize("at", LEVELS[:3])
def test_parametrisations_say_the_same(at: Level) -> None:
    x = 0.7
    x0, eps = posterior(x, at, Data())
    v = output(x, at, x0, eps, "v_prediction")
    assert at.alpha * x - at.sigma * v == pytest.approx(x0)
    assert output(x, at, x0, eps, "sample") == x0
    assert (x - at.sigma * output(x, at, x0, eps, "epsilon")) / at.alpha == pytest.approx(x0)
    assert output(x, at, x0, eps, "flow_prediction") == eps - x0
    with pytest.raises(KeyError):
        output(x, at, x0, eps, "velocity")


STOCHASTIC = [
    ("EulerAncestralDiscreteScheduler", {}),
    ("DDPMScheduler", {}),
    ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True}),
    ("KDPM2AncestralDiscreteScheduler", {}),
    ("SASolverScheduler", {}),
    ("LCMScheduler", {}),
    ("DPMSolverSDEScheduler", {}),
    ("DPMSolverSDEScheduler", {"use_karras_sigmas": True}),
]


@pytest.mark.filterwarnings("ignore:Should have ta>=t0:UserWarning")
@pytest.mark.parametrize(("cls", "kwargs"), STOCHASTIC, ids=[f"{c}{i}" for i, (c, _) in enumerate(STOCHASTIC)])
def test_real_noise_does_what_the_impulses_say(cls: str, kwargs: dict[str, Any]) -> None:
    """40,000 real samples with the library's own noise; the std of their std is known."""
    import torch

    if cls == "DPMSolverSDEScheduler":
        pytest.importorskip("torchsde")
    scheduler, count, steps = make(cls, **kwargs), 40_000, 6
    exact, truth = solve(scheduler, steps), truth_of(scheduler)
    torch.manual_seed(1)
    scheduler.set_timesteps(steps)
    x = torch.randn(count, 1, 1, 1, dtype=torch.float64) * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        x_in = scheduler.scale_model_input(x, t)
        at = scheduler_level(scheduler, truth, t, float(x_in[0] / x[0]))
        x0, eps = (consistency if truth.consistent else posterior)(x_in, at, truth.data)
        x = scheduler.step(output(x_in, at, x0, eps, truth.predicts), t, x, return_dict=False)[0]
    assert exact.true_std is not None
    assert float(x.mean()) == pytest.approx(exact.mean, abs=5 * exact.true_std / math.sqrt(count))
    assert float(x.std()) == pytest.approx(exact.true_std, abs=5 * exact.true_std / math.sqrt(2 * count))
    if exact.brownian_std is not None:
        # Overlapping increments are not independent, and it shows.
        assert abs(float(x.std()) - float(exact.std or 0)) > 20 * exact.true_std / math.sqrt(2 * count)


def test_the_scheduler_is_left_as_it_was() -> None:
    scheduler = make("DPMSolverSinglestepScheduler", lower_order_final=False)
    before, config = copy.deepcopy(vars(scheduler)), dict(scheduler.config)
    assert solve(scheduler, 5).std
    assert dict(scheduler.config) == config
    assert vars(scheduler).keys() == before.keys()
    assert scheduler.num_inference_steps is None


def test_a_factory_and_an_object_agree_whatever_was_run_before() -> None:
    used = make("UniPCMultistepScheduler")
    used.set_timesteps(7)
    assert solve(used, 20) == solve(lambda: make("UniPCMultistepScheduler"), 20) == solve(used, 20)


@pytest.mark.parametrize(
    ("cls", "kwargs", "why"),
    [
        ("DDIMScheduler", {"clip_sample": True}, "clip_sample"),
        ("DDPMScheduler", {"clip_sample": True, "clip_sample_range": 3.0}, "clip_sample"),
        ("DDIMScheduler", {"thresholding": True}, "thresholding"),
        ("DPMSolverMultistepScheduler", {"thresholding": True}, "thresholding"),
    ],
)
def test_clipping_is_reported_and_gives_no_number(cls: str, kwargs: dict[str, Any], why: str) -> None:
    solved = solve(make(cls, **kwargs), 20)
    assert solved.mean is solved.std is solved.gain is None
    assert solved.not_affine is not None
    assert f"not affine ({why} is on)" in solved.reason


def test_an_option_to_clip_that_the_class_does_not_read_is_no_finding() -> None:
    assert solve(make("EulerDiscreteScheduler", {**SD15, "clip_sample": True}), 20).reason == ""


COSINE = {"beta_schedule": "squaredcos_cap_v2"}
BETA = {**SD15, "use_beta_sigmas": True}
KARRAS = {**COSINE, "use_karras_sigmas": True}
FAILURES = [
    ("UniPCMultistepScheduler", {**SD15, "solver_type": "bh1"}, 10, "not finite after step 9"),
    ("UniPCMultistepScheduler", {**SD15, "lower_order_final": False}, 10, "not finite after step 9"),
    ("UniPCMultistepScheduler", {**SD15, "lower_order_final": False, "solver_order": 3}, 10, "_LinAlgError"),
    ("DPMSolverMultistepScheduler", KARRAS, 20, "step raises IndexError at step 19 (timestep 0)"),
    ("DPMSolverSinglestepScheduler", KARRAS, 20, "step raises IndexError at step 19 (timestep 0)"),
    ("DEISMultistepScheduler", KARRAS, 20, "step raises IndexError at step 19 (timestep 0)"),
    ("UniPCMultistepScheduler", KARRAS, 20, "step raises AssertionError at step 19 (timestep 0)"),
    ("SASolverScheduler", KARRAS, 20, "step raises AssertionError at step 19 (timestep 0)"),
    ("DPMSolverMultistepScheduler", BETA, 32, "step raises IndexError at step 31 (timestep 0)"),
    ("DPMSolverSinglestepScheduler", BETA, 32, "step raises IndexError at step 31 (timestep 0)"),
    ("DEISMultistepScheduler", BETA, 32, "step raises IndexError at step 31 (timestep 0)"),
    ("UniPCMultistepScheduler", BETA, 32, "step raises AssertionError at step 31 (timestep 0)"),
    ("PNDMScheduler", {**SD15, "prediction_type": "sample"}, 10, "step raises ValueError at step 0 (timestep 901)"),
    ("LCMScheduler", SD15, 51, "set_timesteps raises ValueError: "),
]


@pytest.mark.parametrize(("cls", "kwargs", "steps", "reason"), FAILURES)
def test_what_only_the_loop_shows_is_reported_with_its_step_and_reproduced(
    cls: str, kwargs: dict[str, Any], steps: int, reason: str
) -> None:
    import diffusers

    scheduler = make(cls, kwargs)
    solved = solve(scheduler, steps)
    assert reason in solved.reason
    assert solved.std is None
    taken = {k: v for k, v in kwargs.items() if k in getattr(diffusers, cls)().config}
    code = reproduction(cls, taken, steps, solved, {})
    expected = solved.raised.type if solved.raised else "AssertionError"
    with pytest.raises(Exception, match=None if solved.raised else "not finite") as raised:
        exec(compile(code, "reproduction", "exec"), {})  # the library's own failure, without this package
    assert type(raised.value).__name__ == expected


@pytest.mark.parametrize("cls", ["DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"])
def test_one_step_fewer_has_no_duplicate_and_runs(cls: str) -> None:
    assert solve(make(cls, BETA), 31).reason == ""


def test_one_step_with_linspace_starts_at_the_smallest_sigma() -> None:
    """The start is so quiet that even the exact solution ends nowhere near the data."""
    alone = solve(make("EulerDiscreteScheduler", timestep_spacing="linspace"), 1)
    right = solve(make("EulerDiscreteScheduler", timestep_spacing="trailing"), 1)
    assert alone.ode_mean == pytest.approx(0.0, abs=1e-3)
    assert alone.ode_std == pytest.approx(0.029, abs=1e-3)
    assert (right.ode_mean, right.ode_std) == pytest.approx((0.2795, 0.9977), abs=1e-4)


@pytest.mark.parametrize(
    ("cls", "reason"),
    [
        ("RePaintScheduler", "no exact network is known"),
        ("DDPMScheduler", "variance_type='learned_range'"),
    ],
)
def test_what_cannot_be_solved_is_skipped_with_its_reason(cls: str, reason: str) -> None:
    solved = solve(make(cls, variance_type="learned_range"), 10)
    assert reason in solved.skipped
    assert solved.reason == solved.skipped
    assert solved.std is None


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("cls", ["EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "LCMScheduler"])
def test_lower_precision_runs_the_same_loop_with_its_own_noise(cls: str, dtype: str) -> None:
    import torch

    wide, narrow = solve(make(cls), 20), solve(make(cls), 20, dtype=dtype)
    assert narrow.std is not None
    eps = torch.finfo(getattr(torch, dtype)).eps
    assert narrow.noise >= eps
    assert narrow.std == pytest.approx(wide.std, abs=20 * eps)


@pytest.mark.parametrize("steps", [5, 20, 160])
@pytest.mark.parametrize("cls", ["EulerDiscrete", "DPMSolverMultistep", "DEISMultistep", "KDPM2AncestralDiscrete"])
def test_what_float32_adds_stays_within_its_bound(cls: str, steps: int) -> None:
    """Tables and coefficients in float32, as a user runs them, against the same in float64."""
    scheduler = make(f"{cls}Scheduler", use_exponential_sigmas=cls.startswith("D"))
    as_run, wide = solve(scheduler, steps), solve(scheduler, steps, upcast=False)
    apart = max(abs(float(a or 0) - float(b or 0)) for a, b in ((as_run.std, wide.std), (as_run.mean, wide.mean)))
    bound = elsewhere(as_run) / 2.0
    assert 0 < apart <= bound < 2e-3
    assert wide.bound < 1e-10


def test_the_cast_to_float32_is_the_only_noise() -> None:
    cast, kept = solve(make("EulerDiscreteScheduler"), 20), solve(make("EulerDiscreteScheduler"), 20, upcast=False)
    assert kept.noise < 1e-14 < 1e-8 < cast.noise < 1e-6
    assert kept.std == pytest.approx(cast.std, abs=1e-6)


def test_a_draw_of_another_shape_is_skipped_and_no_fault_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from diffusers import EulerAncestralDiscreteScheduler

    step = EulerAncestralDiscreteScheduler.step

    def noisy(self, *arguments, **named):
        torch.randn((1, 2), dtype=torch.float64)
        return step(self, *arguments, **named)

    monkeypatch.setattr(EulerAncestralDiscreteScheduler, "step", noisy)
    found = solve(EulerAncestralDiscreteScheduler(), 5)
    assert found.raised is None and "draws noise of shape (1, 2)" in found.skipped
