"""The levels that second-order and ancestral classes keep between two of the grid, against their formulas."""

from __future__ import annotations

from typing import Any

from inspector.samplers.agreement import relative
from inspector.samplers.grid import Grid
from inspector.samplers.schedules import between
from inspector.samplers.tolerance import ULP


def between_off(grid: Grid) -> list[dict[str, Any]]:
    """Each list of levels that is not what its formula gives: name, index, expected, actual, tolerance.

    An ancestral step's ``down`` is the root of a difference, sigma_next^2 - up^2, so that a rounding of half an ulp
    grows by (sigma_next / down)^2 = (sigma / sigma_next)^2; the level between follows from it.
    """
    import numpy as np

    if not grid.between or len(grid.sigmas) < 3 or not np.isfinite(grid.sigmas).all():
        return []
    first, second = grid.sigmas[:-2], grid.sigmas[1:-1]
    if (second <= 0).any() or (second > first).any():
        return []
    slack = 16 * ULP * np.ones_like(first)
    if "sigmas_down" in grid.between:
        down, up = between.ancestral(first, second)
        slack = slack + ULP * (first / second) ** 2
        wanted = {"sigmas_down": down, "sigmas_up": up, "sigmas_interpol": between.geometric(first, down)}
        start = 0
    else:
        wanted, start = {"sigmas_interpol": between.geometric(first, second)}, 1
    found = []
    for name, held in grid.between.items():
        have = held[start::2][: len(first)]
        apart = relative(wanted[name], have) if len(have) == len(first) else np.full(len(first), np.inf)
        if (apart > slack).any():
            worst = int(np.argmax(apart / slack))
            values = {
                "expected": float(wanted[name][worst]),
                "actual": float(have[worst]) if len(have) > worst else None,
            }
            found.append({"name": name, "index": worst, **values, "tolerance": float(slack[worst])})
    return found
