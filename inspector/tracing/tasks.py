"""A live object, a class by name, and keywords as typed → the trace, as plain data."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.observe import alone, parts_of, versions
from inspector.observe.settings import is_pipeline
from inspector.tracing.lines import configured
from inspector.tracing.story import saved_config, schedule, story
from inspector.trying.session import find


def trace_of(
    obj: Any,
    into: Any,
    keywords: Sequence[str],
    component: str = "",
    disk: Mapping[str, Any] | None = None,
    passed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trace ``INTO.from_config`` on the config of a live object or one of its components.

    Args:
        obj: a pipeline, or one component.
        into: a class of diffusers, or its name.
        keywords: ``k=v`` as typed.
        component: which component of a pipeline; found by the class when it is not given.
        disk: component path -> its JSON file.
        passed: more keywords, as values.

    Raises:
        InspectError: no such class, component or value (exit 2).
    """
    cls = find(into) if isinstance(into, str) else into
    path, part = chosen(obj, cls, component)
    if configured(part) is None:
        raise InspectError(
            f"{path}: {type(part).__name__} has no config that from_config takes",
            hint="trace is for schedulers, models and pipelines of diffusers",
            exit_code=EXIT_USAGE,
        )
    parts = dict(parts_of(part)) if is_pipeline(part) else {}
    return {
        **story(
            cls,
            configured(part),
            {**parsed(keywords), **(passed or {})},
            old=type(part),
            saved=saved_config(part),
            disk=own_file(path, disk or {}),
            components={k: v for k, v in parts.items() if k in wanted(cls)} if is_pipeline(part) else None,
        ),
        "path": path,
        "expression": path if path == "pipe" or not is_pipeline(obj) else f"pipe.{path}",
        "schedule_before": schedule(part),
        "versions": versions(),
    }


def traced_config(cls: Any, config: Mapping[str, Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Trace ``cls.from_config`` on a bare config; what a save would change is told where the config names its class."""
    into = find(cls) if isinstance(cls, str) else cls
    named = config.get("_class_name")
    old = find(named) if isinstance(named, str) and named != into.__name__ else None
    saved = {k: v for k, v in config.items() if k != "_use_default_values"} if old is not None else None
    found = story(into, config, keywords, old=old, saved=saved)
    return {**found, "path": "config", "expression": "", "versions": versions()}


def wanted(cls: Any) -> set[str]:
    """The components that a pipeline class takes."""
    return set(cls._get_signature_keys(cls)[0]) if hasattr(cls, "_get_signature_keys") else set()


def own_file(path: str, disk: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The JSON of one component; a component on its own has the only one there is."""
    found = disk.get(path) or (next(iter(disk.values())) if len(disk) == 1 and path != "pipe" else None)
    return found if isinstance(found, Mapping) else None


def chosen(obj: Any, cls: Any, component: str) -> tuple[str, Any]:
    """The component whose config is meant, with its path.

    Raises:
        InspectError: there is no such component, or more than one that could be meant.
    """
    if not is_pipeline(obj) and not hasattr(type(obj), "__dataclass_fields__"):
        own = alone(obj)
        if component not in ("", own, "pipe", "scheduler", "model"):
            raise InspectError(f"no component {component}", hint=f"it is {own} on its own", exit_code=EXIT_USAGE)
        return own, obj
    parts = dict(parts_of(obj))
    if component in ("pipe", "") and hasattr(cls, "register_modules"):
        return "pipe", obj
    if component:
        if component in parts and parts[component] is not None:
            return component, parts[component]
        names = [n for n, p in parts.items() if p is not None]
        raise InspectError(f"no component {component}", hint=f"there are {', '.join(names)}", exit_code=EXIT_USAGE)
    kin = [n for n, p in parts.items() if isinstance(p, cls) or type(p).__name__ == cls.__name__]
    if hasattr(cls, "set_timesteps") or "Scheduler" in cls.__name__:
        kin = [n for n, p in parts.items() if hasattr(type(p), "set_timesteps")]
    if len(kin) != 1:
        what = "more than one component" if kin else "no component"
        candidates = ", ".join(kin or [n for n, p in parts.items() if configured(p) is not None])
        hint = f"say which with --component: {candidates}"
        raise InspectError(f"{what} that {cls.__name__} could be made from", hint=hint, exit_code=EXIT_USAGE)
    return kin[0], parts[kin[0]]


def parsed(keywords: Sequence[str]) -> dict[str, Any]:
    """``k=v`` as keywords; a value that is no Python literal is a text.

    Raises:
        InspectError: no ``=``, or no name before it (exit 2).
    """
    found: dict[str, Any] = {}
    for text in keywords:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            hint = "use_karras_sigmas=True, say; a value that is no Python literal is taken as text"
            raise InspectError(f"--set {text}: want NAME=VALUE", hint=hint, exit_code=EXIT_USAGE)
        try:
            found[name] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):  # how ast says: this is no literal
            found[name] = value
    return found
