"""Presets × models × steps: every check of a run, schedulers reused, told as they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.samplers import facts
from inspector.samplers.build import Missing, Subject, Workshop, class_for
from inspector.samplers.check import Loop, check
from inspector.samplers.models import MODELS, Model
from inspector.samplers.presets import PRESETS, Preset

STEPS = (1, 10, 20, 25, 30, 50, 61)
"""The steps of a run that names none: what people use, and two numbers at which schedulers go wrong."""
USUAL = {"vp": "sd15", "flow": "sd3", "edm": "playground-2.5"}
"""The model of a run that names none, by the kind of preset."""
FIRST = 5
"""With ``loops`` off, the step loop is run once a subject: the first number of steps from this on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does.

    ``steps``: empty for each subject's own, or `STEPS`; those beyond what a class accepts are then skipped.
    ``loops``: the step loop for every number of steps; else once for models that differ only in betas, and where the
    grid looks as if it would fail.
    ``against``: a project to compare with, or empty. ``solve``: the exact result of the step loop on Gaussian data.
    """

    subjects: Sequence[Subject]
    steps: tuple[int, ...] = ()
    device: str = "cpu"
    dtype: str = "float32"
    loops: bool = True
    against: str = ""
    solve: bool = False


def subjects(
    presets: Iterable[Preset], models: Iterable[Model] = (), *, over: dict[str, Any] | None = None, every: bool = False
) -> list[Subject]:
    """Each preset on each model, or without models on the usual one of its kind.

    Args:
        presets: the presets.
        models: the models; a preset of another kind is left out unless it can run there.
        over: laid over every preset's kwargs.
        every: the presets are all of the table rather than named: only those of the model's own kind are paired.
    """
    chosen = list(models)
    found = []
    for preset in presets:
        for model in chosen or [MODELS[USUAL[preset.kind]]]:
            if every and preset.kind != model.kind:
                continue
            found.append(Subject(preset, model, over or {}))
    return found


def everything(models: Iterable[Model] = (), over: dict[str, Any] | None = None) -> list[Subject]:
    """Every preset of the table, on the models given or the usual ones."""
    return subjects(PRESETS.values(), models, over=over, every=True)


def run(
    plan: Plan, tell: Callable[[int, int, str], None] | None = None, shop: Workshop | None = None
) -> list[dict[str, Any]]:
    """All rows: subject by subject, each in the order of its steps.

    Args:
        plan: what to do.
        tell: told after each subject how many of how many are done, and which.
        shop: a workshop that knows some schedulers already.
    """
    shop, rows = shop or Workshop(), []
    with quiet():
        for number, subject in enumerate(plan.subjects, 1):
            rows += _series(plan, subject, shop)
            if tell is not None:
                tell(number, len(plan.subjects), f"{subject.preset.name} on {subject.model.name}")
    return rows


def _series(plan: Plan, subject: Subject, shop: Workshop) -> list[dict[str, Any]]:
    steps = plan.steps or subject.steps or STEPS
    known, done, failed, rows = None, False, False, []
    for n in steps:
        if known is None:
            known = _facts(subject, shop, n, plan.device)
        loop: Loop = "usual" if plan.loops else "never" if failed else "suspicious"
        if not plan.loops and not done and (n >= FIRST or n == steps[-1]):
            loop, done = "always" if first_of_its_kind(subject, shop) else loop, True
        row = check(subject, n, shop, device=plan.device, dtype=plan.dtype, loop=loop, known=known)
        failed = failed or bool(row["loop"] and row["loop"].get("raised"))
        if not plan.steps and row["raised"] and row["raised"]["limit"]:
            row |= {"verdict": "skip", "reason": f"{subject.preset.shown} does not accept {n} steps", "raised": None}
        if plan.against and row["sigmas"]:
            from inspector.samplers.against import against

            row["against"] = against(subject, n, row, plan.against, shop)
        if (plan.solve or n in subject.solve) and row["sigmas"]:
            from inspector.samplers.solving import solved

            row["solve"] = solved(subject, n, shop, plan.device, plan.dtype)
        rows.append(row)
    return rows


def first_of_its_kind(subject: Subject, shop: Workshop) -> bool:
    """Whether no scheduler that differs only in betas has been run; nor in spacing, where steps go by sigmas."""
    try:
        made = shop.get(class_for(subject.preset), subject.preset, subject.model, subject.kwargs)
    except Exception:  # noqa: BLE001 (the check itself reports it)
        return False
    ran: set[str] = shop.once(Workshop, "run", set)
    kind = facts.alike(made, facts.GRID if hasattr(made, "sigmas") else facts.BETAS)
    new = kind not in ran
    ran.add(kind)
    return new


def _facts(subject: Subject, shop: Workshop, steps: int, device: str) -> facts.Facts | None:
    try:
        cls = class_for(subject.preset)
        made = shop.get(cls, subject.preset, subject.model, subject.kwargs)
    except Missing:
        return None
    except Exception:  # noqa: BLE001 (the check itself reports it)
        return None
    return facts.of(subject, shop, made, steps, device)


def quiet() -> Any:
    """The library's own warnings off: a bulk run would repeat them thousands of times."""
    import contextlib
    import warnings

    from diffusers.utils import logging

    @contextlib.contextmanager
    def silence() -> Any:
        before = logging.get_verbosity()
        logging.set_verbosity_error()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            logging.set_verbosity(before)

    return silence()
