"""``--against``: the sigmas another project makes under the same name, and which convention makes the difference.

A reason is named only where it is proven: taking over that convention makes the other project's numbers those that the
scheduler holds. Where several are needed, the smallest set that does it is named; where none does, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from inspector.samplers import elsewhere
from inspector.samplers.agreement import number, plain, relative
from inspector.samplers.build import Subject, Workshop
from inspector.samplers.closest import closest
from inspector.samplers.families.run import NoReference
from inspector.samplers.own import own
from inspector.samplers.recipes import OPTIONS, Recipe, beta_of, make, shift_of
from inspector.samplers.wording import said

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

PROJECTS = {"a1111": "A1111", "comfyui": "ComfyUI", "k-diffusion": "k-diffusion"}
SPACED = {
    "uniform": "both ends", "normal": "both ends", "sgm_uniform": "N of N+1", "simple": "every nth",
    "ddim": "from one", "ddim_uniform": "from one", "karras": "both ends", "exponential": "both ends",
    "polyexponential": "both ends", "beta": "both ends", "kl_optimal": "both ends",
}  # fmt: skip


def against(subject: Subject, steps: int, row: dict[str, Any], project: str, shop: Workshop) -> dict[str, Any]:
    """What the other project has under this name.

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
    found = _schedule(subject, project)
    if found is None:
        return told | {"reason": f"{PROJECTS[project]} has no sampler of this name"}
    schedule, name, discard = found
    told["sampler"] = name
    model = subject.model
    try:
        theirs = np.array(_theirs(subject, steps, project, schedule, discard))
        slack = elsewhere.precision(
            "a1111" if project == "k-diffusion" else project, schedule, model.config, mu=model.mu
        )
    except NoReference as missing:
        return told | {"reason": missing.reason}
    here = np.array([float(v) for v in row["sigmas"]])
    if row["derived"] and row["expected"]:
        here = np.append(here, float(row["expected"][-1]))
    tolerance = slack + (row["tolerance"] or 0.0)
    told |= {"tolerance": tolerance, "sigmas": plain(theirs)}
    if (off := _off(theirs, here)) is not None:
        told["relative"] = number(off)
        if off <= tolerance:
            return told | {"verdict": "pass"}
    names, reason = _why(subject, steps, project, schedule, discard, here, theirs, tolerance)
    if not reason:
        other = elsewhere.conventions(*_asked(project, schedule), model.config, steps, discard=discard)
        known = "; ".join(c.says for c in other)
        reason = f"no single convention accounts for it; {PROJECTS[project]}: {known}"
    told |= {"verdict": "differ", "reason": reason, "conventions": names}
    return told | {"closest": closest(subject, steps, shop, theirs, off)}


def _asked(project: str, schedule: str) -> tuple[str, str]:
    return ("a1111", schedule) if project == "k-diffusion" else (project, schedule)


def _schedule(subject: Subject, project: str) -> tuple[str, str, bool] | None:
    """The schedule there, its name with the sampler's, and whether a sigma is discarded."""
    preset = subject.preset
    if project == "comfyui":
        if preset.comfy is None:
            return None
        name = f"{preset.comfy_sampler or 'sampler'} with {preset.comfy}"
        return preset.comfy, name, preset.comfy_sampler in elsewhere.DISCARDING
    if preset.a1111 is None:
        return None
    if project == "k-diffusion":
        plainly = preset.a1111 in ("uniform", "karras", "exponential", "polyexponential")
        return (
            (preset.a1111, f"get_sigmas{'' if preset.a1111 == 'uniform' else '_' + preset.a1111}", False)
            if plainly
            else None
        )
    return preset.a1111, f"{preset.names.get('A1111', (preset.name,))[0]} with {preset.a1111}", preset.discard


def _theirs(subject: Subject, steps: int, project: str, schedule: str, discard: bool) -> tuple[float, ...]:
    config, mu, family = subject.model.config, subject.model.mu, "sdxl" if subject.model.name == "sdxl" else "sd1"
    if project == "comfyui":
        return elsewhere.comfyui(schedule, config, steps, mu=mu, discard=discard, family=family)
    return elsewhere.a1111(schedule, config, steps, discard=discard, family=family)


def _off(theirs: Array, here: Array) -> float | None:
    return float(relative(theirs, here).max(initial=0.0)) if len(theirs) == len(here) else None


def _why(
    subject: Subject,
    steps: int,
    project: str,
    schedule: str,
    discard: bool,
    here: Array,
    theirs: Array,
    tolerance: float,
) -> tuple[list[str], str]:
    """The smallest set of conventions that, taken over, turns the other project's numbers into the scheduler's."""
    there = _recipe(subject, project, schedule, discard)
    mine = own(subject)
    if there is None or mine is None:
        return [], ""
    if not _agree(make(there, steps), theirs, tolerance):  # the recipe must be theirs before it can explain anything
        return [], _counted(steps, theirs)
    apart = [f.name for f in fields(Recipe) if getattr(there, f.name) != getattr(mine, f.name) and f.name != "offset"]
    for size in range(1, len(apart) + 1):
        for names in combinations(apart, size):
            taken = replace(there, offset=mine.offset, **{n: getattr(mine, n) for n in names})
            if _agree(make(taken, steps), here, tolerance):
                return list(names), "; ".join([*_counts(steps, theirs), *(said(n, mine, there) for n in names)])
    return [], ""


def _agree(made: Array, held: Array, tolerance: float) -> bool:
    off = _off(held, made)
    return off is not None and off <= tolerance


def _counts(steps: int, theirs: Array) -> Iterator[str]:
    if len(theirs) - 1 != steps:
        yield f"N+1 steps: it makes {len(theirs) - 1} steps for N = {steps}"


def _counted(steps: int, theirs: Array) -> str:
    return "; ".join(_counts(steps, theirs))


def _recipe(subject: Subject, project: str, schedule: str, discard: bool) -> Recipe | None:
    """The other project's schedule as a recipe."""
    config, mu = subject.model.config, subject.model.mu
    spaced = SPACED.get(schedule)
    if spaced is None:
        return None
    shift = shift_of(config, mu)
    levels = schedule if schedule in (*OPTIONS.values(), "polyexponential", "kl_optimal") else "times"
    if schedule == "beta" and project == "comfyui":
        levels = "beta_times"
    if shift is not None and schedule in ("normal", "sgm_uniform"):
        spaced = "twice, N" if schedule == "normal" else "twice, N of N+1"
    snr = "terminal" if config.get("rescale_betas_zero_snr") else "kept"
    total = 10000 if shift is not None and config.get("use_dynamic_shifting") else None
    beta = beta_of(config) if total is None else (*beta_of(config)[:3], total, None)
    return Recipe(levels, spaced, between="log", discard=discard, snr=snr, beta=beta, shift=shift)
