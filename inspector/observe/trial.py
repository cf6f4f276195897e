"""A scheduler's copies taken through a run: what ``set_timesteps`` and ``step`` make anew, nobody need call stale."""

from __future__ import annotations

import copy
from typing import Any

from inspector.model import Component
from inspector.observe.derived import derived, equal, of_component
from inspector.observe.state import live

_STEPS = 7
_SHAPE = (1, 4, 8, 8)


def passing(component: Component, obj: Any, rebuilt: Any) -> set[str]:
    """Names of a scheduler's state that belong to a run rather than to its config.

    Those that a run of the rebuilt scheduler changes, and those in which the object and the rebuilt one agree as soon
    as ``set_timesteps`` was called on copies of both.
    """
    if component.kind != "scheduler":
        return set()
    before, used = derived(rebuilt, ()), after_run(rebuilt)
    found = {n for n, v in derived(used, ()).items() if not equal(v, before.get(n))} if used is not None else set()
    now = of_component(component, obj, ())
    different = [n for n in now.keys() & before.keys() if not equal(now[n], before[n])]
    return found | remade(different, obj, rebuilt) if different else found


def remade(names: list[str], one: Any, other: Any) -> set[str]:
    """Which of these names are the same in both as soon as ``set_timesteps`` was called on copies."""
    first, second = refreshed(one), refreshed(other)
    if first is None or second is None:
        return set()
    a, b = derived(first, ()), derived(second, ())
    return {n for n in names if n in a and equal(a[n], b.get(n))}


def computed_again(names: list[str], with_item: Any, with_other: Any) -> set[str]:
    """Which of these names ``set_timesteps`` computes from the config, whatever the constructor had made of them."""
    if not names or not hasattr(type(with_item), "set_timesteps"):
        return set()
    crossed = copied(with_other)
    live(crossed)["_internal_dict"] = copy.deepcopy(live(with_item)["_internal_dict"])
    return remade(names, crossed, with_item)


def copied(obj: Any) -> Any:
    """A deep copy; ``copy.deepcopy`` of the object itself would leave its ``__slotnames__`` on the class."""
    twin = object.__new__(type(obj))
    live(twin).update(copy.deepcopy(live(obj)))
    return twin


def refreshed(scheduler: Any) -> Any:
    """A copy on which ``set_timesteps`` was called, as far as that goes; None where there is no copy."""
    try:
        made = copied(scheduler)
    except Exception:  # noqa: BLE001 (a state that cannot be copied: then nothing is known)
        return None
    for more in ({}, {"mu": 1.0}):  # with dynamic shifting it must be told by how much
        try:
            made.set_timesteps(_STEPS, **more)
            break
        except Exception:  # noqa: BLE001, S112 (what was computed until then was computed anew)
            continue
    return made


def after_run(scheduler: Any) -> Any:
    """A copy that has taken its first steps, as far as they go; only of the library's own classes."""
    if not type(scheduler).__module__.startswith("diffusers."):
        return None
    import torch

    made = refreshed(scheduler)
    if made is None:
        return None
    sample = torch.zeros(_SHAPE)
    try:
        for step in list(live(made)["timesteps"])[:3]:
            sample = made.step(torch.ones(_SHAPE), step, sample, return_dict=False)[0]
    except Exception:  # noqa: BLE001 (token schedulers take other inputs; what was changed until then counts)
        return made
    return made
