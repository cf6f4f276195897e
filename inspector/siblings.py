"""What ``OtherScheduler.from_config(scheduler.config)`` would put in the place of this scheduler's defaults.

The library drops a key that is listed in ``_use_default_values`` before it builds the other class, so that class's own
default takes over. Nothing of that is repeated here: the classes are the ones the library calls compatible, and the
schedules are those it computes, from copies of the config.
"""

from __future__ import annotations

import copy
import inspect
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

STEPS = 20


def survey(scheduler: Any, items: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The defaulted keys for which compatible classes have another default, and what that does to the schedule.

    Args:
        scheduler: a live scheduler; only read.
        items: config items to judge instead of the scheduler's own.

    Returns:
        One row a key: ``key``; ``value``, the default in force; ``classes``, those that would put another value in its
        place: ``{name: {"value", "schedule": "differs" | "same", "first_sigma", "first_sigma_if_explicit"}}`` (or
        ``first_timestep``… where a class has no sigmas, or ``error`` where it refuses the config as it is), those whose
        schedule differs first; ``refused``: ``{name: error}``, the classes that take the config only as long as the key
        is not explicit, so that a save and load breaks the swap; ``unchecked``: ``{name: reason}``, the compatible
        classes that are not installed whole.
    """
    config = dict(dict.items(vars(scheduler)["_internal_dict"]) if items is None else items)
    own: Any = type(scheduler)
    defaulted = config.get("_use_default_values", ())
    classes, unchecked = _compatible(own)
    with _quiet():
        baseline: dict[type, dict[str, Any]] = {}
        rows = []
        for key in sorted(set(defaulted) & set(_defaults(own)) & config.keys()):
            found: dict[str, dict[str, Any]] = {}
            refused: dict[str, str] = {}
            for cls in classes:
                default = _defaults(cls).get(key, inspect.Parameter.empty)
                if default is inspect.Parameter.empty or _plain(default) == _plain(config[key]):
                    continue
                if cls not in baseline:
                    baseline[cls] = _schedule(cls, config)
                explicit = [k for k in defaulted if k != key]
                effect = _effect(baseline[cls], _schedule(cls, {**config, "_use_default_values": explicit}))
                if "error_if_explicit" in effect and "error" not in effect:
                    refused[cls.__name__] = effect["error_if_explicit"]
                else:
                    found[cls.__name__] = {"value": _plain(default), **effect}
            if found or refused:
                ordered = sorted(found.items(), key=lambda x: (x[1].get("schedule") == "same", x[0]))
                row = {"key": key, "value": _plain(config[key]), "classes": dict(ordered)}
                rows.append({**row, "refused": refused, "unchecked": unchecked})
    return rows


def _compatible(own: type) -> tuple[list[type], dict[str, str]]:
    from diffusers.utils import DummyObject

    classes, unchecked = [], {}
    for cls in sorted(own._get_compatibles(), key=lambda c: c.__name__):  # type: ignore[attr-defined]
        if isinstance(cls, DummyObject):
            unchecked[cls.__name__] = f"needs {', '.join(getattr(cls, '_backends', ()))}"
        elif cls is not own:
            classes.append(cls)
    return classes, unchecked


@cache
def _defaults(cls: type) -> Mapping[str, Any]:
    parameters = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    return {n: p.default for n, p in parameters.items() if p.default is not inspect.Parameter.empty}


def _schedule(cls: Any, config: dict[str, Any]) -> dict[str, Any]:
    """The schedule of a class made from a copy of a config, or the error that the library answers with."""

    def few(self: Any, steps: Any = None, *args: Any, **kwargs: Any) -> None:
        cls.set_timesteps(self, STEPS if isinstance(steps, int) else steps, *args, **kwargs)

    # Some classes compute 1000 steps in __init__ (KDPM2: 50 ms), which the next call throws away: ask for fewer. If
    # that is refused, the class itself is asked, so that an error is always the library's own.
    ran = _run(type(cls.__name__, (cls,), {"set_timesteps": few}), cls, config)
    return _run(cls, cls, config) if "error" in ran else ran


def _run(maker: Any, cls: Any, config: dict[str, Any]) -> dict[str, Any]:
    try:
        made = maker.from_config(copy.deepcopy(config))
        cls.set_timesteps(made, STEPS)
        # Ask vars, never the object: a scheduler answers for missing names from its config.
        name = "sigmas" if "sigmas" in vars(made) else "timesteps"
        return {"name": name, "values": [_number(x) for x in vars(made)[name]]}
    except Exception as error:  # noqa: BLE001 (whatever a class refuses a config with is the fact looked for)
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def _effect(as_is: dict[str, Any], explicit: dict[str, Any]) -> dict[str, Any]:
    errors = {"error": as_is.get("error"), "error_if_explicit": explicit.get("error")}
    found: dict[str, Any] = {name: text for name, text in errors.items() if text}
    for suffix, run in (("", as_is), ("_if_explicit", explicit)):
        if run.get("values"):
            found[f"first_{run['name'][:-1]}{suffix}"] = run["values"][0]
    if not found.keys() & errors.keys():
        found["schedule"] = "same" if as_is["values"] == explicit["values"] else "differs"
    return found


def _number(value: Any) -> float | str:
    """A float; one that is not finite as a string, as everywhere in a snapshot (and NaN is then itself)."""
    number = float(value)
    return number if math.isfinite(number) else str(number)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return _number(value)
    return value if value is None or isinstance(value, bool | int | str) else type(value).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """No log line and no warning of these trial runs, the user's random state and default device left alone."""
    import torch
    from diffusers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    try:
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            stack.enter_context(torch.random.fork_rng(devices=[]))
            stack.enter_context(torch.no_grad())
            if torch.get_default_device().type != "cpu":  # entered without need, it doubles the time
                stack.enter_context(torch.device("cpu"))
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
