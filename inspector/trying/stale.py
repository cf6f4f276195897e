"""What a pipeline computed once, from components that have been replaced since: ``vae_scale_factor`` and its kin."""

from __future__ import annotations

from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.rebuild import construct
from inspector.observe.settings import is_pipeline
from inspector.observe.state import live
from inspector.trying.session import shown


def told(pipe: Any) -> list[str]:
    """Each number of the pipeline that the same class, built around the same components, would have otherwise."""
    if not is_pipeline(pipe):
        return []
    try:
        built = construct(pipe, {})
    except Exception:  # noqa: BLE001 (a class that cannot be built so tells nothing)
        return []
    if built is None:
        return []
    fresh = live(built)
    return [
        f"pipe.{name} stays {shown(value)}, computed when the pipeline was made; with these parts it would be "
        f"{shown(fresh[name])}"
        for name, value in live(pipe).items()
        if isinstance(value, int | float | bool)
        and name in fresh
        and not name.startswith("_")
        and not same(plain(value), plain(fresh[name]))
    ]
