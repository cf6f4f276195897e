"""What the next ``from_config`` and the next save make of a value, and the line that makes it last."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.settings import is_pipeline
from inspector.tracing.lines import MISSING
from inspector.tracing.making import configured
from inspector.tracing.remedy import is_literal, literal
from inspector.tracing.run import Run, saved_config


def ahead(part: Any, name: str, value: Any) -> Iterator[dict[str, Any]]:
    """By ``from_config`` of the class itself and by a save: whether the value that is in force comes through."""
    if not is_pipeline(part):
        run = Run(type(part), copy.copy(configured(part)), {})
        step = next((s for s in run.seen.steps if s.key == name and s.store == "config" and s.gone), None)
        used = run.seen.returned is not None and name in run.seen.returned[0]
        found: dict[str, Any] = {"by": "from_config", "kept": False}
        if name in run.items:
            found |= {"value": plain(run.items[name]), "kept": same(plain(run.items[name]), value)}
        if step is not None and not used:
            found |= {"file": step.file, "line": step.line}
        yield {**found, "reason": why(run, name, found["kept"], used)}
    saved = saved_config(part)
    if saved is not None:
        kept = name in saved and same(saved[name], value)
        reason = (
            "" if kept else "save_pretrained writes the config item" if name in saved else "it is not in the config"
        )
        yield {"by": "save", "kept": kept, "reason": reason} | ({"value": saved[name]} if name in saved else {})


def why(run: Run, name: str, kept: bool, used: bool) -> str:
    flagged = name in (run.config.get("_use_default_values") or ())
    if run.error:
        return f"raises {run.error}"
    if flagged and not used:
        default = "it is the default" if kept else "the default takes its place"
        return f"dropped, listed in _use_default_values: {default}"
    if used:
        return "" if kept else "from_config reads the config item"
    return "" if kept else "not passed to the class"


def remedy(obj: Any, path: str, part: Any, name: str, value: Any, *, stale: bool, coming: list[dict[str, Any]]) -> str:
    """The line that makes a scheduler whose value lasts, tried; empty where it lasts already, or no line does it."""
    if (
        (not stale and all(step["kept"] for step in coming))
        or is_pipeline(part)
        or not hasattr(type(part), "set_timesteps")
    ):
        return ""
    wanted = next((v for v in places(part, name) if same(plain(v), value)), MISSING)
    if wanted is MISSING or not is_literal(wanted):
        return ""
    run = Run(type(part), copy.copy(configured(part)), {name: wanted})
    if name not in run.items or not same(plain(run.items[name]), value) or name not in (saved_config(run.obj) or {}):
        return ""
    target = f"pipe.{path}" if is_pipeline(obj) else path
    return f"{target} = {type(part).__name__}.from_config({target}.config, {name}={literal(wanted)})"


def places(part: Any, name: str) -> Iterator[Any]:
    for held in (vars(part), vars(configured(part)), configured(part)):
        if name in dict.keys(held):
            yield dict.get(held, name)
