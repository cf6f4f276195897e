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

from inspector.model import Component, Setting, Skip, same
from inspector.observe.derived import alike, collapsed, derived, equal, of_component, shapes
from inspector.observe.settings import defaults_of, is_pipeline, kind_of, settings_of
from inspector.observe.state import live, state_of
from inspector.observe.trial import computed_again, passing


def with_rebuilt(component: Component, obj: Any) -> Component:
    """The component with its ``rebuilt`` and, for every setting that has two values, ``facts["effects"]``.

    ``effects[name]["changes"]`` lists what of the derived state (tensors, attributes, layers) comes out otherwise
    when the class is built with the other value of ``name``; ``"stale"`` those of them that the object has from the
    old value; ``"made_with"`` the place whose value the object was built with, where its derived state tells;
    ``"refused"`` the error by place where the class does not take the value; ``"reshapes"`` whether weights change
    their shape.
    """
    if component.kind not in ("pipeline", "scheduler", "model") or "_internal_dict" not in live(obj):
        return component
    try:
        rebuilt = construct(obj, {})
    except Exception as error:  # noqa: BLE001 (any constructor may raise anything; the reason becomes a skip)
        reason = f"its class could not be built from its own config ({said(error)})"
        skipped = (*component.skipped, Skip(component.path, reason))
        return replace(component, skipped=skipped, facts={**component.facts, **refusals(component, obj, said(error))})
    if rebuilt is None:
        return component
    reference = look(component, rebuilt)
    with undisturbed(on_meta=False):
        per_run = sorted(passing(component, obj, rebuilt) | set(component.facts.get("per_run", ())))
    component = replace(component, facts={**component.facts, "per_run": per_run})
    effects = {}
    for setting in component.settings:
        place, value = other_value(component, setting, obj, reference)
        if place:
            # a private copy (_shift) tells what the object was built with, unless a setter may have written it
            apart = place == "private" and not known_before(setting, component.state["attributes"][f"_{setting.name}"])
            effects[setting.name] = effect(component, obj, rebuilt, setting.name, place, value, apart=apart)
    if not effects:
        effects = culprits(component, obj, rebuilt)
    facts = {**component.facts, "effects": effects} if effects else component.facts
    return replace(component, rebuilt=reference, facts=facts)


def culprits(component: Component, obj: Any, rebuilt: Any) -> dict[str, Any]:
    """Which settings explain a derived state that the config does not yield: those it was built without."""
    per_run = component.facts.get("per_run", ())
    built, now = derived(rebuilt, ()), of_component(component, obj, ())
    if component.kind != "scheduler" or all(alike(n, v, built[n], per_run) for n, v in now.items() if n in built):
        return {}
    found = {}
    for setting in component.settings:
        if setting.accepted and setting.default is not None and not setting.default.same(setting.item):
            default = defaults_of(type(obj))[setting.name]
            tried = effect(component, obj, rebuilt, setting.name, "default", default)
            if tried.get("made_with") == "default":
                found[setting.name] = tried
    return found


def look(component: Component, obj: Any) -> Component:
    settings = settings_of(obj, None)
    state = state_of(obj, {s.name for s in settings})
    return Component(component.path, component.cls, settings, state, kind=component.kind, library=component.library)


def other_value(component: Component, setting: Setting, obj: Any, reference: Component | None) -> tuple[str, Any]:
    """Where a setting has another value than in its config item, and that value; an empty place when it has none."""
    name, item = setting.name, setting.item
    if not setting.accepted or setting.role == "component" or item is None:
        return "", None
    if setting.attr is not None and not setting.attr.same(item):
        return "attr", live(live(obj)["_internal_dict"])[name]
    built = reference.setting(name) if reference else None
    if setting.live is not None and not setting.live.same(item) and not (built and setting.live.same(built.live)):
        return "live", live(obj)[name]
    hidden, attributes = f"_{name}", component.state.get("attributes", {})
    if reference and hidden in attributes and attributes[hidden] != reference.state.get("attributes", {}).get(hidden):
        return "private", live(obj)[hidden]
    if setting.defaulted and setting.default is not None and not setting.default.same(item):
        return "default", defaults_of(type(obj))[name]
    own = component.facts.get("class_on_disk") in (None, component.cls)
    if setting.disk is not None and own and not setting.disk.same(item):
        return "disk", setting.disk.data
    return "", None


def known_before(setting: Setting, data: Any) -> bool:
    """Whether the setting had this value when it was loaded or made."""
    before = (setting.default if setting.defaulted else None, setting.disk)
    return any(v is not None and same(v.data, data) for v in before)


def effect(
    component: Component, obj: Any, with_item: Any, name: str, place: str, value: Any, *, apart: bool = False
) -> dict[str, Any]:
    """What the other value of one setting would make of the object, and which of the two it was made with."""
    try:
        with_other = construct(obj, {name: value})
    except Exception as error:  # noqa: BLE001 (a value that the class refuses: that is its effect)
        return {"changes": [said(error)], "stale": [], "refused": {place: said(error)}}
    own = (name, f"_{name}") if apart else (name,)
    first, second, now = derived(with_item, own), derived(with_other, own), of_component(component, obj, own)
    different = [k for k in dict.fromkeys([*first, *second]) if not equal(first.get(k), second.get(k))]
    with undisturbed(on_meta=False):
        again = computed_again(different, with_item, with_other)
    fills = component.facts.get("per_run", ())  # a run fills such a list, its length is the constructor's
    changed = [
        k for k in different if k not in again and (k not in fills or not alike(k, first.get(k), second.get(k), fills))
    ]
    as_item = [k for k in changed if k in now and alike(k, now[k], first.get(k), fills)]
    as_other = [k for k in changed if k in now and alike(k, now[k], second.get(k), fills)]
    found: dict[str, Any] = {"changes": [*([f"_{name}"] if apart else []), *collapsed(different)], "stale": []}
    if as_item and not as_other:
        found["made_with"] = "item"
        found["stale"] = [] if place in ("default", "disk") else collapsed(as_item)
    elif as_other and not as_item:
        found["made_with"] = place
        found["stale"] = collapsed(as_other)
    elif place in ("default", "disk"):
        found["stale"] = collapsed(as_other)
    if shapes(with_item) != shapes(with_other):
        found["reshapes"] = True
    return found


def refusals(component: Component, obj: Any, error: str) -> dict[str, Any]:
    """Which changed setting the constructor refuses: the one with whose other value it does not."""
    found = {}
    for setting in component.settings:
        place, value = other_value(component, setting, obj, None)
        if place:
            try:
                construct(obj, {setting.name: value})
            except Exception:  # noqa: BLE001, S112 (not this one, or not this one alone)
                continue
            found[setting.name] = {"changes": [error], "stale": [], "refused": {"item": error}}
    return {"effects": found} if found else {}


def said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


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
