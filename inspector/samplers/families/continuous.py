"""Schedulers in the manner of k-diffusion: real timesteps, sigma between entries of the table, spread over the run.

Euler, Euler ancestral, Heun, DPM2 (KDPM2), DPM2 ancestral, LMS, DPM++ SDE.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.samplers.families.run import Expected, NoReference, Run
from inspector.samplers.families.spread import OPTIONS, beyond, positive, spread, spread_between, unread
from inspector.samplers.families.tables import Table, table, worst_cancelled
from inspector.samplers.schedules import edm, lookup, noise, spacing
from inspector.samplers.tolerance import ULP, inherited

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

EULER = "EulerDiscreteScheduler"
"""The one class here that reads final_sigmas_type, interpolation_type and timestep_type."""

ROUNDED = ("KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler")
"""Classes that round the timesteps of Karras sigmas."""


def continuous(run: Run) -> Expected:
    """The grid of one of these classes; ``run.timesteps`` or ``run.sigmas`` replace its own."""
    import numpy as np

    positive(run)
    held = table(run)
    options = () if run.cls == "EulerAncestralDiscreteScheduler" else OPTIONS
    option = spread(run, options)
    slack = 2.0 * held.relative / held.slope
    if run.sigmas is not None:
        levels = np.asarray(run.sigmas, dtype=np.float64)
        times = lookup.time_of(levels[:-1], held.sigmas)
        return _answer(run, levels, times, held, slack, (), held.relative, 16.0)
    times = _times(run, len(held.sigmas))
    levels = lookup.sigma_at(times, held.sigmas)
    relative, ulps = max(held.relative, worst_cancelled(held, times)), 16.0
    notes = [*beyond(run, times, held), *_start(run)]
    if option:
        levels = spread_between(run, option, float(levels[0]), float(levels[-1]))
        times = lookup.time_of(levels, held.sigmas)
        slack += 0.5 if option == "use_karras_sigmas" and run.cls in ROUNDED else 0.0
    elif run.cls == EULER and run.get("interpolation_type", "linear") == "log_linear":
        levels = noise.exponential(float(held.sigmas[-1]), float(held.sigmas[0]), run.steps + 1)
        notes.append("log_linear interpolation gives one sigma more than there are timesteps")
    else:
        slack, extra = len(held.sigmas) * ULP, inherited(times, held.sigmas)
        if extra > 8 * ULP:
            relative, ulps = relative + extra, 16.0 + 2 * extra / ULP
    low = run.cls == EULER and run.get("final_sigmas_type", "zero") == "sigma_min"
    last = float(held.sigmas[0]) if low else 0.0
    notes += unread(run, options)
    return _answer(run, np.append(levels, last), times, held, slack, tuple(notes), relative, ulps)


def _times(run: Run, total: int) -> Array:
    import numpy as np

    if run.timesteps is not None:
        return np.asarray(run.timesteps, dtype=np.float64)
    name = run.get("timestep_spacing", "linspace")
    if name == "linspace":
        return spacing.linspace(total, run.steps)
    if name == "leading":
        return spacing.leading(total, run.steps, int(run.get("steps_offset", 0)))
    if name == "trailing":
        return spacing.trailing(total, run.steps)
    raise NoReference(f"no formula is known for timestep_spacing {name!r}")


def _start(run: Run) -> Iterator[str]:
    if run.steps == 1 and run.timesteps is None and run.get("timestep_spacing", "linspace") != "trailing":
        yield "a single step starts at the smallest sigma, not at the largest"


def _answer(
    run: Run,
    levels: Array,
    times: Array,
    held: Table,
    slack: float,
    notes: tuple[str, ...],
    relative: float,
    ulps: float,
) -> Expected:
    told = (run.get("timestep_type", "discrete"), run.get("prediction_type"))
    if run.cls == EULER and told == ("continuous", "v_prediction"):
        times, slack = edm.quarter_log(levels[:-1]), held.relative
    return Expected(tuple(levels.tolist()), tuple(times.tolist()), held.bound, notes, relative, slack, ulps)
