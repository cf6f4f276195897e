"""What the config says the object should be: the same class constructed anew from the object's own config items.

Nothing of the library's rules is repeated; the constructor is run and looked at. Models are built on the meta
device, pipelines around shallow copies of their components whose configs are copies too.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from inspector.model import Component, Setting, Skip
from inspector.observe.settings import defaults_of, is_pipeline, kind_of, settings_of
from inspector.observe.state import live, state_of


def with_rebuilt(component: Component, obj: Any) -> Component:
    """The component with its ``rebuilt`` and, for every changed setting, ``facts["effects"]``.

    ``effects[name]["changes"]`` lists what of the derived state (tensors, attributes, live values) comes out
    otherwise when the class is built with the changed value of ``name`` instead of the old one; ``"stale"`` lists
    those of them that the object itself does not have.
    """
    if component.kind not in ("pipeline", "scheduler", "model") or "_internal_dict" not in live(obj):
        return component
    try:
        rebuilt = construct(obj, {})
    except Exception as error:  # noqa: BLE001 (any constructor may raise anything; the reason becomes a skip)
        reason = f"its class could not be built from its own config ({type(error).__name__}: {error})"
        return replace(component, skipped=(*component.skipped, Skip(component.path, reason)))
    if rebuilt is None:
        return component
    reference = look(component, rebuilt)
    effects = {}
    per_run = set(component.facts.get("per_run", ()))
    for setting in component.settings:
        for old, new in changes(setting, obj):
            try:
                before, after = look(component, construct(obj, old)), look(component, construct(obj, new))
            except Exception as error:  # noqa: BLE001 (a value that the class refuses: that is its effect)
                effects[setting.name] = {"changes": [f"{type(error).__name__}: {error}"], "stale": []}
                continue
            changed = differences(before, after, setting.name) - per_run
            stale = changed & differences(component, after, setting.name)
            effects[setting.name] = {"changes": sorted(changed), "stale": sorted(stale)}
    facts = {**component.facts, "effects": effects} if effects else component.facts
    return replace(component, rebuilt=reference, facts=facts)


def look(component: Component, obj: Any) -> Component:
    settings = settings_of(obj, None)
    state = state_of(obj, {s.name for s in settings})
    return Component(component.path, component.cls, settings, state, kind=component.kind, library=component.library)


def changes(setting: Setting, obj: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The keyword arguments with the old and with the new value, for a setting that was changed after loading."""
    name, config = setting.name, live(obj)["_internal_dict"]
    if not setting.accepted or setting.role == "component" or setting.item is None:
        return
    item = dict.__getitem__(config, name)
    if setting.attr is not None and not setting.attr.same(setting.item):
        both = {name: item}, {name: live(config)[name]}
        known = (setting.disk, setting.default if setting.defaulted else None, setting.live)
        attribute_is_old = any(p is not None and p.same(setting.attr) for p in known)
        yield both[::-1] if attribute_is_old else both
    elif setting.live is not None and not setting.live.same(setting.item):
        yield {name: item}, {name: live(obj)[name]}
    elif setting.defaulted and setting.default is not None and not setting.default.same(setting.item):
        yield {name: defaults_of(type(obj))[name]}, {name: item}
    elif setting.disk is not None and not setting.disk.same(setting.item):
        yield {name: setting.disk.data}, {name: item}


def differences(a: Component, b: Component, name: str) -> set[str]:
    """Names of the derived state that differ, apart from the setting itself."""
    found = []
    for part in ("tensors", "attributes"):
        left, right = a.state.get(part, {}), b.state.get(part, {})
        found += [k for k in left.keys() | right.keys() if left.get(k) != right.get(k)]
    found += [k for k in ("parameters",) if a.state.get(k) != b.state.get(k)]
    for one in a.settings:
        other = b.setting(one.name)
        if one.name != name and one.live is not None and not (other and one.live.same(other.live)):
            found.append(one.name)
    return set(found)


def construct(obj: Any, override: dict[str, Any]) -> Any:
    """``type(obj)`` built from the object's own config items, with ``override`` on top; None where that has a price."""
    cls = type(obj)
    config = live(obj)["_internal_dict"]
    accepted = defaults_of(cls)
    ignored = set(getattr(cls, "ignore_for_config", ()))
    items = {k: v for k, v in dict.items(config) if k in accepted and k not in ignored and not k.startswith("_")}
    with undisturbed(on_meta=kind_of(obj) == "model"):
        if not is_pipeline(obj):
            return cls(**copy.deepcopy({**items, **override}))
        expected, _ = cls._get_signature_keys(cls)
        parts = {k: live(obj).get(k) for k in expected if k in accepted}
        if any(kind_of(p) == "other" for p in parts.values() if p is not None and not isinstance(p, list | tuple)):
            return None  # a user's own object (an environment, say): building around it may be dear or have effects
        scalars = {k: v for k, v in items.items() if k not in parts}
        return cls(**{k: stand_aside(p) for k, p in parts.items()}, **copy.deepcopy({**scalars, **override}))


def stand_aside(part: Any) -> Any:
    """A copy of a component that a constructor may write settings to; weights are shared."""
    if isinstance(part, list | tuple):
        return type(part)(stand_aside(p) for p in part)
    if part is None or isinstance(part, type):
        return part
    twin = copy.copy(part)
    for name in ("_internal_dict", "config"):
        if name in live(twin):
            live(twin)[name] = copy.deepcopy(live(twin)[name])
    return twin


@contextmanager
def undisturbed(*, on_meta: bool) -> Iterator[None]:
    """Leave no trace in the process: no log lines, no warnings, the same random numbers afterwards."""
    import torch

    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")
            with torch.device("meta" if on_meta else "cpu"):
                yield
    finally:
        logging.disable(level)
