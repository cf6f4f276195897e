"""How far a float32 schedule may be from the float64 one: each bound with where it comes from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ULP = 2.0**-23
"""The spacing of float32 numbers at 1, relative to them at worst; rounding costs half of it."""


class Tolerance(NamedTuple):
    """``relative``: against betas computed in float64. ``ulps``: against the scheduler's own float32 ᾱ. ``why``."""

    relative: float
    ulps: float
    why: str


TOLERANCES = {
    "vp": Tolerance(2e-5, 16, "1 - beta rounds to float32 at the first timestep, where 1 - ᾱ is 0.00085"),
    "vp-1e-4": Tolerance(1.2e-4, 16, "1 - beta rounds to float32 at the first timestep, where 1 - ᾱ is 0.0001"),
    "cosine": Tolerance(4e-4, 16, "1 - beta rounds to float32 at the first timestep, where 1 - ᾱ is 0.00004"),
    "vp-other": Tolerance(2e-5, 16, "1.5 times the error that rounding 1 - beta to float32 gives for these betas"),
    "flow": Tolerance(5e-6, 16, "a few float32 roundings near 1, seen at sigmas down to 0.1 by a stretched end"),
    "edm": Tolerance(64 * ULP, 64, "a seventh power in float32 multiplies the rounding of its base by seven"),
}
"""Bound name -> `Tolerance`. `bound` explains them."""


def bound(name: str) -> Tolerance:
    """The tolerance of a family of schedules.

    **Independent betas** (``relative``). Sigma depends on ᾱ through 1 - ᾱ, so an error e of ᾱ_k is one of
    e / (2 ᾱ_k (1 - ᾱ_k)) in sigma_k. Schedulers keep 1 - beta in float32, where numbers just below 1 lie 2⁻²⁴ apart:
    at the first timestep, ᾱ_0 = 1 - beta_0, e is known exactly, |fl(1 - beta_0) - (1 - beta_0)| <= 2⁻²⁵. That gives
    1.29e-5 for beta_0 = 0.00085 (at most 1.75e-5), 8.30e-5 for 0.0001 (at most 1.49e-4), 2.64e-4 for the squared
    cosine's 0.0000413 (at most 3.61e-4). Later timesteps add roundings of random sign to a growing 1 - ᾱ, and stay
    below. Half as much again is left for them, and for betas that another library rounds the other way: 2e-5, 1.2e-4,
    4e-4 (for 1e-4 the third digit is cut, not added). Other betas get 1.5 times their own replayed error. A zero
    terminal SNR subtracts nearly equal roots at the noisy end: see `cancelled`.

    **The scheduler's own alphas** (``ulps``). From ᾱ given, sigma costs a subtraction, a division, a root, an
    interpolation between neighbours whose timestep is itself float32, and the final cast: five roundings, of which the
    timestep's counts t ULP/2 in t, that is t (d ln sigma/dt) < 10 half-ulps for the usual betas. 16 ulp covers it.
    Where ln(sigma) is steeper, at the noisy end of cosine and zero-SNR tables, `inherited` says what that costs.

    **Flow** has no table: sigma and shift are a handful of operations, 1 ulp or two. What can lose digits is 1 - sigma
    near 1 in a stretched schedule: 3 roundings of 2⁻²⁵ over a last sigma of 0.02 or more is 5e-6.

    **EDM** spacing is (a + r (b - a))^rho in float32: the base's error of about 2 ulp grows by rho = 7, and the power
    itself adds as much again for a base that is read through exp and log; ln(sigma)/4 divides by 4. 64 ulp covers it.

    Raises:
        KeyError: for a name that is not in `TOLERANCES`.
    """
    return TOLERANCES[name]


def vp(schedule: str, first: float, replayed: float) -> tuple[str, float]:
    """The bound's name and the relative tolerance for a training table.

    Args:
        schedule: the name of the beta schedule.
        first: beta_0.
        replayed: the largest relative error in sigma when 1 - beta alone is rounded to float32 (IEEE arithmetic, no
            scheduler involved).
    """
    name = "cosine" if schedule == "squaredcos_cap_v2" else "vp-1e-4" if math.isclose(first, 1e-4) else "vp"
    relative = TOLERANCES[name].relative
    if replayed * 1.4 <= relative <= replayed * 1.8:
        return name, relative
    return "vp-other", max(1.5 * replayed, 16 * ULP)


def cancelled(bars: Array) -> Array:
    """What float32 loses at each timestep when ᾱ is rescaled to a zero terminal SNR; shape (T,), 0 at the last.

    The rescaled sqrt(ᾱ) is a difference, sqrt(ᾱ_k) - sqrt(ᾱ_T). ᾱ, its root and the difference's other term each carry
    half an ulp, at most 2⁻²⁴ of sqrt(ᾱ): three of them over the difference, and as much in sigma. For SD's betas that
    is 3e-5 one step before the last, 1.5e-5 two steps before. Processors differ here in the last digits.

    Args:
        bars: ᾱ before it is rescaled.
    """
    import numpy as np

    roots = np.sqrt(bars)
    lost: Array = np.zeros_like(roots)
    lost[:-1] = 3 * ULP / 2 * roots[:-1] / (roots[:-1] - roots[-1])
    return lost


def inherited(times: Array, table: Array) -> float:
    """The relative error in sigma that a timestep kept in float32 brings: half an ulp of t times d ln(sigma)/dt there.

    Below 2e-7 for the usual betas; up to 1e-3 where a table's last sigmas are far apart.

    Args:
        times: real timesteps, shape (N,).
        table: sigmas of the training timesteps, shape (T,).
    """
    import numpy as np

    low = np.clip(np.floor(times), 0, len(table) - 2).astype(int)
    share = times - low
    split = times != np.rint(times)
    rise = table[low + 1] - table[low]
    there = table[low] + share * rise
    return float(np.max(ULP / 2 * times[split] * rise[split] / there[split], initial=0.0))
