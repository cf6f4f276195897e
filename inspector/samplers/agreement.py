"""How far two grids are apart: the worst step with both values, in relative terms and in float32 ulps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def worst(expected: Array, actual: Array) -> dict[str, Any] | None:
    """Where the two are farthest apart, relative to the expected value; None for empty grids.

    The two have the same length. ``ulp`` counts float32 steps at the expected value. A zero that is not met is
    infinitely far, for no factor makes it right; NaN is too.
    """
    import numpy as np

    if not len(expected):
        return None
    apart = relative(expected, actual)
    index = int(np.argmax(apart))
    want, got, far = float(expected[index]), float(actual[index]), float(apart[index])
    ulp = abs(got - want) / float(np.spacing(np.float32(abs(want)))) if math.isfinite(want - got) else math.inf
    return {"index": index, "expected": want, "actual": got, "relative": far, "ulp": ulp}


def relative(expected: Array, actual: Array) -> Array:
    """|actual / expected - 1| for each step; 0 where both are the same, infinities included."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(actual - expected) / np.abs(expected)
    apart = np.where(actual == expected, 0.0, apart)
    return np.where(np.isnan(apart), np.inf, apart)


def smallest(far: float) -> float:
    """The smallest tolerance with two digits that would pass."""
    if far == 0 or not math.isfinite(far):
        return far
    scale = 10.0 ** (math.floor(math.log10(far)) - 1)
    return float(f"{math.ceil(far / scale) * scale:.1e}")


def plain(values: Array) -> list[Any]:
    """Numbers for JSON: what is not finite becomes ``nan``, ``inf`` or ``-inf``; whole lists of them are cheap."""
    found: list[Any] = values.tolist()
    return [v if math.isfinite(v) else str(v) for v in found]


def number(value: float) -> Any:
    return value if math.isfinite(value) else str(value)
