"""Flow sigmas in the λ solvers (``use_flow_sigmas``): their own grids, each a little off the flow schedulers'."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.samplers.families.run import Expected, NoReference, Run
from inspector.samplers.families.spread import spread_between
from inspector.samplers.families.tables import Table
from inspector.samplers.schedules import flow
from inspector.samplers.tolerance import bound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BELOW_ONE = 1e-6
"""UniPC starts this much below 1, where λ = ln((1 - sigma) / sigma) is infinite (UniPC, arXiv:2302.04867)."""


def solver_flow(run: Run, option: str | None, held: Table) -> Expected:
    """The flow grid of a λ solver; ``option`` is a spread of variance-exploding sigmas (UniPC alone)."""
    import numpy as np

    total = int(run.need("num_train_timesteps"))
    name, relative = "flow", bound("flow").relative
    if run.cls != "UniPCMultistepScheduler":
        # From 1 - 1/T: these solvers keep off sigma = 1.
        levels = flow.shift(np.linspace(0.0, 1.0 - 1.0 / total, run.steps + 1)[:0:-1], _factor(run))
        ends_at_zero = run.cls != "DEISMultistepScheduler" and run.cls != "SASolverScheduler"
        last = 0.0 if ends_at_zero else float(levels[-1])
        if ends_at_zero and run.get("final_sigmas_type", "zero") == "sigma_min":
            last, name, relative = float(held.sigmas[0]), held.bound, held.relative
    else:
        if option:
            levels = flow.ratio(spread_between(run, option, float(held.sigmas[-1]), float(held.sigmas[0])))
            name, relative = held.bound, held.relative
            if option != "use_karras_sigmas":
                raise NoReference(f"{option} with use_flow_sigmas gives sigmas that are not the flow's")
        else:
            levels = _unipc(run, total)
        last = 0.0 if run.get("final_sigmas_type", "zero") == "zero" else float(levels[-1])
    grid = np.append(levels, last)
    times, slack = tuple((levels * total).tolist()), 1.0 + total * relative
    return Expected(tuple(grid.tolist()), times, name, tuple(_notes(run)), relative, slack)


def _factor(run: Run) -> float:
    if run.mu is not None and run.get("use_dynamic_shifting", False):
        return math.exp(run.mu)
    return float(run.get("flow_shift", 1.0))


def _unipc(run: Run, total: int) -> Array:
    import numpy as np

    if run.sigmas is not None:
        levels = np.asarray(run.sigmas, dtype=np.float64)
    else:
        levels = np.linspace(1.0, 1.0 / total, run.steps + 1)[:-1]
    if run.get("use_dynamic_shifting", False):
        if run.mu is None:
            raise NoReference("use_dynamic_shifting needs mu")
        levels = flow.exponential_shift(levels, run.mu)
    else:
        levels = flow.shift(levels, float(run.get("flow_shift", 1.0)))
    if run.get("shift_terminal"):
        if levels[-1] == 1.0:
            raise NoReference("a schedule that ends where it starts cannot be stretched to shift_terminal")
        levels = flow.stretch_to(levels, float(run.need("shift_terminal")))
    if abs(levels[0] - 1.0) < BELOW_ONE:
        levels[0] -= BELOW_ONE
    return levels


def _notes(run: Run) -> Iterator[str]:
    wanted, given = run.get("shift"), float(run.get("flow_shift", 1.0))
    if wanted is not None and run.mu is None and float(wanted) != given:
        yield f"shift={wanted} is not read by {run.cls}: flow_shift={given} is"
    if run.cls in ("DEISMultistepScheduler", "SASolverScheduler"):
        yield "this class never reaches 0: it has no final_sigmas_type"
