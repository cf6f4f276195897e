"""``inspector.check_preset``: presets, models and schedulers as the Python API takes them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from inspector.model import Snapshot
from inspector.result import Result
from inspector.samplers.asked import checked_steps, given
from inspector.samplers.models import Model, find_model
from inspector.samplers.presets import Preset


def checked(
    preset: Any, model: Any, steps: Any, device: str, dtype: str, against: str, solve: bool, over: dict[str, Any]
) -> Result:
    """The report of the checks, made in this process."""
    from inspector.samplers.report import report_of
    from inspector.samplers.tasks import checks_of

    numbers = checked_steps(() if steps is None else steps if isinstance(steps, Sequence) else (steps,))
    options: dict[str, Any] = {"device": device, "dtype": dtype, "over": over, "against": against, "solve": solve}
    if hasattr(preset, "set_timesteps"):
        task = given((), (), numbers, **options)
        found, source = checks_of(**{**task, "presets": [], "models": []}, live=preset), type(preset).__name__
    else:
        names = [preset] if isinstance(preset, str | Preset) else list(preset)
        own = [p for p in names if isinstance(p, Preset)]
        texts = [p if isinstance(p, str) else p.key for p in names]
        models = [] if model is None else [model_of(model)]
        found, source = checks_of(**given(texts, models, numbers, own=own, **options)), ", ".join(texts)
    return Result(report_of(source, found), Snapshot(source, found["versions"]))


def model_of(model: Any) -> Model:
    """A model of the table, of a SOURCE, or a bare scheduler config.

    Raises:
        InspectError: there is none, or it cannot be read.
    """
    from inspector.samplers import sourced

    if isinstance(model, Model):
        return model
    if isinstance(model, Mapping):
        return sourced.from_config(model, str(model.get("_class_name", "config")))
    return named_or_read(os.fspath(model))


def named_or_read(text: str) -> Model:
    """A model of the table, or the scheduler config of a SOURCE, of which only files are read here.

    Raises:
        InspectError: there is neither, or the source cannot be read.
    """
    from inspector.model import InspectError

    try:
        return find_model(text)
    except InspectError:
        if not (os.path.exists(text) or any(c in text for c in ":/\\") or text.endswith(".json")):
            raise
    from inspector import snapshots
    from inspector.samplers.sourced import model_of as sourced

    return sourced(snapshots.take(text, static=True), text)
