"""What two-stage and ancestral methods need beside the grid: levels between two neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def geometric(first: Array, second: Array) -> Array:
    """sqrt(first · second), the middle in ln(sigma): where DPM-Solver-2 looks (arXiv:2206.00927, algorithm 1)."""
    import numpy as np

    return np.sqrt(first * second)


def ancestral(first: Array, second: Array) -> tuple[Array, Array]:
    """(down, up): go down to ``down``, add noise ``up``, and stand at ``second``; down² + up² = second².

    Song et al. 2021, arXiv:2010.02502, eq. 16 with η = 1 (k-diffusion ``get_ancestral_step``).
    """
    import numpy as np

    up = np.sqrt(second**2 * (first**2 - second**2) / first**2)
    return second**2 / first, up
