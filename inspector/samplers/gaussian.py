"""Gaussian data, on which everything a network could learn is a formula.

The data is x0 ~ N(mu, s^2), one number a pixel, and the network's input is x = alpha x0 + sigma eps with eps ~ N(0, 1).
Then x has the mean alpha mu and the standard deviation S = sqrt(alpha^2 s^2 + sigma^2); the posterior mean of x0, the
probability-flow solution and the reverse SDE are linear in x. Sources: Song et al. 2021 (arXiv:2011.13456), the
probability flow of Gaussian data; Karras et al. 2022 (arXiv:2206.00364), preconditioning; Salimans & Ho 2022
(arXiv:2202.00512), v; Lipman et al. 2023 (arXiv:2210.02747), flow matching; Song et al. 2023 (arXiv:2303.01469),
the consistency function. ``x`` may be a number, an array or a tensor: only arithmetic is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Data:
    """The data's distribution: mean ``mu`` and standard deviation ``s``, in the units of the latents."""

    mu: float = 0.3
    s: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """How noisy the network's input is: x = ``alpha`` x0 + ``sigma`` eps."""

    alpha: float
    sigma: float

    def spread(self, data: Data) -> float:
        """S, the standard deviation of x."""
        return math.hypot(self.alpha * data.s, self.sigma)


def vp(ratio: float) -> Level:
    """Variance preserving, from sigma/alpha (what diffusers calls sigma): alpha^2 + sigma^2 = 1."""
    if math.isinf(ratio):
        return Level(0.0, 1.0)
    alpha = 1.0 / math.hypot(1.0, ratio)
    return Level(alpha, ratio * alpha)


def flow(sigma: float) -> Level:
    """Flow matching (rectified flow): the straight line between data and noise."""
    return Level(1.0 - sigma, sigma)


def edm(sigma: float, sigma_data: float) -> Level:
    """EDM: x0 + sigma eps, scaled by c_in to unit variance of the data it was trained on."""
    c_in = 1.0 / math.hypot(sigma, sigma_data)
    return Level(c_in, sigma * c_in)


def posterior(x: Any, at: Level, data: Data) -> tuple[Any, Any]:
    """(E[x0 | x], E[eps | x]): what a perfectly trained denoiser knows.

    Both are written out, so that neither loses digits where alpha or sigma is small.
    """
    variance = at.alpha**2 * data.s**2 + at.sigma**2
    away = x - at.alpha * data.mu
    return data.mu + (at.alpha * data.s**2 / variance) * away, (at.sigma / variance) * away


def consistency(x: Any, at: Level, data: Data) -> tuple[Any, Any]:
    """(x0, eps) where x0 is the end of the probability flow through x, as a perfect consistency model gives it."""
    x0 = data.mu + (data.s / at.spread(data)) * (x - at.alpha * data.mu)
    return x0, (x - at.alpha * x0) / at.sigma


def output(x: Any, at: Level, x0: Any, eps: Any, predicts: str, sigma_data: float = 0.5) -> Any:
    """The network's output in its own parametrisation.

    Args:
        predicts: ``epsilon``, ``sample``, ``v_prediction``, ``flow_prediction``, or ``edm_epsilon`` and
            ``edm_v_prediction`` for the raw network F inside EDM's preconditioning, D = c_skip x + c_out F.

    Raises:
        KeyError: an unknown parametrisation.
    """
    if predicts.startswith("edm_"):
        # x_in = c_in (x0 + sigma eps), so at.sigma / at.alpha is EDM's sigma and x_in / c_in its sample.
        sigma = at.sigma / at.alpha
        total = math.hypot(sigma, sigma_data)
        c_out = sigma * sigma_data / total * (1.0 if predicts == "edm_epsilon" else -1.0)
        return (x0 - (sigma_data / total) ** 2 * (x / at.alpha)) / c_out
    return {
        "epsilon": lambda: eps,
        "sample": lambda: x0,
        "v_prediction": lambda: at.alpha * eps - at.sigma * x0,
        "flow_prediction": lambda: eps - x0,
    }[predicts]()


def ode_limit(at: Level, init: float, data: Data) -> tuple[float, float]:
    """Mean and standard deviation of x0 when x ~ N(0, init^2) at ``at`` follows the probability flow exactly."""
    gain = data.s / at.spread(data)
    return data.mu - gain * at.alpha * data.mu, gain * init


def sde_limit(at: Level, init: float, data: Data) -> tuple[float, float]:
    """The same for the exact reverse SDE, whose end is a draw from p(x0 | x)."""
    variance = at.spread(data) ** 2
    gain = at.alpha * data.s**2 / variance
    return data.mu - gain * at.alpha * data.mu, math.hypot(data.s * at.sigma / math.sqrt(variance), gain * init)
