"""Schedulers that work with ᾱ of whole timesteps and keep no sigmas: DDPM, DDIM and what was distilled from them.

Their grid is the sigma of each timestep, then that of the step's target below the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.samplers.families.run import Expected, NoReference, Run
from inspector.samplers.families.spread import beyond, positive, unread
from inspector.samplers.families.tables import table, worst_cancelled
from inspector.samplers.schedules import spacing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TO_IMAGE = ("DDPMScheduler", "DDPMParallelScheduler", "UnCLIPScheduler")
"""Classes whose last step always goes to ᾱ = 1; the others ask ``set_alpha_to_one``."""

DISTILLED = ("LCMScheduler", "TCDScheduler")

WARM_UP = 4
"""Steps of PNDM's Runge-Kutta warm-up (Liu et al. 2022, arXiv:2202.09778)."""


def indexed(run: Run) -> Expected:
    """The timesteps of one of these classes and the sigmas that they stand for."""
    import numpy as np

    positive(run)
    held = table(run)
    total = len(held.sigmas)
    if run.steps > total:
        raise NoReference(f"{run.steps} steps of {total} training timesteps")
    times = _times(run, total)
    levels = held.sigmas[np.clip(times, 0, total - 1).astype(int)]
    last = 0.0 if run.cls in TO_IMAGE or run.get("set_alpha_to_one", False) else float(held.sigmas[0])
    if run.cls == "DDIMInverseScheduler":
        # Each step goes up from the level below to that of its timestep.
        levels, times = np.append(last, levels[::-1]), times[::-1]
    else:
        levels = np.append(levels, last)
    notes = (*beyond(run, times, held), *unread(run, ()), *_notes(run))
    relative = max(held.relative, worst_cancelled(held, times))
    return Expected(tuple(levels.tolist()), tuple(times.tolist()), held.bound, notes, relative)


def _times(run: Run, total: int) -> Array:
    import numpy as np

    if run.timesteps is not None:
        return np.asarray(run.timesteps, dtype=np.float64)
    if run.cls in DISTILLED:
        original = int(run.get("original_inference_steps", 50))
        if run.steps > original:
            raise NoReference(f"{run.steps} steps of the {original} that the model was distilled on")
        return spacing.every_other(total, run.steps, original)
    if run.cls == "UnCLIPScheduler":
        if run.steps < 2:
            raise NoReference("the spacing (T-1)/(N-1) needs two steps")
        return spacing.stretched(total, run.steps)
    if run.cls == "PNDMScheduler" and not run.get("skip_prk_steps", False) and run.steps < WARM_UP:
        raise NoReference(f"the Runge-Kutta warm-up of PNDM needs {WARM_UP} steps")
    name = run.get("timestep_spacing", "leading")
    if name == "linspace" and run.cls != "DDIMInverseScheduler":
        return np.rint(spacing.linspace(total, run.steps))
    if name == "leading":
        return spacing.leading(total, run.steps, int(run.get("steps_offset", 0)))
    if name == "trailing":
        return spacing.trailing(total, run.steps)
    raise NoReference(f"no formula is known for timestep_spacing {name!r}")


def _notes(run: Run) -> Iterator[str]:
    if run.cls == "PNDMScheduler" and not run.get("skip_prk_steps", False):
        yield "Runge-Kutta warm-up visits timesteps between these"
    if run.steps == 1 and run.cls not in DISTILLED and run.get("timestep_spacing", "leading") != "trailing":
        yield "a single step starts at the smallest sigma, not at the largest"
