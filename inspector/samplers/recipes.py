"""A schedule as a list of conventions, so that two of them can be told apart one convention at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.samplers.elsewhere.models import TERMINAL, is_flow
from inspector.samplers.families import tables
from inspector.samplers.schedules import betas, flow, lookup, noise, spacing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One schedule.

    ``levels``: the timesteps' own sigmas (``times``) or a spread. ``spaced``: which timesteps; ``offset`` of leading
    ones. ``rounded``: to whole ones. ``between``: how sigma is read there, ``linear`` or ``log``. ``ends``: of a
    spread, the training ``table``'s or the spaced ``grid``'s. ``discard``: one step more, and the last sigma before the
    final one dropped. ``final``: ``zero`` or ``min``. ``snr``: what a zero terminal SNR becomes: ``kept`` (not
    rescaled), ``floor`` (2^-24), ``terminal`` (4.897e-8) or ``infinite``. ``beta``: schedule, start, end, T.
    ``shift``: of a flow model.
    """

    levels: str
    spaced: str
    rounded: bool = False
    between: str = "linear"
    ends: str = "table"
    discard: bool = False
    final: str = "zero"
    snr: str = "kept"
    beta: tuple[Any, ...] = ()
    offset: int = 0
    shift: float | None = None


SPREADS = {
    "karras": noise.karras,
    "exponential": noise.exponential,
    "polyexponential": noise.polyexponential,
    "beta": noise.beta_quantiles,
    "kl_optimal": noise.kl_optimal,
}
OPTIONS = {"use_karras_sigmas": "karras", "use_lu_lambdas": "exponential", "use_exponential_sigmas": "exponential",
           "use_beta_sigmas": "beta"}  # fmt: skip


def make(recipe: Recipe, steps: int) -> Array:
    """The sigmas of a recipe, float64, the final one included."""
    import numpy as np

    if recipe.shift is not None:
        return _flow(recipe, steps)
    table, count = _table(recipe), steps + recipe.discard
    times = _times(recipe, len(table), count)
    if recipe.rounded:
        times = np.rint(times)
    read = lookup.log_sigma_at if recipe.between == "log" else lookup.sigma_at
    levels = read(times, table)
    if recipe.levels in SPREADS:
        high, low = (table[-1], table[0]) if recipe.ends == "table" else (levels[0], levels[-1])
        levels = SPREADS[recipe.levels](float(high), float(low), count)
    elif recipe.levels == "beta_times":
        levels = _beta_times(table, count)
    if recipe.discard:
        levels = levels[:-1]
    return np.append(levels, 0.0 if recipe.final == "zero" else table[0])


def at(recipe: Recipe, times: Sequence[float]) -> Array:
    """The sigmas at given timesteps, in the recipe's table and its way of reading it, then the final one."""
    import numpy as np

    table = _table(recipe)
    read = lookup.log_sigma_at if recipe.between == "log" else lookup.sigma_at
    levels = read(np.array(times, dtype=np.float64), table)
    return np.append(levels, 0.0 if recipe.final == "zero" else table[0])


def _beta_times(table: Array, count: int) -> Array:
    import numpy as np
    from scipy.special import betaincinv

    places = np.rint(betaincinv(0.6, 0.6, 1.0 - np.linspace(0.0, 1.0, count, endpoint=False)) * (len(table) - 1))
    kept: Array = table[places[np.append(True, places[1:] != places[:-1])].astype(int)]
    return kept


def _times(recipe: Recipe, total: int, count: int) -> Array:
    import numpy as np

    if recipe.spaced == "leading":
        return spacing.leading(total, count, recipe.offset)
    if recipe.spaced == "leading open":
        return spacing.leading_open(total, count, recipe.offset)
    if recipe.spaced == "trailing":
        return spacing.trailing(total, count)
    if recipe.spaced == "every nth":
        nth: Array = total - 1.0 - np.floor(np.arange(count) * (total / count))
        return nth
    if recipe.spaced == "from one":
        return np.arange(1, total, max(total // count, 1), dtype=np.float64)[::-1]
    if recipe.spaced == "N of N+1":
        return spacing.linspace(total, count + 1)[:-1]
    return (
        spacing.linspace(total, count) if count > 1 or recipe.spaced == "both ends, from 0" else np.array([total - 1.0])
    )


def _table(recipe: Recipe) -> Array:
    schedule, start, end, total, trained = recipe.beta
    bars = betas.alphas_bar(tables.betas(schedule, total, start, end, trained))
    if recipe.snr != "kept":
        bars = betas.zero_terminal_snr(bars)
        bars[-1] = {"floor": betas.FLOOR, "terminal": TERMINAL, "infinite": 0.0}[recipe.snr]
    return betas.sigmas(bars)


def _flow(recipe: Recipe, steps: int) -> Array:
    """``spaced`` in flow's terms: from 1 down to a lower end, shifted once; ``twice``: to an end shifted already."""
    import numpy as np

    total, factor, count = int(recipe.beta[3]), float(recipe.shift or 1.0), steps + recipe.discard
    low = 1.0 / total
    grids: dict[str, Callable[[], Array]] = {
        "both ends": lambda: np.linspace(1.0, low, count),
        "twice": lambda: np.linspace(1.0, flow.shift(low, factor), count),
        "1 to 1/N": lambda: np.linspace(1.0, 1.0 / count, count),
        "N of N+1": lambda: np.linspace(1.0, low, count + 1)[:-1],
        "N of N+1, below 1": lambda: np.linspace(0.0, 1.0 - low, count + 1)[:0:-1],
        "every nth": lambda: (total - np.floor(np.arange(count) * (total / count))) / total,
        "twice, N": lambda: np.linspace(1.0, flow.shift(low, factor), count),
        "twice, N of N+1": lambda: np.linspace(1.0, flow.shift(low, factor), count + 1)[:-1],
    }
    levels = flow.shift(grids[recipe.spaced](), factor)
    if recipe.levels in SPREADS:
        ends = (1.0, flow.shift(low, factor)) if recipe.ends == "table" else (levels[0], levels[-1])
        levels = SPREADS[recipe.levels](float(ends[0]), float(ends[1]), count)
    elif recipe.levels == "beta_times":
        levels = _beta_times(flow.shift(np.arange(1, total + 1) / total, factor), count)
    if recipe.discard:
        levels = levels[:-1]
    return np.append(levels, 0.0 if recipe.final == "zero" else levels[-1])


def beta_of(config: Mapping[str, Any]) -> tuple[Any, ...]:
    trained = config.get("trained_betas")
    return (
        str(config.get("beta_schedule") or "linear"),
        float(config.get("beta_start") or 0.0),
        float(config.get("beta_end") or 0.0),
        int(config.get("num_train_timesteps") or 1000),
        None if trained is None else tuple(map(float, trained)),
    )


def shift_of(config: Mapping[str, Any], mu: float | None) -> float | None:
    if not is_flow(config):
        return None
    if config.get("use_dynamic_shifting") and mu is not None:
        return math.exp(mu)
    return float(config.get("shift") or 1.0)
