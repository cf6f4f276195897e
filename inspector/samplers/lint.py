"""Anyone's table of presets, tried: each preset on common models at common numbers of steps. For the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from inspector.samplers.models import MODELS, Model
from inspector.samplers.presets import Preset
from inspector.samplers.shapes import Entry, entries

MODELS_OF = {"vp": ("sd15", "sdxl", "sd21-v"), "flow": ("sd3", "flux-dev"), "edm": ("playground-2.5",)}
"""The models that a preset of each kind is tried on."""
STEPS = (4, 10, 20, 25, 30, 50)
SHORT = 7
"""The steps of the runs that tell whether two presets are one."""


def lint(
    table: Any,
    where: str,
    *,
    models: Sequence[str] = (),
    steps: Sequence[int] = STEPS,
    tell: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Try every preset of a table; the answer is plain data, for :mod:`inspector.samplers.linted`.

    Args:
        table: what :func:`inspector.samplers.shapes.entries` reads.
        where: what the table is called.
        models: names of models; the common ones of each preset's kind where there are none.
        steps: numbers of steps.
        tell: told after each preset how many are done.

    Raises:
        InspectError: it is no table, a model does not exist, or scipy is missing (exit 2).
    """
    import torch

    from inspector.observe import versions
    from inspector.samplers.build import Subject, Workshop, need_scipy
    from inspector.samplers.models import find_model
    from inspector.samplers.run import Plan, run

    need_scipy()
    torch.set_num_threads(1)
    chosen = [find_model(name) for name in models]
    found = entries(table, MODELS["sd15"].config, where)
    presets = [entry.preset for entry in found if entry.preset is not None]
    subjects = [Subject(p, m) for p in presets for m in on(p, chosen)]
    shop = Workshop()
    rows = run(Plan(subjects, tuple(steps)), tell, shop)
    for row in rows:
        row["yours"] = True
    return {
        "table": where,
        "steps": list(steps),
        "entries": [told(entry) for entry in found],
        "checks": rows,
        "same": same_ones(presets, chosen, shop),
        "versions": versions(),
    }


def on(preset: Preset, chosen: Iterable[Model]) -> list[Model]:
    return list(chosen) or [MODELS[name] for name in MODELS_OF[preset.kind]]


def told(entry: Entry) -> dict[str, Any]:
    preset = entry.preset
    cls, kwargs = (preset.shown, {k: plain(v) for k, v in preset.kwargs.items()}) if preset else ("", {})
    problem = {"problem": entry.problem, "hint": entry.hint, "wrong": entry.wrong}
    return {"name": entry.name, "class": cls, "kwargs": kwargs, "built": preset.built if preset else "", **problem}


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)[:200]


def same_ones(presets: Sequence[Preset], chosen: Sequence[Model], shop: Any) -> list[list[str]]:
    """The names of presets that are one sampler: on every model the same sigmas, timesteps and steps, bit for bit."""
    groups: dict[Any, list[str]] = {}
    for preset in presets:
        seen = behaviour(preset, on(preset, chosen), shop)
        if seen is not None:
            groups.setdefault(seen, []).append(preset.name)
    return [names for names in groups.values() if len(names) > 1]


def behaviour(preset: Preset, models: Sequence[Model], shop: Any) -> Any:
    """What the preset does on each model, in a form that compares; None where it raises."""
    from inspector.samplers.build import Missing, Subject, call_of, class_for
    from inspector.samplers.trail import trail

    seen: list[Any] = []
    for model in models:
        subject = Subject(preset, model)
        try:
            made = shop.get(class_for(preset), preset, model, subject.kwargs)
        except Missing:
            return None
        except Exception:  # noqa: BLE001 (the check itself reports it)
            return None
        ran = trail(made, call_of(subject, SHORT))
        if any(isinstance(item, str) for item in ran):
            return None
        seen.append((model.name, tuple(ran)))
    return tuple(seen)
