"""A live pipeline, scheduler or model as a :class:`Snapshot`: the only reader of live objects, and it changes none.

Nothing here calls ``repr``, ``str`` or ``save_*`` on what it looks at (they write into the config: design, fact 1),
and nothing goes through ``getattr`` where ``ConfigMixin.__getattr__`` would answer from the config (fact 3).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from typing import Any

from inspector.model import Component, Finding, Kind, Setting, Skip, Snapshot
from inspector.observe.facts import class_facts
from inspector.observe.outside import read_by_pipelines
from inspector.observe.plain import type_name, value_of
from inspector.observe.settings import is_pipeline, kind_of, library_pair, mro_names, settings_of
from inspector.observe.state import is_module, live, state_of

_VERSIONS = ("diffusers", "torch", "transformers", "accelerate", "peft", "safetensors", "numpy")


def capture(
    obj: Any,
    *,
    source: str = "",
    disk: Mapping[str, dict[str, Any]] | None = None,
    facts: Mapping[str, dict[str, Any]] | None = None,
    fresh: bool = False,
    problems: Sequence[Finding] = (),
    skipped: Sequence[Skip] = (),
) -> Snapshot:
    """Everything there is to know of a live object, as plain data.

    Args:
        obj: a pipeline, a scheduler, a model, or anything with ``cls_name`` and ``components`` (the parts of a
            pipeline whose class could not be built).
        source: the name to report; the class's name when empty.
        disk: the JSON the object was loaded from, by component path (``pipe``, ``scheduler``, …).
        facts: what is known of the folder, by component path.
        fresh: the object was just loaded and not touched since; it is then its own proof of what its config says.
        problems: findings made while loading.
        skipped: what could not be loaded, and why.
    """
    from inspector.observe.rebuild import with_rebuilt

    disk, facts = disk or {}, facts or {}
    pipeline = type(obj) if is_pipeline(obj) else None
    around = frozenset(name for _, part in parts_of(obj) for name in mro_names(part))
    components = []
    skips = list(skipped)
    for path, part in parts_of(obj):
        component = component_of(
            path, part, disk.get(path), facts.get(path, {}), fresh=fresh, pipeline=pipeline, around=around
        )
        if not fresh:
            component = with_rebuilt(component, part)
        said = {(s.where, s.reason) for s in skips}
        skips += (s for s in component.skipped if (s.where, s.reason) not in said)
        components.append(component)
    components = with_reads(components, dict(parts_of(obj)))
    return Snapshot(
        source or type_name(obj), versions(), tuple(components), tuple(problems), tuple(dict.fromkeys(skips))
    )


def parts_of(obj: Any) -> Iterator[tuple[str, Any]]:
    """The object and its components by path, the pipeline first; a list's members are ``controlnet[0]``."""
    if is_pipeline(obj):
        yield "pipe", obj
        config = live(obj).get("_internal_dict", {})
        held = live(obj)
        names = [n for n in dict.keys(config) if not n.startswith("_") and n in held]
        names += [n for n in held if n not in names and kind_of(held[n]) != "other" and not n.startswith("_")]
        parts = {n: held[n] for n in names}
    elif hasattr(type(obj), "__dataclass_fields__") and "components" in type(obj).__dataclass_fields__:
        yield "pipe", obj
        parts = dict(obj.components)
    else:
        yield alone(obj), obj
        return
    for name, part in parts.items():
        if is_part(part):
            yield from members(name, part)


def members(name: str, part: Any) -> Iterator[tuple[str, Any]]:
    """A list of components, or a module that is only a list of them (``MultiControlNetModel.nets``)."""
    nets = live(part).get("_modules", {}).get("nets") if is_module(part) else None
    inner = list(nets) if nets is not None else list(part) if isinstance(part, list | tuple) else None
    if inner is None:
        yield name, part
    else:
        yield from ((f"{name}[{i}]", member) for i, member in enumerate(inner) if is_part(member))


def is_part(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(is_part(v) for v in value)
    return value is not None and (kind_of(value) not in ("other", "pipeline") or is_module(value) or is_standin(value))


def alone(obj: Any) -> str:
    """The path of an object that is no pipeline's component."""
    return "scheduler" if kind_of(obj) == "scheduler" else "model"


def is_standin(obj: Any) -> bool:
    return "_inspect_pipe_standin" in live(obj) or hasattr(type(obj), "_inspect_pipe_standin")


def component_of(
    path: str,
    obj: Any,
    disk: dict[str, Any] | None,
    facts: dict[str, Any],
    *,
    fresh: bool,
    pipeline: type | None,
    around: frozenset[str],
) -> Component:
    if hasattr(type(obj), "__dataclass_fields__"):
        return parts_component(obj, disk, facts)
    if is_standin(obj):
        stands_for = obj._inspect_pipe_standin
        return Component(
            path,
            stands_for["cls"],
            settings_of(obj, disk),
            skipped=(Skip(path, stands_for["reason"]),),
            kind=facts.get("kind", "other"),
            library=stands_for["library"],
            facts={**facts, "standin": True},
        )
    settings = settings_of(obj, disk)
    facts = {**written_by(disk), **facts}
    library, _ = library_pair(obj)
    state = state_of(obj, {s.name for s in settings})
    kind: Kind = kind_of(obj)
    known = {**facts, **class_facts(path, obj, kind, settings, fresh=fresh, pipeline=pipeline, around=around)}
    return Component(path, type(obj).__name__, settings, state, kind=kind, library=library or "", facts=known)


def written_by(disk: dict[str, Any] | None) -> dict[str, Any]:
    """Which class and version the file itself says it was written by."""
    names = {"class_on_disk": "_class_name", "version_on_disk": "_diffusers_version"}
    return {fact: disk[key] for fact, key in names.items() if disk and key in disk}


def parts_component(parts: Any, disk: dict[str, Any] | None, facts: dict[str, Any]) -> Component:
    """The pipeline that could not be built: what its index says, and no live place."""
    index = disk or {}
    settings = tuple(
        Setting(k, disk=value_of(v), role="component" if isinstance(v, list) else "value")
        for k, v in index.items()
        if not k.startswith("_")
    )
    return Component("pipe", parts.cls_name, settings, kind="pipeline", facts={**facts, "unbuilt": True})


def with_reads(components: list[Component], objects: dict[str, Any]) -> list[Component]:
    """Attach to every setting who reads it, over the pipeline and all its components (design, fact 17)."""
    from inspector.reads import readers, unread

    classes = {
        c.path: type(objects[c.path])
        for c in components
        if c.kind in ("pipeline", "scheduler", "model") and not c.facts.get("unbuilt") and not c.facts.get("standin")
    }
    found, sourceless = readers(classes), unread(classes)
    attached = []
    for component in components:
        path = component.path
        settings = tuple(replace(s, reads=found.get((path, s.name), ())) for s in component.settings)
        more: dict[str, Any] = {"unread": sourceless[path]} if path in sourceless else {}
        # code that takes the whole config, or computes the name, may read any setting
        whole = [str(r) for r in found.get((path, "*"), ()) if r.place.startswith("config.")]
        if whole:
            more["read_whole"] = whole
        if "pipe" not in objects:
            more["read_outside"] = read_by_pipelines(component.kind, unread_changes(component, settings))
        attached.append(replace(component, settings=settings, facts={**component.facts, **more}))
    return attached


def unread_changes(component: Component, settings: tuple[Setting, ...]) -> list[str]:
    """The settings with two values that no code of the component itself reads after ``__init__``."""
    changed = component.facts.get("effects", {})
    return [s.name for s in settings if s.name in changed and all(r.place == "init" for r in s.reads)]


def versions() -> dict[str, str]:
    """The versions of the packages that are loaded in this process, and of Python."""
    found = {"python": sys.version.split()[0]}
    for name in _VERSIONS:
        if name in sys.modules:
            found[name] = version(name)
    return found


@cache
def version(name: str) -> str:
    """The version of a package that is loaded; the files that tell it are searched once."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # imported from a source tree
        return str(getattr(sys.modules[name], "__version__", "unknown"))
