"""Between timesteps and noise levels: reading the training table between its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def sigma_at(times: Array, table: Array) -> Array:
    """sigma at real timesteps, linear in sigma between neighbours, the plainest choice; the ends hold beyond."""
    import numpy as np

    return np.interp(times, np.arange(len(table), dtype=np.float64), table)


def log_sigma_at(times: Array, table: Array) -> Array:
    """sigma at real timesteps, linear in ln(sigma) between neighbours (k-diffusion ``DiscreteSchedule.t_to_sigma``)."""
    import numpy as np

    return np.exp(np.interp(times, np.arange(len(table), dtype=np.float64), np.log(table)))


def time_of(levels: Array, table: Array) -> Array:
    """The real timestep of each sigma: the inverse of `log_sigma_at`, held to [0, T-1].

    Args:
        levels: sigmas, shape (N,).
        table: the T sigmas of training, rising.
    """
    import numpy as np

    with np.errstate(divide="ignore"):
        return np.interp(np.log(levels), np.log(table), np.arange(len(table), dtype=np.float64))
