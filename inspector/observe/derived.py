"""What a constructor made of its settings: derived tensors and attributes, and a model's layers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from inspector.model import Component, same
from inspector.observe.plain import plain
from inspector.observe.settings import settings_of
from inspector.observe.state import is_module, live, state_of

_LAYER = "layer "
_CONTAINERS = ("_modules", "_parameters", "_buffers")
_SCALARS = (type(None), bool, int, float, str, tuple)


def derived(obj: Any, without: Collection[str]) -> dict[str, Any]:
    """Everything that may follow from a setting, by name; names in ``without`` change while the object is used."""
    settings = settings_of(obj, None)
    live_values = {s.name: s.live.data for s in settings if s.live is not None and s.role == "value"}
    return _found(obj, state_of(obj, {s.name for s in settings}), live_values, without)


def of_component(component: Component, obj: Any, without: Collection[str]) -> dict[str, Any]:
    """The same of an object that was captured already."""
    live_values = {s.name: s.live.data for s in component.settings if s.live is not None and s.role == "value"}
    return _found(obj, component.state, live_values, without)


def _found(obj: Any, state: dict[str, Any], settings: dict[str, Any], without: Collection[str]) -> dict[str, Any]:
    found = {**state.get("tensors", {}), **state.get("attributes", {}), **settings, **layers(obj)}
    return {name: value for name, value in found.items() if name not in without and name not in _CONTAINERS}


def layers(obj: Any) -> dict[str, Any]:
    """What each layer of a model is: its class, its plain numbers, and the shapes of its own weights."""
    if not is_module(obj):
        return {}
    found = {}
    for name, child in obj.named_modules():
        held = {k: v for k, v in live(child).items() if k[:1] != "_" and k != "training" and isinstance(v, _SCALARS)}
        weights = {k: list(p.shape) for k, p in live(child).get("_parameters", {}).items() if p is not None}
        found[_LAYER + (name or "itself")] = [type(child).__name__, plain(held) if name else {}, weights]
    return found


def shapes(obj: Any) -> dict[str, list[int]]:
    """The shapes of a model's weights by name."""
    return {name: list(p.shape) for name, p in obj.named_parameters()} if is_module(obj) else {}


def equal(a: Any, b: Any) -> bool:
    """Content equality; a tensor on the meta device has a shape and a dtype only."""
    if (
        isinstance(a, dict)
        and isinstance(b, dict)
        and "digest" in a
        and "digest" in b
        and None in (a["digest"], b["digest"])
    ):
        return bool(a.get("shape") == b.get("shape") and a.get("dtype") == b.get("dtype"))
    return same(a, b)


def alike(name: str, a: Any, b: Any, per_run: Collection[str]) -> bool:
    """Equal as far as a constructor goes: of a list that a run fills (``timestep_list``) the length."""
    if name not in per_run:
        return equal(a, b)
    return not (isinstance(a, list) and isinstance(b, list)) or len(a) == len(b)


def collapsed(names: list[str]) -> list[str]:
    """Names for a reader: those of tensors and attributes, and the first layer for all of them."""
    inside = [n.removeprefix(_LAYER) for n in names if n.startswith(_LAYER)]
    more = f" and {len(inside) - 1} more" if len(inside) > 1 else ""
    whole = [f"its layers ({inside[0]}{more})"] if inside else []
    return sorted(n for n in names if not n.startswith(_LAYER)) + whole
