"""The training table of a variance-preserving model: ᾱ and sigma of every timestep, and how well float32 holds it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.samplers import tolerance
from inspector.samplers.families.run import NoReference, Run
from inspector.samplers.schedules import betas as formula

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Table(NamedTuple):
    """Shapes (T,). ``relative`` bounds the error of a float32 sigma, ``cancelled`` what a rescaled ᾱ adds to it at each
    timestep; ``slope`` is the least step of ln(sigma).
    """

    bars: Array
    sigmas: Array
    bound: str
    relative: float
    slope: float
    cancelled: Array | None


FLOORED = ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DPMSolverMultistepScheduler",
           "UniPCMultistepScheduler")  # fmt: skip
"""Classes whose sigma must be finite: with a zero terminal SNR their last ᾱ is 2⁻²⁴."""

UNFLOORED = ("DDIMScheduler", "DDIMParallelScheduler", "DDIMInverseScheduler", "DDPMScheduler", "DDPMParallelScheduler",
             "LCMScheduler", "TCDScheduler", "CogVideoXDDIMScheduler", "CogVideoXDPMScheduler")  # fmt: skip
"""Classes that rescale to a zero terminal SNR and work with ᾱ itself, so that it may be 0."""

SNR_SHIFTED = ("CogVideoXDDIMScheduler", "CogVideoXDPMScheduler")


def table(run: Run) -> Table:
    """The table that a class and its configuration name; of the scheduler's own ᾱ where the caller gave them."""
    zero = bool(run.get("rescale_betas_zero_snr", False)) and run.cls in (*FLOORED, *UNFLOORED)
    trained = None if run.cls == "UnCLIPScheduler" else run.get("trained_betas")
    made = _table(
        "squaredcos_cap_v2" if run.cls == "UnCLIPScheduler" else str(run.get("beta_schedule", "linear")),
        int(run.need("num_train_timesteps")),
        float(run.get("beta_start", 0.0)),
        float(run.get("beta_end", 0.0)),
        None if trained is None else tuple(float(b) for b in trained),
        zero,
        run.cls in FLOORED,
        float(run.get("snr_shift_scale", 1.0)) if run.cls in SNR_SHIFTED else 1.0,
    )
    if run.alphas_cumprod is None:
        return made
    import numpy as np

    bars = np.asarray(run.alphas_cumprod, dtype=np.float64)
    return made._replace(bars=bars, sigmas=formula.sigmas(bars))


@lru_cache(maxsize=256)
def _table(schedule: str, total: int, start: float, end: float, trained: tuple[float, ...] | None, zero: bool,
           floor: bool, snr_scale: float) -> Table:  # fmt: skip
    import numpy as np

    made = betas(schedule, total, start, end, trained)
    bars = formula.alphas_bar(made)
    # The one rounding that matters is that of 1 - beta to float32: see `inspector.samplers.tolerance.vp`.
    rounded = np.cumprod((np.float32(1) - made.astype(np.float32)).astype(np.float64)).astype(np.float32)
    near = rounded.astype(np.float64)
    if snr_scale != 1.0:
        bars, near = formula.snr_shift(bars, snr_scale), formula.snr_shift(near, snr_scale)
    cancelled = None
    if zero:
        cancelled = tolerance.cancelled(bars)
        bars, near = formula.zero_terminal_snr(bars), formula.zero_terminal_snr(near)
        if floor:
            bars[-1] = near[-1] = formula.FLOOR
    sigmas = formula.sigmas(bars)
    finite = np.isfinite(sigmas)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = float(np.max(np.abs(formula.sigmas(near)[finite] / sigmas[finite] - 1.0), initial=0.0))
    for array in (bars, sigmas):
        array.flags.writeable = False
    slope = float(np.min(np.diff(np.log(sigmas[finite])), initial=np.inf))
    name, relative = tolerance.vp(schedule, float(made[0]), error)
    return Table(bars, sigmas, name, relative, slope, cancelled)


def worst_cancelled(held: Table, times: Array) -> float:
    """The largest of ``held.cancelled`` at the timesteps of a run; 0 where nothing was rescaled."""
    import numpy as np

    if held.cancelled is None:
        return 0.0
    low = np.clip(np.floor(times), 0, len(held.cancelled) - 1).astype(int)
    return float(held.cancelled[low].max(initial=0.0))


def betas(schedule: str, total: int, start: float, end: float, trained: Any = None) -> Array:
    """The betas of a named schedule; raises `NoReference` for a name without a formula."""
    import numpy as np

    if trained is not None:
        return np.asarray(trained, dtype=np.float64)
    if schedule == "linear":
        return formula.linear(start, end, total)
    if schedule == "scaled_linear":
        return formula.scaled_linear(start, end, total)
    if schedule == "sigmoid":
        return formula.sigmoid(start, end, total)
    bars = {
        "squaredcos_cap_v2": formula.cosine_bar,
        "exp": formula.exponential_bar,
        "laplace": formula.laplace_bar,
    }.get(schedule)
    if bars is None:
        raise NoReference(f"no formula is known for beta_schedule {schedule!r}")
    return formula.from_alpha_bar(bars, total)
