"""``--against``: the sigmas another project makes under the same name, and which convention makes the difference.

A reason is named only where it is proven: taking over that convention makes the other project's numbers those that the
scheduler holds. Where several are needed, the smallest set that does it is named; where none does, that is said.
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from inspector.samplers.agreement import number, plain, relative
from inspector.samplers.build import Subject, Workshop
from inspector.samplers.closest import closest
from inspector.samplers.families.run import NoReference
from inspector.samplers.own import own
from inspector.samplers.recipes import SPREADS, Recipe, at, make
from inspector.samplers.theirs import PROJECTS, PUBLISHED, Theirs, conventions, precision, recipe, sigmas, theirs_of
from inspector.samplers.wording import said

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def against(
    subject: Subject, steps: int, row: dict[str, Any], project: str, shop: Workshop, *, nearest: bool = True
) -> dict[str, Any]:
    """What the other project has under this name.

    Args:
        subject: the preset on the model.
        steps: N. A preset that hands in its timesteps is compared at their number.
        row: the check, done.
        project: one of `theirs.PROJECTS`.
        shop: where the schedulers are made.
        nearest: try which options come closest, too.

    Returns:
        ``name``, the project; ``sampler``, how it is called there; ``verdict`` pass, differ or skip; ``relative``, the
        largest difference, None where the numbers of steps differ; ``tolerance``; ``reason`` and ``conventions``, the
        keys of the conventions that were proven; ``sigmas`` there; ``closest``, what comes nearest to them.
    """
    import numpy as np

    told: dict[str, Any] = {
        "name": project, "sampler": "", "verdict": "skip", "reason": "", "relative": None,
        "tolerance": None, "conventions": [], "sigmas": [], "closest": None,
    }  # fmt: skip
    found = theirs_of(subject, project)
    if found is None:
        return told | {"reason": f"{PROJECTS[project]} has no sampler of this name"}
    told["sampler"] = found.sampler
    steps = len(row["call"].get("timesteps") or ()) or steps
    try:
        there = sigmas(subject, found, steps)
        tolerance = precision(subject, found) + (row["tolerance"] or 0.0)
    except NoReference as missing:
        return told | {"reason": missing.reason}
    here = np.array([float(v) for v in row["sigmas"]])
    if row["derived"] and row["expected"]:
        here = np.append(here, float(row["expected"][-1]))
    told |= {"tolerance": tolerance, "sigmas": plain(there)}
    off = _off(there, here)
    told["relative"] = None if off is None else number(off)
    if off is not None and off <= tolerance:
        return told | {"verdict": "pass"}
    names, reasons = _why(subject, found, steps, here, there, tolerance, shop)
    if row["call"].get("timesteps") and found.schedule in PUBLISHED:
        names, reasons = _published(subject, row["call"]["timesteps"], here, tolerance, shop)
    if not reasons:
        reasons = [
            f"not explained by conventions known here; {PROJECTS[project]}: {conventions(subject, found, steps)}"
        ]
    if len(there) - 1 != steps:
        reasons.insert(0, f"N+1 steps: it makes {len(there) - 1} steps for N = {steps}")
    told |= {"verdict": "differ", "reason": "; ".join(reasons), "conventions": names}
    return told | {"closest": closest(subject, steps, shop, there, off) if nearest else None}


def _off(there: Array, here: Array) -> float | None:
    return float(relative(there, here).max(initial=0.0)) if len(there) == len(here) else None


def _agree(made: Array, held: Array, tolerance: float) -> bool:
    off = _off(held, made)
    return off is not None and off <= tolerance


def _why(
    subject: Subject, found: Theirs, steps: int, here: Array, there: Array, tolerance: float, shop: Workshop
) -> tuple[list[str], list[str]]:
    """The smallest set of conventions that, taken over, turns the other project's numbers into the scheduler's."""
    their, mine = recipe(subject, found), own(subject, shop)
    if their is None or mine is None or not _agree(make(their, steps), there, tolerance):
        return [], []  # the recipe must be theirs before it can explain anything
    given = along(their, mine)
    apart = [f.name for f in fields(Recipe) if f.name not in given and getattr(their, f.name) != getattr(mine, f.name)]
    for size in range(1, len(apart) + 1):
        for names in combinations(apart, size):
            taken = replace(their, **given, **{n: getattr(mine, n) for n in names})
            if _agree(make(taken, steps), here, tolerance):
                return list(names), [said(n, mine, their) for n in names]
    return [], []


def along(their: Recipe, mine: Recipe) -> dict[str, Any]:
    """What is no convention by itself: an offset belongs to its spacing, and which timesteps are spaced does not count
    for a spread between the ends of training."""
    given: dict[str, Any] = {"offset": mine.offset}
    if their.levels in SPREADS and their.ends == "table":
        given["spaced"] = mine.spaced
    return given


def _published(
    subject: Subject, times: list[float], here: Array, tolerance: float, shop: Workshop
) -> tuple[list[str], list[str]]:
    """Align Your Steps: there published sigmas, here the sigmas that the published timesteps have in this model."""
    mine = own(subject, shop)
    if mine is None or not _agree(at(mine, times), here, tolerance):
        return [], []
    return ["published"], ["published levels: there published sigmas, here the model's own at the published timesteps"]
