"""The schedules of ComfyUI (its ``comfy/samplers.py`` and the AlignYourStepsScheduler node)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.samplers.elsewhere import models
from inspector.samplers.elsewhere.a1111 import downward, every_nth
from inspector.samplers.families.run import NoReference
from inspector.samplers.schedules import align, flow, lookup, noise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DISCARDING = ("dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2")
"""Samplers for which one step more is made and the last sigma before the final one dropped."""

NEAR_ZERO = 1e-5
"""A smallest sigma below this counts as the final zero itself."""


@dataclass(frozen=True, slots=True)
class Model:
    """The table of sigmas, rising, and the factor by which a flow model shifts (None for the others)."""

    table: Array
    factor: float | None

    def sigma(self, places: Array) -> Array:
        """The level at a timestep: between entries in ln(sigma), or the flow's own shift of t in [0, 1]."""
        if self.factor is None:
            return lookup.log_sigma_at(places, self.table)
        return flow.shift(places, self.factor)

    def place(self, index: int) -> float:
        """The timestep of a table entry: its index, or for flow models its sigma, which is shifted already."""
        if self.factor is None:
            return float(index % len(self.table))
        return float(self.table[index])


def comfyui(
    schedule: str,
    config: Mapping[str, Any],
    steps: int,
    *,
    mu: float | None = None,
    sampler: str | None = None,
    discard: bool | None = None,
    family: str = "sd1",
) -> tuple[float, ...]:
    """The sigmas, the final one included.

    Args:
        schedule: its name there, one of `COMFYUI`, or "AYS" for the node.
        config: the model's scheduler configuration.
        steps: N. Some schedules make more or fewer than N steps, see `inspector.samplers.elsewhere.conventions`.
        mu: the dynamic shift of a FLUX-like model; ComfyUI's own default when None.
        sampler: ComfyUI's name of the sampler; those of `DISCARDING` drop a sigma.
        discard: drop the last sigma before the final one or not, whatever the sampler.
        family: "sd1", "sdxl" or "svd", for "AYS".

    Raises:
        NoReference: for an unknown schedule, no steps, or a model without a table.
    """
    import numpy as np

    if steps < 1:
        raise NoReference(f"{steps} steps are no schedule")
    if schedule.partition("/")[0] in ("AYS", "align_your_steps"):
        return tuple(optimised(family, steps).tolist())
    made = COMFYUI.get(schedule)
    if made is None:
        raise NoReference(f"ComfyUI has no schedule {schedule!r}; it has {', '.join(COMFYUI)}, AYS")
    drops = sampler in DISCARDING if discard is None else discard
    sigmas = made(_model(config, mu), steps + drops)
    if drops:
        sigmas = np.append(sigmas[:-2], sigmas[-1])
    return tuple(sigmas.tolist())


def optimised(family: str, steps: int) -> Array:
    """The AlignYourStepsScheduler node: N+1 places on the published levels, the last one replaced by zero."""
    import numpy as np

    if family not in align.LEVELS:
        raise NoReference(f"no optimised levels are known for {family!r}; there are {', '.join(align.LEVELS)}")
    known = np.asarray(align.LEVELS[family])
    made = known.copy() if steps + 1 == len(known) else downward(known, steps + 1)
    made[-1] = 0.0
    return made


def _model(config: Mapping[str, Any], mu: float | None) -> Model:
    factor = None
    if models.is_flow(config):
        dynamic = config.get("use_dynamic_shifting")
        factor = math.exp(models.FLUX_MU if mu is None else mu) if dynamic else float(config.get("shift") or 1.0)
    return Model(models.levels(config, mu), factor)


def _zero(levels: Array) -> Array:
    import numpy as np

    return np.append(levels, 0.0)


def _simple(model: Model, steps: int) -> Array:
    return _zero(every_nth(model.table, steps))


def _normal(model: Model, steps: int) -> Array:
    """Real timesteps from the first level to the last; a flow model's are shifted a second time on the way back."""
    import numpy as np

    high, low = model.place(-1), model.place(0)
    if model.sigma(np.asarray([low]))[0] <= NEAR_ZERO:
        return model.sigma(np.linspace(high, low, steps + 1))
    return _zero(model.sigma(np.linspace(high, low, steps)))


def _sgm_uniform(model: Model, steps: int) -> Array:
    import numpy as np

    return _zero(model.sigma(np.linspace(model.place(-1), model.place(0), steps + 1)[:-1]))


def _ddim_uniform(model: Model, steps: int) -> Array:
    """Every T//N-th level from the second: more than N where N does not divide T."""
    tiny = model.table[1] <= NEAR_ZERO
    picked = model.table[1 :: max(len(model.table) // (steps + bool(tiny)), 1)][::-1]
    return picked if tiny else _zero(picked)


def _karras(model: Model, steps: int) -> Array:
    return _zero(noise.karras(float(model.table[-1]), float(model.table[0]), steps))


def _exponential(model: Model, steps: int) -> Array:
    return _zero(noise.exponential(float(model.table[-1]), float(model.table[0]), steps))


def _beta(model: Model, steps: int) -> Array:
    """Quantiles of the timestep, not of sigma: rounded to table entries, repeated ones dropped, the lowest left out."""
    import numpy as np
    from scipy.special import betaincinv

    top = len(model.table) - 1
    places = np.rint(betaincinv(0.6, 0.6, 1.0 - np.linspace(0.0, 1.0, steps, endpoint=False)) * top).astype(int)
    return _zero(model.table[places[np.append(True, places[1:] != places[:-1])]])


def _linear_quadratic(model: Model, steps: int) -> Array:
    """Half the steps in a line over the first 2.5%, the rest in a parabola that joins it smoothly (Mochi, Genmo)."""
    import numpy as np

    if steps == 1:
        return np.asarray([model.table[-1], 0.0])
    edge, half = 0.025, steps // 2
    slope, rest = edge / half, steps - half
    bend = (1.0 - edge - slope * rest) / rest**2
    after = np.arange(rest)
    share = np.concatenate([slope * np.arange(half), edge + slope * after + bend * after**2, [1.0]])
    done: Array = (1.0 - share) * model.table[-1]
    return done


def _kl_optimal(model: Model, steps: int) -> Array:
    """N levels, then zero; a single one divides 0 by 0."""
    import numpy as np

    if steps == 1:
        return np.asarray([np.nan, 0.0])
    return _zero(noise.kl_optimal(float(model.table[-1]), float(model.table[0]), steps))


COMFYUI: dict[str, Callable[[Model, int], Array]] = {
    "simple": _simple,
    "sgm_uniform": _sgm_uniform,
    "karras": _karras,
    "exponential": _exponential,
    "ddim_uniform": _ddim_uniform,
    "beta": _beta,
    "normal": _normal,
    "linear_quadratic": _linear_quadratic,
    "kl_optimal": _kl_optimal,
}
"""Schedule -> how it is made from the model and N."""
