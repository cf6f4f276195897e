"""Flow-matching schedulers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.samplers.families.run import Expected, NoReference, Run
from inspector.samplers.families.spread import OPTIONS, positive, spread, spread_between
from inspector.samplers.schedules import flow
from inspector.samplers.tolerance import ULP, bound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def flow_match(run: Run) -> Expected:
    """FlowMatchEuler, FlowMatchLCM and LTX's Euler ancestral: shift, stretch, spread, in this order.

    Their own grid spans the shifted ends of training and is then shifted itself; sigmas that a pipeline hands in are
    shifted once.
    """
    import numpy as np

    positive(run)
    total, factor = int(run.need("num_train_timesteps")), float(run.get("shift", 1.0))
    dynamic = bool(run.get("use_dynamic_shifting", False))
    if run.sigmas is not None:
        levels = np.asarray(run.sigmas, dtype=np.float64)
    elif run.timesteps is not None:
        levels = np.asarray(run.timesteps, dtype=np.float64) / total
    else:
        low = 1.0 / total
        levels = np.linspace(1.0, low if dynamic else flow.shift(low, factor), run.steps)
    levels = _shifted(run, levels, factor, dynamic)
    if run.get("shift_terminal"):
        if levels[-1] == 1.0:
            raise NoReference("a schedule that ends where it starts cannot be stretched to shift_terminal")
        levels = flow.stretch_to(levels, float(run.need("shift_terminal")))
    option = spread(run)
    if option:
        levels = spread_between(run, option, float(levels[0]), float(levels[-1]))
    last, lost = 0.0, 0.0
    if run.get("invert_sigmas", False):
        levels, last = 1.0 - levels, 1.0
        lost = _lost(levels)
    times = levels * total
    if run.timesteps is not None and not run.get("invert_sigmas", False):
        times = np.asarray(run.timesteps, dtype=np.float64)
    return _answer(np.append(levels, last), times, total, tuple(_notes(run, factor, dynamic)), lost)


def heun(run: Run) -> Expected:
    """FlowMatchHeun: FlowMatchEuler's own grid, without dynamic shift or spreads."""
    unread = ("use_dynamic_shifting", "shift_terminal", "invert_sigmas", *OPTIONS)
    plain = {k: v for k, v in run.config.items() if k in ("num_train_timesteps", "shift")}
    made = flow_match(Run(run.cls, plain, run.steps))
    notes = tuple(f"{k} is not read by {run.cls}" for k in unread if run.get(k))
    return Expected(made.sigmas, made.timesteps, made.bound, made.notes + notes, made.relative, made.timestep_bound)


def flow_map(run: Run) -> Expected:
    """FlowMapEuler: N levels from 1 down in steps of 1/N, shifted once; kept in float64."""
    import numpy as np

    positive(run)
    total = int(run.need("num_train_timesteps"))
    levels = np.linspace(1.0, 0.0, run.steps + 1)[:-1] if run.sigmas is None else np.asarray(run.sigmas, dtype=float)
    levels = flow.shift(levels, float(run.get("shift", 1.0)))
    return _answer(np.append(levels, 0.0), levels * total, total)


def minimax(run: Run) -> Expected:
    """MiniMax H3: N points from 1 to 0, both included, shifted once; the network is told 1 - sigma."""
    import numpy as np

    if run.steps < 2:
        raise NoReference("a grid with both ends needs two points")
    levels = flow.shift(np.linspace(1.0, 0.0, run.steps), float(run.get("shift", 12.0)))
    return _answer(levels, 1.0 - levels[:-1], 1, lost=_lost(levels))


def piflow(run: Run) -> Expected:
    """pi-Flow: N steps of 1 / (N - 1 + f), the last one f of the others' length, shifted once (arXiv:2510.14974)."""
    import numpy as np

    positive(run)
    total, part = int(run.need("num_train_timesteps")), float(run.get("final_step_size_scale", 0.5))
    levels = 1.0 - np.arange(run.steps) / (run.steps - 1.0 + part)
    lost = _lost(levels)
    levels = flow.shift(levels, float(run.get("shift", 5.0)))
    return _answer(np.append(levels, 0.0), levels * total, total, lost=lost)


def _lost(levels: Array) -> float:
    """Two roundings near 1, relative to the smallest level that a difference from 1 leaves."""
    import numpy as np

    return ULP / float(np.min(levels[levels > 0], initial=1.0))


def _shifted(run: Run, levels: Array, factor: float, dynamic: bool) -> Array:
    if not dynamic:
        return flow.shift(levels, factor)
    if run.mu is None:
        raise NoReference("use_dynamic_shifting needs mu")
    if run.get("time_shift_type", "exponential") == "linear":
        return flow.linear_shift(levels, run.mu)
    return flow.exponential_shift(levels, run.mu)


def _notes(run: Run, factor: float, dynamic: bool) -> Iterator[str]:
    if run.sigmas is None and run.timesteps is None and not dynamic and factor != 1.0:
        yield f"the default grid is shifted twice: its lower end, shift(1/T), is shifted by {factor:g} again"


def _answer(levels: Array, times: Array, total: int, notes: tuple[str, ...] = (), lost: float = 0.0) -> Expected:
    flat = bound("flow").relative
    return Expected(tuple(levels.tolist()), tuple(times.tolist()), "flow", notes, flat + lost, total * flat)
