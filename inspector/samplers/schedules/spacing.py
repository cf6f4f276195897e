"""Which of the T training timesteps a run of N steps visits, from noise to image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def linspace(total: int, steps: int) -> Array:
    """N points from T-1 down to 0, both included, not rounded (Lin et al. 2024, arXiv:2305.08891, table 2).

    A single step starts at 0, where there is least noise: that is what the formula says.
    """
    import numpy as np

    return np.linspace(0.0, total - 1.0, steps)[::-1]


def linspace_open(total: int, steps: int) -> Array:
    """N points from T-1 down, the last of N+1 (0) left to the final sigma, rounded half to even.

    DPM-Solver's ``time_uniform`` (Lu et al. 2022, arXiv:2206.00927) on the discrete grid.
    """
    import numpy as np

    return np.rint(np.linspace(0.0, total - 1.0, steps + 1))[:0:-1]


def leading(total: int, steps: int, offset: int = 0) -> Array:
    """0, T//N, 2 T//N …, each plus ``offset``: T-1 is not among them (arXiv:2305.08891, table 2; DDIM)."""
    import numpy as np

    return np.arange(steps, dtype=np.float64)[::-1] * (total // steps) + offset


def leading_open(total: int, steps: int, offset: int = 0) -> Array:
    """The upper N of N+1 leading timesteps, the lowest left to the final sigma."""
    import numpy as np

    return np.arange(1, steps + 1, dtype=np.float64)[::-1] * (total // (steps + 1)) + offset


def trailing(total: int, steps: int, start: int | None = None) -> Array:
    """round(arange(T, 0, -T/N)) - 1: from T-1 down in N steps of T/N (arXiv:2305.08891, table 2).

    Exactly N of them: in floating point the range can run one further, to t = -1 (N = 61, 103, 121 …).

    Args:
        total: T, the training steps.
        steps: N.
        start: one above the first timestep, when the noisiest ones are left out.
    """
    import numpy as np

    times: Array = np.rint(np.arange(float(start or total), 0.0, -total / steps))[:steps] - 1.0
    return times


def every_other(total: int, steps: int, original: int) -> Array:
    """N of the ``original`` timesteps a consistency model was distilled on: k-1, 2k-1 … with k = T // original.

    Latent consistency models, Luo et al. 2023, arXiv:2310.04378, section 4.3 (the skipping-step grid), picked evenly
    from the noisiest down.
    """
    import numpy as np

    grid = (np.arange(original, 0, -1) * (total // original) - 1).astype(np.float64)
    times: Array = grid[np.floor(np.linspace(0.0, original, steps, endpoint=False)).astype(int)]
    return times


def stretched(total: int, steps: int) -> Array:
    """N timesteps with both ends, rounded: (T-1)/(N-1) apart (unCLIP, Ramesh et al. 2022, arXiv:2204.06125); N >= 2."""
    import numpy as np

    times: Array = np.rint(np.arange(steps)[::-1] * ((total - 1) / (steps - 1)))
    return times
