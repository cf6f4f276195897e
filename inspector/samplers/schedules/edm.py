"""What a network that was trained on continuous noise levels is told instead of a timestep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def quarter_log(sigmas: Array) -> Array:
    """c_noise = ln(sigma) / 4 (EDM, Karras et al. 2022, arXiv:2206.00364, table 1)."""
    import numpy as np

    return np.log(sigmas) / 4.0


def angle(sigmas: Array) -> Array:
    """2/π atan(sigma), in [0, 1): the angle of v-diffusion (Stable Audio Open, arXiv:2407.14358)."""
    import numpy as np

    return np.arctan(sigmas) * 2.0 / np.pi


def thousand_quarter_log(sigmas: Array) -> Array:
    """1000 ln(sigma) / 4 (consistency models, Song et al. 2023, arXiv:2303.01469, its released code)."""
    return 1000.0 * quarter_log(sigmas)
