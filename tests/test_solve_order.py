"""The measured order is the one that the method's paper promises, and what is wrong does not converge."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.samplers.order import order
from inspector.samplers.solve import solve
from inspector.samplers.told import truth_of
from tests.test_solve import SD15, make
from tests.test_solve_faults import FLOW, V

KARRAS = {"use_karras_sigmas": True}
ORDERS: list[tuple[str, dict[str, Any], float]] = [
    ("EulerDiscreteScheduler", {}, 1),
    ("EulerDiscreteScheduler", KARRAS, 1),
    ("DDIMScheduler", {}, 1),
    ("HeunDiscreteScheduler", KARRAS, 2),
    ("KDPM2DiscreteScheduler", KARRAS, 2),
    ("DPMSolverMultistepScheduler", KARRAS, 2),
    ("DPMSolverSinglestepScheduler", KARRAS, 2),
    ("DEISMultistepScheduler", KARRAS, 2),
    ("UniPCMultistepScheduler", KARRAS, 3),
    ("DPMSolverMultistepScheduler", {**KARRAS, "algorithm_type": "sde-dpmsolver++"}, 2),
    # On the linspace grid the last jumps shrink only as 1/N: no method is better than order 1 there.
    ("DPMSolverMultistepScheduler", {"solver_order": 3}, 1),
]


@pytest.mark.parametrize(("cls", "kwargs", "expected"), ORDERS)
def test_order(cls: str, kwargs: dict[str, Any], expected: float) -> None:
    found = order(make(cls, **kwargs))
    assert found.value == pytest.approx(expected, abs=0.25)
    assert found.converges is True
    assert found.of == "std"
    assert abs(found.floor or 0) < 2e-3


@pytest.mark.parametrize("predicts", ["epsilon", "v_prediction", "sample"])
def test_a_perfect_network_is_the_same_in_every_parametrisation(predicts: str) -> None:
    for cls in ("EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "DDIMScheduler"):
        expected = solve(make(cls), 20, upcast=False).std
        assert solve(make(cls, prediction_type=predicts), 20, upcast=False).std == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("cls", "kwargs", "expected"),
    [
        ("EDMEulerScheduler", {}, 1),
        ("EDMEulerScheduler", {"prediction_type": "v_prediction"}, 1),
        ("EDMDPMSolverMultistepScheduler", {}, 2),
        ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0}, 1),
        ("FlowMatchHeunDiscreteScheduler", {"shift": 3.0}, 2),
        ("IPNDMScheduler", {}, 3),
        (
            "EulerDiscreteScheduler",  # Stable Video Diffusion's
            {
                "prediction_type": "v_prediction",
                "sigma_max": 700.0,
                "sigma_min": 0.002,
                "timestep_type": "continuous",
                "use_karras_sigmas": True,
                "timestep_spacing": "leading",
                "steps_offset": 1,
            },
            1,
        ),
    ],
)
@pytest.mark.parametrize("conditioning", ["sigma", "t"])
def test_edm_and_flow_matching(cls: str, kwargs: dict[str, Any], expected: float, conditioning: str) -> None:
    found = order(make(cls, kwargs), conditioning=conditioning)
    assert found.value == pytest.approx(expected, abs=0.3)
    assert found.converges is True


def test_dpmpp_3m_sde_is_of_order_one_and_too_noisy() -> None:
    """diffusers' third order adds a term with the wrong sign: its std is off by 0.047 at N = 30."""
    kwargs = {"algorithm_type": "sde-dpmsolver++", "use_exponential_sigmas": True}
    second, third = (make("DPMSolverMultistepScheduler", **kwargs, solver_order=n) for n in (2, 3))
    assert order(third).value == pytest.approx(1.0, abs=0.3)
    assert float(order(second).value or 0) > 1.6
    solved = solve(third, 30)
    assert solved.limit is not None
    assert solved.std == pytest.approx(solved.limit[1] + 0.047, abs=5e-4)
    assert float(solve(second, 30).std or 0) < solved.limit[1] + 0.01


@pytest.mark.parametrize("spacing", ["linspace", "trailing"])
def test_ddim_takes_the_wrong_previous_timestep(spacing: str) -> None:
    """Steps of a whole ``train // N`` on a grid that has another: the mean stays 0.01 off, whatever N."""
    wrong, right = (order(make(c, timestep_spacing=spacing)) for c in ("DDIMScheduler", "EulerDiscreteScheduler"))
    assert right.converges is True
    assert wrong.converges is False
    assert abs(wrong.points[-1].mean_error or 0) > 0.01 > 10 * abs(right.points[-1].mean_error or 0)


@pytest.mark.parametrize(
    ("cls", "config", "wrong"),
    [
        ("EulerDiscreteScheduler", SD15, {"beta_schedule": "linear"}),
        ("DDIMScheduler", SD15, {"beta_schedule": "linear"}),
        ("DPMSolverMultistepScheduler", SD15, {"beta_schedule": "linear", **KARRAS}),
        ("EulerDiscreteScheduler", V, {"prediction_type": "epsilon"}),
        ("UniPCMultistepScheduler", FLOW, {"use_flow_sigmas": False}),
    ],
)
def test_a_wrong_table_converges_to_something_else(cls: str, config: dict[str, Any], wrong: dict[str, Any]) -> None:
    """No reference is needed: the network's own training says so."""
    right, other = make(cls, config), make(cls, {**config, **wrong})
    truth = truth_of(right)
    assert order(right, truth=truth, conditioning="t").converges is True
    assert order(other, truth=truth, conditioning="t").converges is False


def test_the_network_is_told_another_timestep_than_the_sigma_had() -> None:
    truth = truth_of(make("EulerDiscreteScheduler"))
    cases = {
        0.01: make("EulerDiscreteScheduler"),
        0.5: make("DPMSolverMultistepScheduler", use_karras_sigmas=True),  # rounded
        1.0: make("DPMSolverMultistepScheduler", use_exponential_sigmas=True),  # cut
        200: make("EulerDiscreteScheduler", beta_schedule="linear"),
    }
    below = 0.0
    for bound, scheduler in cases.items():
        off = solve(scheduler, 20, truth=truth).timestep_off
        assert off is not None
        assert below < off <= bound + 1e-3
        below = bound * 0.3


@pytest.mark.parametrize(
    ("cls", "kwargs", "reason"),
    [
        ("LCMScheduler", {}, "a consistency sampler is exact at any N"),
        ("DDIMScheduler", {"clip_sample": True}, "N=10: the sampler is not affine (clip_sample is on)"),
        (
            "DPMSolverMultistepScheduler",
            {"use_beta_sigmas": True},
            "2 of 5 N have a result; N=40: step raises IndexError",
        ),
        ("RePaintScheduler", {}, "no exact network is known"),
    ],
)
def test_no_order_without_a_reason(cls: str, kwargs: dict[str, Any], reason: str) -> None:
    found = order(make(cls, **kwargs))
    assert found.value is None
    assert reason in found.reason


def test_a_fixed_grid_has_no_order() -> None:
    found = order(make("EulerDiscreteScheduler"), call={"timesteps": [999, 700, 400, 100]})
    assert (found.value, found.reason, found.converges) == (None, "the result does not depend on N", None)


def test_counts_must_double() -> None:
    with pytest.raises(ValueError, match="double"):
        order(make("EulerDiscreteScheduler"), counts=(10, 20, 30))
