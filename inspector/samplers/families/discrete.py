"""Multistep solvers in λ: integer timesteps, one more than N of them so that the last is left to the final sigma.

DPM-Solver(++) multistep and singlestep, DEIS, UniPC, SA-Solver; spread over the whole training table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inspector.samplers.families import solverflow
from inspector.samplers.families.run import Expected, NoReference, Run
from inspector.samplers.families.spread import OPTIONS, beyond, positive, spread, spread_between, unread
from inspector.samplers.families.tables import Table, table, worst_cancelled
from inspector.samplers.schedules import lookup, spacing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NEVER_ZERO = ("DEISMultistepScheduler", "SASolverScheduler")
"""Classes without a final_sigmas_type: the run ends at the smallest sigma."""

CLIPPED = ("DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "SASolverScheduler")
"""Classes that leave out the timesteps below ``lambda_min_clipped``."""


def discrete(run: Run) -> Expected:
    """The grid of one of these classes."""
    import numpy as np

    positive(run)
    options = (*OPTIONS, "use_lu_lambdas") if run.cls == "DPMSolverMultistepScheduler" else OPTIONS
    option = spread(run, options)
    held = table(run)
    if run.get("use_flow_sigmas", False) and (option is None or run.cls == "UniPCMultistepScheduler"):
        return solverflow.solver_flow(run, option, held)
    notes = [*unread(run, options)]
    slack, relative = 0.0, held.relative
    if option is None:
        times = _times(run, held)
        relative = max(relative, worst_cancelled(held, times))
        levels = lookup.sigma_at(times, held.sigmas)
        notes += beyond(run, times, held)
    else:
        levels = spread_between(run, option, float(held.sigmas[-1]), float(held.sigmas[0]))
        times = lookup.time_of(levels, held.sigmas)
        slack = 2.0 * held.relative / held.slope + _cut(run, option)
        if len({*np.rint(times).tolist()}) < len(times):
            notes.append("whole timesteps repeat: neighbouring sigmas are less than a timestep apart")
    last = _last(run, option, levels, held)
    if run.cls in NEVER_ZERO:
        notes.append("this class never reaches 0: it has no final_sigmas_type")
    grid = np.append(levels, last)
    return Expected(
        tuple(grid.tolist()), tuple(times.tolist()), held.bound, tuple(notes), relative, slack
    )  # fmt: skip


def _times(run: Run, held: Table) -> Array:
    import numpy as np

    if run.timesteps is not None:
        return np.asarray(run.timesteps, dtype=np.float64)
    total = len(held.sigmas)
    clip = float(run.get("lambda_min_clipped", float("-inf"))) if run.cls in CLIPPED else float("-inf")
    upper = total - (int(np.count_nonzero(-np.log(held.sigmas) < clip)) if math.isfinite(clip) else 0)
    name = "linspace" if run.cls == "DPMSolverSinglestepScheduler" else run.get("timestep_spacing", "linspace")
    if name == "linspace":
        return spacing.linspace_open(upper, run.steps)
    if name == "leading":
        return spacing.leading_open(upper, run.steps, int(run.get("steps_offset", 0)))
    if name == "trailing":
        return spacing.trailing(total, run.steps, upper)
    raise NoReference(f"no formula is known for timestep_spacing {name!r}")


def _cut(run: Run, option: str) -> float:
    """How far a whole timestep may be from the real one: half of one when it is rounded, one when it is cut off."""
    rounds = option in ("use_karras_sigmas", "use_lu_lambdas")
    if run.cls == "DPMSolverMultistepScheduler" and run.get("beta_schedule") == "squaredcos_cap_v2":
        rounds = False
    return 0.5 if rounds else 1.0


def _last(run: Run, option: str | None, levels: Array, held: Table) -> float:
    if run.cls in NEVER_ZERO:
        return float(levels[-1]) if option else float(held.sigmas[0])
    name = run.get("final_sigmas_type", "zero")
    if name == "zero":
        return 0.0
    if name == "sigma_min":
        return float(levels[-1]) if option and run.cls == "UniPCMultistepScheduler" else float(held.sigmas[0])
    raise NoReference(f"no formula is known for final_sigmas_type {name!r}")


def inverse(run: Run) -> Expected:
    """DPM-Solver++ inversion: the same timesteps upward from the cleanest, then the noisiest sigma.

    The class leaves out timesteps that repeat, but not their sigmas; here each step keeps its own.
    """
    import numpy as np

    positive(run)
    if run.get("use_flow_sigmas", False):
        raise NoReference("inversion over flow sigmas: the class keeps the forward order")
    option = spread(run)
    held = table(run)
    slack = 0.0
    if option is None:
        times, levels, top = _inverse_times(run, held)
        levels = np.append(levels, top)
    else:
        # The ends swapped: the run rises, and its last level is held.
        levels = spread_between(run, option, float(held.sigmas[0]), float(held.sigmas[-1]))
        times, levels = lookup.time_of(levels, held.sigmas), np.append(levels, levels[-1])
        slack = 2.0 * held.relative / held.slope + (0.5 if option == "use_karras_sigmas" else 1.0)
    notes = ("upward: this class adds noise", *unread(run, OPTIONS))
    return Expected(tuple(levels.tolist()), tuple(times.tolist()), held.bound, notes, held.relative, slack)


def _inverse_times(run: Run, held: Table) -> tuple[Array, Array, float]:
    import numpy as np

    total = len(held.sigmas)
    upper = total - int(np.count_nonzero(-np.log(held.sigmas) < float(run.get("lambda_min_clipped", float("-inf")))))
    name = run.get("timestep_spacing", "linspace")
    if name == "linspace":
        times = np.rint(np.linspace(0.0, upper - 1.0, run.steps + 1))[:-1]
    elif name == "leading":
        times = np.arange(run.steps, dtype=np.float64) * (upper // (run.steps + 1)) + int(run.get("steps_offset", 0))
    elif name == "trailing":
        times = spacing.trailing(total, run.steps, upper)[::-1]
    else:
        raise NoReference(f"no formula is known for timestep_spacing {name!r}")
    return times, lookup.sigma_at(times, held.sigmas), float(held.sigmas[upper - 1])
