"""Flow matching: sigma in [0, 1] is the share of noise, x = (1 - sigma) image + sigma noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

T = TypeVar("T", float, "Array")


def shift(sigma: T, factor: float) -> T:
    """factor sigma / (1 + (factor - 1) sigma): more steps where there is noise (SD3, Esser et al. 2024,
    arXiv:2403.03206, eq. 23). Two shifts in a row are one by the product of their factors.
    """
    return factor * sigma / (1.0 + (factor - 1.0) * sigma)


def exponential_shift(sigma: T, mu: float) -> T:
    """e^mu / (e^mu + 1/sigma - 1), `shift` by e^mu (Black Forest Labs, FLUX.1, ``time_shift``); sigma > 0."""
    import math

    return shift(sigma, math.exp(mu))


def linear_shift(sigma: T, mu: float) -> T:
    """mu / (mu + 1/sigma - 1), `shift` by mu itself (LTX-Video, HaCohen et al. 2024, arXiv:2501.00103); sigma > 0."""
    return shift(sigma, mu)


def mu_of(tokens: float, base_tokens: float, max_tokens: float, base: float, top: float) -> float:
    """mu for an image of so many tokens: the straight line through two known sizes (FLUX.1, ``get_lin_function``)."""
    return base + (top - base) * (tokens - base_tokens) / (max_tokens - base_tokens)


def stretch_to(sigmas: Array, terminal: float) -> Array:
    """1 - sigma scaled so that the last sigma becomes ``terminal`` and 1 stays 1 (LTX-Video, arXiv:2501.00103)."""
    stretched: Array = 1.0 - (1.0 - sigmas) * (1.0 - terminal) / (1.0 - sigmas[-1])
    return stretched


def ratio(sigmas: T) -> T:
    """sigma / (1 + sigma): the flow's share of noise at a variance-exploding noise level (arXiv:2403.03206)."""
    return sigmas / (1.0 + sigmas)
