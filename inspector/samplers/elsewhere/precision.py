"""How closely float64 can agree with what those projects compute in float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inspector.samplers.elsewhere import models
from inspector.samplers.tolerance import ULP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

INTERPOLATED = ("uniform", "normal", "sgm_uniform")


def precision(project: str, schedule: str, config: Mapping[str, Any], *, mu: float | None = None) -> float:
    """The relative difference per sigma up to which their schedule and ours are the same one.

    Their arithmetic is float32, so each cause is a rounding of half a `ULP`, times how much the formula magnifies it:

    * every schedule: a seventh power, a logarithm of up to 8 read back through exp, a handful of operations: 32 ulp;
    * real timesteps: t is known to an ulp of itself, and ln(sigma) changes by its slope there: steep at the noisy end
      of a zero-SNR model;
    * "kl_optimal": the angle of a large sigma is close to π/2, where tan magnifies by sigma + 1/sigma;
    * "vp": exp(x) - 1 for x = 1.1e-4 at the last step, half an ulp of 1 over x, halved by the root;
    * A1111 with a zero SNR: ᾱ is float32 before and after it is rescaled: two roundings of 2⁻²⁵ over 2 (1 - ᾱ) at the
      first timestep.

    Args:
        project: "a1111", "comfyui" or "k-diffusion".
        schedule: its name there.
        config: the model's scheduler configuration; not used for k-diffusion.
        mu: the dynamic shift of a FLUX-like model.
    """
    import numpy as np

    relative = 32 * ULP
    if project == "k-diffusion":
        return relative + (ULP / 2 / 1.1e-4 / 2 if schedule == "vp" else 0.0)
    if schedule.partition("/")[0] in ("AYS", "align_your_steps"):
        return relative
    table = models.levels(config, mu, single=project == "a1111")
    if schedule in INTERPOLATED and not models.is_flow(config):
        slope = np.diff(np.log(table)) * np.arange(1, len(table))
        relative += ULP * float(slope.max())
    if schedule == "kl_optimal":
        top = float(table[-1])
        relative += ULP * (top + 1.0 / top)
    if project == "a1111" and config.get("rescale_betas_zero_snr"):
        relative += 2 * ULP / 4 / (2 * float(table[0]) ** 2)
    return relative
