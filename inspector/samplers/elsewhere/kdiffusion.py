"""The schedules of k-diffusion (its ``k_diffusion/sampling.py``), which know no model, only two ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.samplers.families.run import NoReference
from inspector.samplers.schedules import noise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

K_DIFFUSION: dict[str, Callable[..., Array]] = {
    "karras": noise.karras,
    "exponential": noise.exponential,
    "polyexponential": noise.polyexponential,
}
"""Schedule -> its formula between two ends; "vp" needs none."""


def k_diffusion(
    schedule: str, steps: int, high: float = 0.0, low: float = 0.0, *, rho: float | None = None
) -> tuple[float, ...]:
    """The sigmas, with k-diffusion's final zero.

    Args:
        schedule: one of `K_DIFFUSION`, or "vp" (whose ends follow from its constants 19.9, 0.1 and 1e-3).
        steps: N.
        high: sigma_max, of the model.
        low: sigma_min, of the model.
        rho: the exponent; 7 for "karras" and 1 for "polyexponential" when None.

    Raises:
        NoReference: for an unknown schedule or no steps.
    """
    if steps < 1:
        raise NoReference(f"{steps} steps are no schedule")
    if schedule == "vp":
        return (*noise.vp(steps).tolist(), 0.0)
    made = K_DIFFUSION.get(schedule)
    if made is None:
        raise NoReference(f"k-diffusion has no schedule {schedule!r}; it has {', '.join(K_DIFFUSION)}, vp")
    exponent = {} if rho is None or schedule == "exponential" else {"rho": rho}
    return (*made(high, low, steps, **exponent).tolist(), 0.0)
