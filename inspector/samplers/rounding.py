"""How far rounding may take the result of a step loop: a bound with its derivation, where a measured one would be luck.

A step makes x' = a x + b D. Counted for the solvers in lambda, the longest of the formulas: a = sigma_t / sigma_s is a
quotient of two rounded numbers (3 roundings), b = alpha_t expm1(-h) a product of two rounded ones, h a difference of
logarithms (4), and the sum is rounded into the sample (1): 8 of at most one unit roundoff u each. What a step is off by
goes through to the end unamplified: the exact flow of Gaussian data keeps x - alpha mu in proportion to its standard
deviation, which ends at 1.

DEIS alone is longer: its coefficients are differences of nearly equal numbers, and magnify what `cancelled` says.

n roundings of independent signs stay within lambda sqrt(n) u, but for a chance of 2 n exp(-lambda^2 / 2) (Higham & Mary
2019, SIAM J. Sci. Comput. 41(5), A2815, theorem 2.4). lambda = 6 leaves one in a hundred thousand for a loop of 160.
"""

from __future__ import annotations

import math
from typing import Any

from inspector.samplers.gaussian import Level
from inspector.samplers.grid import is_a

PER_STEP = 8
LAMBDA = 6.0
SINGLE = 2.0**-24
"""The unit roundoff of float32, in which schedulers keep their tables."""


def drift(calls: int, unit: float = SINGLE, size: float = 1.0) -> float:
    """The bound for a loop.

    Args:
        calls: of the network; each is a step, or a stage of one.
        unit: the unit roundoff of what is rounded, half the machine epsilon.
        size: of the result, where it is larger than 1.
    """
    return LAMBDA * math.sqrt(PER_STEP * max(1, calls)) * unit * max(1.0, size)


def cancelled(scheduler: Any, a: Level, b: Level) -> float:
    """What DEIS loses between two levels: its coefficients are differences of t ln t, over differences of ln t.

    For each order above the first that is (1 + |ln t|) / |ln a - ln b| of a rounding, t = sigma / alpha.
    """
    levels = [level.sigma / level.alpha for level in (a, b) if level.alpha > 0 and level.sigma > 0]
    if not is_a(scheduler, "DEISMultistepScheduler") or len(levels) < 2 or levels[0] == levels[1]:
        return 1.0
    logs = [math.log(level) for level in levels]
    lost = (1.0 + max(map(abs, logs))) / abs(logs[0] - logs[1])
    return float(max(1.0, lost) ** (int(scheduler.config.get("solver_order") or 2) - 1))
