"""A live object, a class by name, and keywords as typed → the trace, as plain data."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from inspector import classes
from inspector.lookup import imported
from inspector.model import EXIT_USAGE, InspectError, Snapshot
from inspector.observe import alone, parts_of, versions
from inspector.observe.settings import is_pipeline
from inspector.tracing.keywords import parsed
from inspector.tracing.lines import undisturbed
from inspector.tracing.listening import overheard
from inspector.tracing.making import configured
from inspector.tracing.run import quietly, reloaded, saved_config, written
from inspector.tracing.schedule import schedule
from inspector.tracing.story import story


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
    return undisturbed(lambda: trace_object(obj, into, {**parsed(keywords), **(passed or {})}, component, disk or {}))


def trace_object(
    obj: Any, into: Any, keywords: Mapping[str, Any], component: str, disk: Mapping[str, Any]
) -> dict[str, Any]:
    cls = target(into)
    path, part = chosen(obj, cls, component)
    if not isinstance(configured(part), dict):
        raise InspectError(
            f"{path}: {type(part).__name__} has no config that from_config takes",
            hint="trace is for schedulers, models and pipelines of diffusers",
            exit_code=EXIT_USAGE,
        )
    whole = is_pipeline(part)
    wanted = components(cls)
    parts = {k: v for k, v in parts_of(part) if k in wanted} if whole else None
    with overheard():
        found = story(
            cls,
            configured(part),
            keywords,
            old=type(part),
            part=part,
            later=reloaded(type(part), saved_config(part)),
            disk=own_file(path, disk),
            components=parts,
        )
        before = schedule(part)
    expression = f"pipe.{path}" if path != "pipe" and is_pipeline(obj) else path
    return finished(found, path, expression, before) | {"components": sorted(parts or {})}


def finished(found: dict[str, Any], path: str, expression: str, before: dict[str, Any]) -> dict[str, Any]:
    more = {"path": path, "expression": expression, "components": [], "schedule_before": before}
    return {**found, **more, "versions": versions()}


def traced_config(cls: Any, config: Mapping[str, Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Trace ``cls.from_config`` on a bare config.

    What a save and load would change is told where the config names its class: that of a live object
    (``_use_default_values``) is saved as it is, one that was read from a file is loaded by its class first.
    """
    return undisturbed(lambda: trace_bare(target(cls), config, keywords))


def trace_bare(into: Any, config: Mapping[str, Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    named = config.get("_class_name")
    old = getattr(importlib.import_module("diffusers"), named, None) if isinstance(named, str) else None
    old = old if hasattr(old, "extract_init_dict") and not hasattr(old, "register_modules") else None
    with overheard():
        part = quietly(lambda: old.from_config(dict(config)), old) if old is not None else None
        later = None
        if part is not None:
            live = "_use_default_values" in config
            later = reloaded(old, written(old, config) if live else saved_config(part))
        found = story(into, config, keywords, old=old, part=part, later=later)
        return finished(found, "config", "", schedule(part))


def trace_snapshot(
    snapshot: Snapshot,
    into: Any,
    keywords: Sequence[str],
    component: str = "",
    passed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trace ``INTO.from_config`` on the config that one component of a snapshot had.

    Args:
        snapshot: what was seen, here or on another machine.
        into: a class of diffusers, or its name.
        keywords: ``k=v`` as typed.
        component: which component of a pipeline; found by the class when it is not given.
        passed: more keywords, as values.

    Raises:
        InspectError: no such class or component, or more than one that could be meant.
    """
    cls = target(into)
    kind = "scheduler" if hasattr(cls, "set_timesteps") else "model"
    fitting = [c for c in snapshot.components if component == c.path or (not component and c.kind == kind)]
    if len(fitting) > 1:
        fitting = [c for c in fitting if c.cls == cls.__name__]
    if len(fitting) != 1:
        names = ", ".join(c.path for c in snapshot.components)
        hint = f"say which component: {names}"
        raise InspectError(f"no component to make {cls.__name__} from", hint=hint, exit_code=EXIT_USAGE)
    part = fitting[0]
    items = {s.name: s.item.data for s in part.settings if s.item is not None}
    flagged = [s.name for s in part.settings if s.defaulted]
    given = {**parsed(keywords), **(passed or {})}
    found = traced_config(cls, {**items, "_class_name": part.cls, "_use_default_values": flagged}, given)
    expression = snapshot.expression(part)
    return {**found, "path": part.path, "expression": expression}


def target(into: Any) -> Any:
    """A class to make, given as such or by its name.

    Raises:
        InspectError: there is no such class, it has no ``from_config`` of diffusers, or it is not installed whole.
    """
    cls = known(into) if isinstance(into, str) else into
    name = getattr(cls, "__name__", str(cls))
    if not isinstance(cls, type):
        raise InspectError(f"{name} is no class", hint="give the class, or its name", exit_code=EXIT_USAGE)
    backends = getattr(cls, "_backends", None)
    if backends and type(cls).__name__ == "DummyObject":
        needs = " and ".join(backends)
        hint = f"install {needs}, in the environment that diffusers is in"
        raise InspectError(f"{name} cannot be made here: it needs {needs}", hint=hint, exit_code=EXIT_USAGE)
    if hasattr(cls, "from_pipe") and not hasattr(cls, "register_modules"):
        why, hint = f"{name} only chooses a pipeline class, by from_pipe", "trace is for the class that it chooses"
        raise InspectError(why, hint=hint, exit_code=EXIT_USAGE)
    if not hasattr(cls, "extract_init_dict"):
        if cls.__module__.startswith("transformers."):
            why = f"{name} is a class of transformers: it is made from a config object, no key of which is dropped"
        else:
            why = f"{name} is not made by from_config of a config"
        hint = "trace is for the schedulers, models and pipelines of diffusers"
        raise InspectError(why, hint=hint, exit_code=EXIT_USAGE)
    return cls


def known(name: str) -> Any:
    """A class of diffusers, or of transformers (to say what it is), by its name.

    Raises:
        InspectError: there is none; the hint names the nearest.
    """
    info = classes.find("diffusers", name) or classes.find("transformers", name)
    if info is None:
        classes.require(name)
    found = getattr(importlib.import_module("diffusers"), name, None)
    if found is None and info is not None:
        found = imported(info)
    if isinstance(found, Exception) or found is None:
        raise InspectError(f"{name} cannot be imported: {found}", hint="inspect-pipe diff class:NAME says more")
    return found


def components(cls: Any) -> set[str]:
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
    if not is_pipeline(obj) and "components" not in getattr(type(obj), "__dataclass_fields__", ()):
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
