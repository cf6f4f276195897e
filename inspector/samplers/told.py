"""What the network is told about the noise in its input, and what it was trained to answer.

A network is told a timestep. What that stands for depends on the model's training, not on the scheduler; a scheduler
that assumes another table works against the network. Both views are here: ``sigma``, the network is told the very
sigma that the scheduler assumes (the scheduler judged alone), and ``t``, it is told the timestep, as in a pipeline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from inspector.samplers.gaussian import Data, Level, edm, flow, vp

Conditioning = Literal["sigma", "t"]
Path = Literal["vp", "flow", "edm", "angle"]
Clock = Literal["index", "log", "atan"]

EDM = ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler", "CosineDPMSolverMultistepScheduler")
CONSISTENCY = ("LCMScheduler", "TCDScheduler", "FlowMatchLCMScheduler")
"""Samplers of distilled models: their network answers with the end of the trajectory, not with the posterior mean."""


@dataclass(frozen=True)
class Truth:
    """The data and the network trained on it.

    ``path`` says how noise was added in training (``angle``: IPNDM's cosine and sine of t), ``predicts`` what the
    network answers with (see :func:`gaussian.output`), ``table`` is alpha-bar of each training timestep.
    ``late``: how many timesteps more than it is told the network takes for granted, to see what that does.
    ``clock``: what a timestep is: ``index`` into the table, ``log``, 0.25 ln sigma (EDM, SVD), or ``atan``,
    2/pi atan sigma (the cosine DPM solver). ``consistent``: it answers with the end of the trajectory.
    """

    path: Path = "vp"
    predicts: str = "epsilon"
    table: tuple[float, ...] = ()
    train_steps: int = 1000
    clock: Clock = "index"
    consistent: bool = False
    sigma_data: float = 0.5
    data: Data = field(default_factory=Data)
    late: float = 0.0

    @cached_property
    def ratios(self) -> Any:
        """sigma/alpha of each training timestep, float64 from the float32 table."""
        import numpy as np

        bar = np.asarray(self.table, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.sqrt((1.0 - bar) / bar)

    def level(self, sigma: float) -> Level:
        """The noise level that the scheduler's number ``sigma`` means to this network."""
        if self.path == "flow":
            return flow(sigma)
        if self.path == "edm":
            return edm(sigma, self.sigma_data)
        return vp(sigma)

    def level_at(self, t: float) -> Level:
        """The noise level that timestep ``t`` means to this network; linear in sigma between training timesteps."""
        t += self.late
        if self.path == "flow":
            return flow(min(max(t, 0.0), self.train_steps) / self.train_steps)
        if self.path == "angle":
            return Level(math.cos(t * math.pi / 2), math.sin(t * math.pi / 2))
        if self.clock != "index":
            return self.level(math.exp(4.0 * t) if self.clock == "log" else math.tan(t * math.pi / 2))
        import numpy as np

        return vp(float(np.interp(t, np.arange(len(self.ratios)), self.ratios)))

    def timestep_of(self, at: Level) -> float | None:
        """The timestep that this level had in training, linear in log sigma between two; None without a table."""
        if self.path == "flow":
            return at.sigma * self.train_steps
        if self.path != "vp" or self.clock != "index":
            return None
        if at.alpha == 0:
            return len(self.table) - 1.0
        import numpy as np

        with np.errstate(divide="ignore"):
            logs = np.log(self.ratios)
        return float(np.interp(math.log(max(at.sigma / at.alpha, 1e-300)), logs, np.arange(len(logs))))


LOOPS = (
    *EDM,
    *CONSISTENCY,
    "CogVideoXDDIMScheduler",
    "DDIMParallelScheduler",
    "DDIMScheduler",
    "DDPMParallelScheduler",
    "DDPMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSDEScheduler",
    "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "FlowMatchHeunDiscreteScheduler",
    "HeunDiscreteScheduler",
    "IPNDMScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "SASolverScheduler",
    "UniPCMultistepScheduler",
)
"""The classes with the plain loop (scale, network, step) whose perfect network is known here."""


def why_not(scheduler: Any) -> str:
    """Why this scheduler cannot be solved exactly; empty if it can."""
    names = [c.__name__ for c in type(scheduler).__mro__]
    if not set(names) & set(LOOPS):
        return f"{names[0]}: no exact network is known for its loop"
    if str(scheduler.config.get("variance_type") or "").startswith("learned"):
        return f"{names[0]} with variance_type={scheduler.config['variance_type']!r}: the network's variance is unknown"
    return ""


def truth_of(scheduler: Any, data: Data | None = None) -> Truth:
    """The network that the scheduler's own config describes: what is right if the config is.

    Args:
        scheduler: any diffusers scheduler; it is only read, and before ``set_timesteps`` as well as after.
    """
    config = scheduler.config
    name = next((c.__name__ for c in type(scheduler).__mro__ if c.__name__ in LOOPS), type(scheduler).__name__)
    predicts = config.get("prediction_type") or "epsilon"
    path: Path = "vp"
    if name.startswith("FlowMatch") or config.get("use_flow_sigmas"):
        path = "flow"
    if name.startswith("FlowMatch"):
        predicts = "flow_prediction"
    if name in EDM:
        path, predicts = "edm", f"edm_{predicts}"
    clock: Clock = "log" if path == "edm" or config.get("timestep_type") == "continuous" else "index"
    if name == "CosineDPMSolverMultistepScheduler":
        clock = "atan"
    if name == "IPNDMScheduler":
        path, predicts = "angle", "v_prediction"
    bar = getattr(scheduler, "alphas_cumprod", None)
    return Truth(
        path=path,
        predicts=predicts,
        table=() if bar is None else tuple(bar.double().tolist()),
        train_steps=int(config.get("num_train_timesteps") or 1000),
        clock=clock,
        consistent=name in CONSISTENCY or bool(config.get("stochastic_sampling")),
        sigma_data=float(config.get("sigma_data") or 0.5),
        data=data or Data(),
    )


def scheduler_level(scheduler: Any, truth: Truth, t: Any, scale: float) -> Level:
    """The noise level that the scheduler itself assumes for this model call.

    Args:
        t: the timestep as the loop hands it on.
        scale: by what ``scale_model_input`` multiplied the sample; it tells which of its sigmas the scheduler means
            (second-order classes keep the interpolated ones apart).
    """
    if truth.path == "angle":
        index = _index(scheduler, t)
        return Level(float(scheduler.alphas[index]), float(scheduler.betas[index]))
    sigmas = getattr(scheduler, "sigmas", None)
    if sigmas is None:
        bar = float(scheduler.alphas_cumprod[int(t)])
        return truth.level(math.inf if bar == 0 else math.sqrt((1.0 - bar) / bar))
    index = _index(scheduler, t)
    candidates = [float(sigmas[index])]
    if getattr(scheduler, "sigmas_interpol", None) is not None:
        candidates.append(float(scheduler.sigmas_interpol[index]))
    if getattr(scheduler, "mid_point_sigma", None) is not None:
        candidates.append(float(scheduler.mid_point_sigma))
    return truth.level(min(candidates, key=lambda sigma: abs(1.0 / math.hypot(1.0, sigma) - scale)))


def _index(scheduler: Any, t: Any) -> int:
    """Where ``step`` will look: its counter, or, before the first step, what it will find for this timestep."""
    index = getattr(scheduler, "step_index", None)
    index = getattr(scheduler, "begin_index", None) if index is None else index
    return int(scheduler.index_for_timestep(t) if index is None else index)
