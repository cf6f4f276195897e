"""How N noise levels are spread between the largest and the smallest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def karras(high: float, low: float, steps: int, rho: float = 7.0) -> Array:
    """(high^(1/ρ) + i/(N-1) (low^(1/ρ) - high^(1/ρ)))^ρ (Karras et al. 2022, arXiv:2206.00364, eq. 5; ρ = 7)."""
    import numpy as np

    return along_karras(np.linspace(0.0, 1.0, steps), high, low, rho)


def along_karras(ramp: Array, high: float, low: float, rho: float = 7.0) -> Array:
    """The same curve at chosen places: ``ramp`` 0 is ``high`` and 1 is ``low`` (arXiv:2206.00364, eq. 5)."""
    top, bottom = high ** (1.0 / rho), low ** (1.0 / rho)
    curve: Array = (top + ramp * (bottom - top)) ** rho
    return curve


def exponential(high: float, low: float, steps: int) -> Array:
    """Equal steps of ln(sigma): constant ratio (k-diffusion ``get_sigmas_exponential``, Crowson 2022)."""
    import numpy as np

    return np.exp(np.linspace(np.log(high), np.log(low), steps))


def polyexponential(high: float, low: float, steps: int, rho: float = 1.0) -> Array:
    """ln(sigma) along (1 - i/(N-1))^ρ (k-diffusion ``get_sigmas_polyexponential``, Crowson 2022)."""
    import numpy as np

    ramp = np.linspace(1.0, 0.0, steps) ** rho
    curve: Array = np.exp(ramp * (np.log(high) - np.log(low)) + np.log(low))
    return curve


def beta_quantiles(high: float, low: float, steps: int, alpha: float = 0.6, beta: float = 0.6) -> Array:
    """low + (high - low) F⁻¹(1 - i/(N-1)), F the Beta(α, β) law (Lee et al. 2024, arXiv:2407.12173)."""
    import numpy as np
    from scipy.special import betaincinv

    curve: Array = low + (high - low) * betaincinv(alpha, beta, 1.0 - np.linspace(0.0, 1.0, steps))
    return curve


def lambda_uniform(high: float, low: float, steps: int) -> Array:
    """Equal steps of λ = ln(α/σ_t) = -ln(sigma) (DPM-Solver++, Lu et al. 2022, arXiv:2211.01095).

    The same levels as `exponential`; what differs is which ends a sampler hands in.
    """
    return exponential(high, low, steps)


def kl_optimal(high: float, low: float, steps: int) -> Array:
    """tan((1 - i/(N-1)) atan(high) + i/(N-1) atan(low)): the best grid for Gaussian data.

    Align Your Steps, Sabour et al. 2024, arXiv:2404.14507 (data of unit variance).
    """
    import numpy as np

    ramp = np.linspace(0.0, 1.0, steps)
    curve: Array = np.tan((1.0 - ramp) * np.arctan(high) + ramp * np.arctan(low))
    return curve


def vp(steps: int, beta_d: float = 19.9, beta_min: float = 0.1, eps: float = 1e-3) -> Array:
    """sqrt(exp(β_d t²/2 + β_min t) - 1) for N times from 1 to ``eps`` (arXiv:2206.00364, table 1, column VP)."""
    import numpy as np

    time = np.linspace(1.0, eps, steps)
    return np.sqrt(np.expm1(beta_d * time**2 / 2.0 + beta_min * time))


def ve(high: float, low: float, time: Array) -> Array:
    """low (high / low)^t (score SDE, Song et al. 2021, arXiv:2011.13456, variance exploding)."""
    curve: Array = low * (high / low) ** time
    return curve


def loglinear(levels: Array, count: int) -> Array:
    """``count`` levels read off a given decreasing list, linear in ln(sigma) (arXiv:2404.14507, its published code)."""
    import numpy as np

    places = np.linspace(0.0, 1.0, count)
    return np.exp(np.interp(places, np.linspace(0.0, 1.0, len(levels)), np.log(levels)))
