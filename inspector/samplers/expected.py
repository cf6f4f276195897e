"""What a scheduler must hold: its class name and full configuration -> the schedule that they name, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inspector.samplers.families import continuous, discrete, edm, indexed, rectified
from inspector.samplers.families.run import Expected, NoReference, Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FAMILIES", "WITHOUT", "Expected", "NoReference", "expected"]

FAMILIES: dict[str, Callable[[Run], Expected]] = {
    **dict.fromkeys(
        (
            "DPMSolverSDEScheduler",
            "EulerAncestralDiscreteScheduler",
            "EulerDiscreteScheduler",
            "HeunDiscreteScheduler",
            "KDPM2AncestralDiscreteScheduler",
            "KDPM2DiscreteScheduler",
            "LMSDiscreteScheduler",
        ),
        continuous.continuous,
    ),
    **dict.fromkeys(
        (
            "DEISMultistepScheduler",
            "DPMSolverMultistepScheduler",
            "DPMSolverSinglestepScheduler",
            "SASolverScheduler",
            "UniPCMultistepScheduler",
        ),
        discrete.discrete,
    ),
    "DPMSolverMultistepInverseScheduler": discrete.inverse,
    **dict.fromkeys(
        (
            "CogVideoXDDIMScheduler",
            "CogVideoXDPMScheduler",
            "DDIMInverseScheduler",
            "DDIMParallelScheduler",
            "DDIMScheduler",
            "DDPMParallelScheduler",
            "DDPMScheduler",
            "LCMScheduler",
            "PNDMScheduler",
            "TCDScheduler",
            "UnCLIPScheduler",
        ),
        indexed.indexed,
    ),
    **dict.fromkeys(
        ("FlowMatchEulerDiscreteScheduler", "FlowMatchLCMScheduler", "LTXEulerAncestralRFScheduler"),
        rectified.flow_match,
    ),
    "FlowMatchHeunDiscreteScheduler": rectified.heun,
    "FlowMapEulerDiscreteScheduler": rectified.flow_map,
    "MiniMaxH3Scheduler": rectified.minimax,
    "PiflowScheduler": rectified.piflow,
    **dict.fromkeys(
        ("CosineDPMSolverMultistepScheduler", "EDMDPMSolverMultistepScheduler", "EDMEulerScheduler"), edm.karras
    ),
    "CMStochasticIterativeScheduler": edm.consistency,
    "DDPMWuerstchenScheduler": edm.wuerstchen,
    "IPNDMScheduler": edm.ipndm,
    "ScoreSdeVeScheduler": edm.score_ve,
    "ScoreSdeVpScheduler": edm.score_vp,
}
"""Class -> the family that knows its schedule."""

WITHOUT = {
    "AmusedScheduler": "it unmasks tokens: there are no sigmas",
    "BlockRefinementScheduler": "it refines blocks of tokens: there are no sigmas",
    "ConsistencyDecoderScheduler": "its two timesteps, 1008 and 512, are fixed in the code",
    "DiscreteDDIMScheduler": "it denoises tokens: there are no sigmas",
    "EntropyBoundScheduler": "it unmasks tokens by their entropy: there are no sigmas",
    "HeliosDMDScheduler": "its stages overlap by a rule that no paper gives as a formula",
    "HeliosScheduler": "its stages overlap by a rule that no paper gives as a formula",
    "KarrasVeScheduler": "it keeps squared sigmas in `schedule`, in rising order, and no sigmas",
    "RFD4ProteinaScheduler": "its times are of protein backbones, and it keeps no sigmas",
    "RePaintScheduler": "it jumps back and forth in time: there is no decreasing grid",
    "SCMScheduler": "its timesteps are angles handed in by the caller",
    "VQDiffusionScheduler": "it denoises tokens: there are no sigmas",
}
"""Class -> why it has no reference."""


def expected(
    cls: str,
    config: Mapping[str, Any],
    steps: int,
    *,
    mu: float | None = None,
    alphas_cumprod: NDArray[np.float64] | None = None,
    sigmas: Sequence[float] | None = None,
    timesteps: Sequence[float] | None = None,
) -> Expected:
    """The schedule that a scheduler must hold after ``set_timesteps(steps)``.

    Args:
        cls: the scheduler's class name.
        config: its full configuration, defaults filled in.
        steps: N, at least 1. With ``sigmas`` or ``timesteps`` their number counts instead.
        mu: the shift of dynamic flow schedules.
        alphas_cumprod: the scheduler's own float32 ᾱ, shape (T,). Without it the betas are computed in float64; with it
            what is left between the two is the arithmetic after ᾱ, a few ulp.
        sigmas: given to ``set_timesteps`` by the caller, final one not included for flow classes, included for Euler.
        timesteps: given to ``set_timesteps`` by the caller.

    Returns:
        The grid and the timesteps in float64, with the tolerance that a float32 implementation deserves.

    Raises:
        NoReference: for a class or an option without an independent formula, and for combinations that exclude each
            other; ``reason`` is one line.
    """
    family = FAMILIES.get(cls)
    if family is None:
        raise NoReference(WITHOUT.get(cls, f"no formula is known for {cls}"))
    given = timesteps if timesteps is not None else sigmas
    count = steps if given is None else len(given)
    return family(Run(cls, config, count, mu, alphas_cumprod, sigmas, timesteps))
