"""How much noise training adds at each step: betas, shape (T,), and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FLOOR = 2.0**-24
"""What stands for a terminal ᾱ of zero where a sigma must be finite: half precision's smallest number; sigma 4096."""


def linear(start: float, end: float, count: int) -> Array:
    """Betas in equal steps from ``start`` to ``end`` (DDPM, Ho et al. 2020, arXiv:2006.11239)."""
    import numpy as np

    return np.linspace(start, end, count)


def scaled_linear(start: float, end: float, count: int) -> Array:
    """The squares of equal steps in sqrt(beta) (latent diffusion, Rombach et al. 2022, arXiv:2112.10752)."""
    import numpy as np

    return np.linspace(start**0.5, end**0.5, count) ** 2


def sigmoid(start: float, end: float, count: int) -> Array:
    """A logistic curve over [-6, 6] from ``start`` to ``end`` (GeoDiff, Xu et al. 2022, arXiv:2203.02923)."""
    import numpy as np

    return start + (end - start) / (1.0 + np.exp(-np.linspace(-6.0, 6.0, count)))


def from_alpha_bar(alpha_bar: Callable[[Array], Array], count: int, cap: float = 0.999) -> Array:
    """beta_i = min(1 - ᾱ(i+1) / ᾱ(i), cap), ᾱ over [0, 1] (Nichol & Dhariwal 2021, arXiv:2102.09672, after eq. 17)."""
    import numpy as np

    bars = alpha_bar(np.arange(count + 1) / count)
    return np.minimum(1.0 - bars[1:] / bars[:-1], cap)


def cosine_bar(time: Array, offset: float = 0.008) -> Array:
    """ᾱ(time) = cos²((time + s) / (1 + s) · π/2), time in [0, 1], up to its value at 0 (arXiv:2102.09672, eq. 17)."""
    import numpy as np

    return np.cos((time + offset) / (1.0 + offset) * np.pi / 2.0) ** 2


def exponential_bar(time: Array, rate: float = 12.0) -> Array:
    """ᾱ(time) = exp(-12 time) (Shap-E, Jun & Nichol 2023, arXiv:2305.02463, its released code)."""
    import numpy as np

    return np.exp(-rate * time)


def laplace_bar(time: Array, scale: float = 0.5, guard: float = 1e-6) -> Array:
    """ᾱ of a log-SNR that follows a Laplace law: λ = -b sgn(½ - t) ln(1 - 2|½ - t|) with ᾱ = e^λ / (1 + e^λ).

    Hang et al. 2024, arXiv:2407.03297 (mu = 0); ``guard`` keeps the logarithm finite at both ends.
    """
    import numpy as np

    log_snr = -scale * np.sign(0.5 - time) * np.log(1.0 - 2.0 * np.abs(0.5 - time) + guard)
    return 1.0 / (1.0 + np.exp(-log_snr))


def alphas_bar(betas: Array) -> Array:
    """ᾱ_t, the product of 1 - beta up to t: what is left of the signal's power (arXiv:2006.11239, eq. 4)."""
    return (1.0 - betas).cumprod()


def zero_terminal_snr(bars: Array) -> Array:
    """sqrt(ᾱ) shifted and scaled so that it ends at zero and starts where it did; the result is ᾱ, its last entry 0.

    Lin et al. 2024, arXiv:2305.08891, algorithm 1 (there in terms of betas, which follow from ᾱ).
    """
    import numpy as np

    roots = np.sqrt(bars)
    scaled: Array = (roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))
    return scaled * scaled


def snr_shift(bars: Array, factor: float) -> Array:
    """ᾱ after the signal-to-noise ratio is divided by ``factor``: ᾱ / (factor + (1 - factor) ᾱ).

    Hoogeboom et al. 2023, arXiv:2301.11093, as CogVideoX uses it (arXiv:2408.06072).
    """
    return bars / (factor + (1.0 - factor) * bars)


def sigmas(bars: Array) -> Array:
    """sqrt((1 - ᾱ) / ᾱ), the variance-exploding noise level of each training step; infinite where ᾱ is 0.

    Karras et al. 2022, arXiv:2206.00364, appendix C.3.
    """
    import numpy as np

    with np.errstate(divide="ignore"):
        odds: Array = (1.0 - bars) / bars
    return np.sqrt(odds)
