"""The schedules of AUTOMATIC1111's web UI and of Forge (their ``modules/sd_schedulers.py``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from inspector.samplers.elsewhere import models
from inspector.samplers.families.run import NoReference
from inspector.samplers.schedules import align, lookup, noise, spacing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

AUTOMATIC = {
    "DPM++ 2M": "karras",
    "DPM++ SDE": "karras",
    "DPM++ 2M SDE": "exponential",
    "DPM++ 2M SDE Heun": "exponential",
    "DPM++ 2S a": "karras",
    "DPM++ 3M SDE": "exponential",
    "DPM2": "karras",
    "DPM2 a": "karras",
    "Restart": "karras",
}
"""Sampler -> the schedule that "Automatic" means for it; "uniform" for every other."""


def a1111(
    schedule: str, config: Mapping[str, Any], steps: int, *, discard: bool = False, family: str = "sd1"
) -> tuple[float, ...]:
    """The sigmas, the final one included.

    Args:
        schedule: its name there, one of `A1111`.
        config: the model's scheduler configuration.
        steps: N. Some schedules make more than N steps, see `inspector.samplers.elsewhere.conventions`.
        discard: make one step more and drop the last sigma before the final one, as DPM2, DPM2 a and DPM++ 3M SDE do.
        family: "sd1" or "sdxl", which list of optimised levels applies.

    Raises:
        NoReference: for an unknown schedule, no steps, or a model it does not run.
    """
    import numpy as np

    if steps < 1:
        raise NoReference(f"{steps} steps are no schedule")
    made = A1111.get(schedule)
    if made is None:
        raise NoReference(f"A1111 has no schedule {schedule!r}; it has {', '.join(A1111)}")
    if models.is_flow(config):
        raise NoReference("A1111 does not run flow-matching models")
    table = models.levels(config, single=True)
    sigmas = made(table, steps + discard, family)
    if discard:
        sigmas = np.append(sigmas[:-2], sigmas[-1])
    return tuple(sigmas.tolist())


def _ends(table: Array) -> tuple[float, float]:
    return float(table[-1]), float(table[0])


def _zero(levels: Array) -> Array:
    import numpy as np

    return np.append(levels, 0.0)


def _uniform(table: Array, steps: int, family: str) -> Array:
    """Real timesteps from T-1 to 0; a single one is T-1."""
    import numpy as np

    return _zero(lookup.log_sigma_at(np.linspace(len(table) - 1.0, 0.0, steps), table))


def _sgm_uniform(table: Array, steps: int, family: str) -> Array:
    return _zero(lookup.log_sigma_at(spacing.linspace(len(table), steps + 1)[:-1], table))


def _karras(table: Array, steps: int, family: str) -> Array:
    return _zero(noise.karras(*_ends(table), steps))


def _exponential(table: Array, steps: int, family: str) -> Array:
    return _zero(noise.exponential(*_ends(table), steps))


def _polyexponential(table: Array, steps: int, family: str) -> Array:
    return _zero(noise.polyexponential(*_ends(table), steps))


def _beta(table: Array, steps: int, family: str) -> Array:
    return _zero(noise.beta_quantiles(*_ends(table), steps))


def _kl_optimal(table: Array, steps: int, family: str) -> Array:
    """N+1 levels that end at the smallest sigma; no zero."""
    return noise.kl_optimal(*_ends(table), steps + 1)


def _simple(table: Array, steps: int, family: str) -> Array:
    return _zero(every_nth(table, steps))


def _ddim(table: Array, steps: int, family: str) -> Array:
    """Every T//N-th from t = 1: more than N where N does not divide T."""
    return _zero(table[1 :: max(len(table) // steps, 1)][::-1])


def _turbo(table: Array, steps: int, family: str) -> Array:
    """Forge: k 1000/N - 1, rounded, from the top."""
    import numpy as np

    places = np.clip(np.rint(np.arange(steps, 0, -1) * (1000.0 / steps) - 1.0), 0, len(table) - 1)
    return _zero(table[places.astype(int)])


def _listed(lists: Mapping[str, tuple[float, ...]]) -> Callable[[Array, int, str], Array]:
    def schedule(table: Array, steps: int, family: str) -> Array:
        """The published levels read at N places, whatever the model's own range; then zero."""
        import numpy as np

        if family not in lists:
            raise NoReference(f"no optimised levels are known for {family!r}; there are {', '.join(lists)}")
        known = np.asarray(lists[family])
        return _zero(known if steps == len(known) else downward(known, steps))

    return schedule


def downward(known: Array, count: int) -> Array:
    """`noise.loglinear` counted from the smallest level up: a single one is the smallest."""
    return noise.loglinear(known[::-1], count)[::-1]


def every_nth(table: Array, steps: int) -> Array:
    """N entries of the table from its top, the i-th ⌊i T/N⌋ below it: "simple" in both projects."""
    stride = len(table) / steps
    picked: Array = table[[-(1 + int(i * stride)) for i in range(steps)]]
    return picked


A1111: dict[str, Callable[[Array, int, str], Array]] = {
    "uniform": _uniform,
    "karras": _karras,
    "exponential": _exponential,
    "polyexponential": _polyexponential,
    "sgm_uniform": _sgm_uniform,
    "kl_optimal": _kl_optimal,
    "align_your_steps": _listed(align.ROUNDED),
    "simple": _simple,
    "normal": _uniform,
    "ddim": _ddim,
    "beta": _beta,
    "turbo": _turbo,
    "align_your_steps_GITS": _listed(align.GITS),
    "align_your_steps_11": _listed(align.ROUNDED),
    "align_your_steps_32": _listed(align.FINE),
}
"""Schedule -> how it is made from the model's table, N and the model family. "turbo" and the last three are Forge's."""
