"""What the installed library makes of a source: its settings in force, and what its scheduler holds. For the worker."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inspector.locks.files import digest
from inspector.observe import capture, parts_of

if TYPE_CHECKING:
    from inspector.model import Component
    from inspector.samplers.grid import Grid

STEPS = (4, 20, 50)
MU = 1.0
"""Given to ``set_timesteps`` of a scheduler that wants one: any number does, as long as it stays the same."""
_LONG = 1000
"""A value whose text is longer is sealed by its digest."""


def sealed(obj: Any, disk: Mapping[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """The components and schedules of a :class:`~inspector.locks.file.Lock`, as plain data.

    Args:
        obj: a live pipeline, scheduler or model; it is not changed.
        disk: what the JSON files say, by component path: all there is of a tokenizer or an image processor.
    """
    import torch

    torch.set_num_threads(1)
    seen = capture(obj, disk=disk)
    objects = dict(parts_of(obj))
    schedules = {
        c.path: {str(n): schedule(objects[c.path], n) for n in STEPS} for c in seen.components if c.kind == "scheduler"
    }
    components = {c.path: described(c) for c in seen.components}
    return {"versions": seen.versions, "components": components, "schedules": schedules}


def described(component: Component) -> dict[str, Any]:
    """The class, the settings in force, and one digest of them all."""
    from inspector.compare import effective

    settings = {}
    for setting in component.settings:
        value = effective(setting)
        if value is not None and setting.role == "value" and not setting.name.startswith("_"):
            settings[setting.name] = value.data
    short = {k: v if len(repr(v)) <= _LONG else {"digest": digest(v)} for k, v in settings.items()}
    return {"class": component.cls, "config": digest(settings), "settings": short}


def schedule(scheduler: Any, steps: int) -> dict[str, Any]:
    """What a copy of the scheduler holds after ``set_timesteps``.

    ``sigmas`` and ``timesteps`` are the float32 numbers; a class without sigmas has those of its timesteps from its own
    ᾱ. ``digest`` is of their bytes. ``tolerance``: how far float32 may be from the exact schedule, relative, or 0 where
    no formula is known. ``raises``: instead of all this, what ``set_timesteps`` says.
    """
    from inspector.samplers.grid import observe

    made = copy.deepcopy(scheduler)
    if not hasattr(made, "set_timesteps"):
        return {"raises": "there is no set_timesteps"}
    call: dict[str, Any] = {"num_inference_steps": steps}
    try:
        made.set_timesteps(**call)
    except Exception as error:  # noqa: BLE001 (what it raises is what is sealed)
        made, call = copy.deepcopy(scheduler), {**call, "mu": MU}
        if "mu" not in inspect.signature(made.set_timesteps).parameters:
            return {"raises": raised(error)}
        try:
            made.set_timesteps(**call)
        except Exception as again:  # noqa: BLE001
            return {"raises": raised(again)}
    grid = observe(made)
    held = {"sigmas": single(grid.sigmas), "timesteps": single(grid.raw)}
    given = {"mu": MU} if "mu" in call else {}
    return {
        **given,
        **held,
        "digest": digest(single_bytes(grid)),
        "tolerance": tolerance(scheduler, steps, call.get("mu")),
    }


def single(numbers: Any) -> list[Any]:
    """float32 numbers by their shortest text that gives them back; what is not finite as text."""
    import numpy as np

    return [float(str(n)) if np.isfinite(n) else str(n) for n in np.asarray(numbers, dtype=np.float32)]


def single_bytes(grid: Grid) -> bytes:
    """The same numbers as bytes."""
    import numpy as np

    return b"".join(np.asarray(held, dtype="<f4").tobytes() for held in (grid.sigmas, grid.raw))


def tolerance(scheduler: Any, steps: int, mu: float | None) -> float:
    from inspector.samplers.expected import FAMILIES, NoReference, expected

    config = {k: v for k, v in dict.items(scheduler.config) if not k.startswith("_")}
    name = next((c.__name__ for c in type(scheduler).__mro__ if c.__name__ in FAMILIES), "")
    try:
        return float(expected(name, config, steps, mu=mu).relative) if name else 0.0
    except NoReference:
        return 0.0


def raised(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
