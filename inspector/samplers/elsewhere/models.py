"""A model as another project holds it: its table of noise levels, made from the same scheduler configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from inspector.samplers.families import tables
from inspector.samplers.families.run import NoReference
from inspector.samplers.schedules import betas, flow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TERMINAL = 4.8973451890853435e-08
"""The last ᾱ of a zero-SNR model in A1111 and ComfyUI: sigma 4518.8, where diffusers has 2⁻²⁴ and 4096."""

FLUX_LEVELS = 10000
"""ComfyUI keeps that many levels of a model with dynamic shift, ten times as many as of the others."""

FLUX_MU = 1.15
"""ComfyUI's mu of FLUX.1 dev when no node sets it: that of 1024 x 1024 pixels."""


def is_flow(config: Mapping[str, Any]) -> bool:
    """Whether a scheduler configuration is of a flow-matching model."""
    return "FlowMatch" in str(config.get("_class_name", "")) or (
        config.get("beta_schedule") is None and config.get("shift") is not None
    )


def levels(config: Mapping[str, Any], mu: float | None = None, *, single: bool = False) -> Array:
    """The table of sigmas, rising, shape (T,).

    Args:
        config: the model's scheduler configuration, as its repository has it.
        mu: the dynamic shift of a FLUX-like model.
        single: keep ᾱ in float32 before sigma is computed from it, as A1111's checkpoints do; ComfyUI goes on in
            float64.

    Raises:
        NoReference: for a schedule without a formula, or one of continuous noise levels.
    """
    if is_flow(config):
        total = int(config.get("num_train_timesteps") or 1000)
        if config.get("use_dynamic_shifting"):
            return _shifted(FLUX_LEVELS, math.exp(FLUX_MU if mu is None else mu))
        return _shifted(total, float(config.get("shift") or 1.0))
    if config.get("beta_start") is None and config.get("trained_betas") is None:
        raise NoReference("the model's configuration names no training betas")
    trained = config.get("trained_betas")
    return _diffused(
        str(config.get("beta_schedule") or "linear"),
        int(config.get("num_train_timesteps") or 1000),
        float(config.get("beta_start") or 0.0),
        float(config.get("beta_end") or 0.0),
        None if trained is None else tuple(float(b) for b in trained),
        bool(config.get("rescale_betas_zero_snr")),
        single,
    )


@lru_cache(maxsize=64)
def _shifted(total: int, factor: float) -> Array:
    import numpy as np

    made = flow.shift(np.arange(1, total + 1) / total, factor)
    made.flags.writeable = False
    return made


@lru_cache(maxsize=64)
def _diffused(schedule: str, total: int, start: float, end: float, trained: tuple[float, ...] | None, zero: bool,
              single: bool) -> Array:  # fmt: skip
    import numpy as np

    bars = betas.alphas_bar(tables.betas(schedule, total, start, end, trained))
    if single:
        bars = bars.astype(np.float32).astype(np.float64)
    if zero:
        bars = betas.zero_terminal_snr(bars)
        bars[-1] = TERMINAL
    made = betas.sigmas(bars)
    made.flags.writeable = False
    return made
