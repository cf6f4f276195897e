"""Whether ``set_timesteps`` leaves a mark: twice must equal once, whatever was asked in between."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from inspector.samplers.grid import observe


def again(mine: Any, fresh: Any, call: Mapping[str, Any]) -> dict[str, Any]:
    """Call it twice, and call it with other arguments in between.

    Args:
        mine: a copy of the scheduler; it is left after ``set_timesteps(**call)``.
        fresh: the scheduler as it was made; left as it is.
        call: the keywords of ``set_timesteps``.

    Returns:
        ``same``: a second equal call gives the same numbers. ``config``: key -> [before, after] for settings that the
        call changed, items and attributes. ``mu``: with a ``mu`` in the call, whether a later call without it gives
        what it gives on a fresh scheduler: ``same``, ``after`` and ``fresh`` (the second sigma, or the error).
    """
    before = both(mine)
    mine.set_timesteps(**call)
    once, after = observe(mine), both(mine)
    mine.set_timesteps(**call)
    said: dict[str, Any] = {"same": observe(mine).same(once), "mu": None}
    said["config"] = {k: [before.get(k), after.get(k)] for k in after if not same(before.get(k), after.get(k))}
    if "mu" in call:
        used = copy.deepcopy(mine)
        rest = {k: v for k, v in call.items() if k != "mu"}
        left, untouched = _second(used, rest), _second(copy.deepcopy(fresh), rest)
        said["mu"] = {"same": left == untouched, "after": left, "fresh": untouched}
    return said


def _second(scheduler: Any, call: Mapping[str, Any]) -> Any:
    """The second sigma after a call: the first is 1 whatever the shift."""
    try:
        scheduler.set_timesteps(**call)
    except Exception as error:  # noqa: BLE001 (the exception is the answer)
        return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    sigmas = observe(scheduler).sigmas
    return float(sigmas[min(1, len(sigmas) - 1)])


def both(scheduler: Any) -> dict[str, Any]:
    """The config's items and attributes: ``k`` for an item, ``.k`` for an attribute that is not the item."""
    config = scheduler.config
    items = {k: v for k, v in dict.items(config) if not k.startswith("_")}
    held = {f".{k}": v for k, v in vars(config).items() if k in items and not same(v, items[k])}
    return items | held


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):  # np.float64 is one
        return a == b
    return type(a) is type(b) and repr(a) == repr(b)
