"""The facts of files, joined along a class's MRO: which functions can really run, and where each path leads."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from os.path import basename
from types import FunctionType
from typing import Any, Literal, NamedTuple

from inspector.reads import index
from inspector.reads.names import CONFIGS

# Code that runs while the object is made: what it has read by then, nobody reads again.
_INIT = {"__init__", "__new__", "__post_init__", "_init_weights"}

# These read every config alike (saving, loading, moving): they are no readers of a setting.
_GENERIC = {
    "diffusers": {"ConfigMixin", "DiffusionPipeline", "ModelMixin", "SchedulerMixin", "PushToHubMixin", "CacheMixin"},
    "torch": None,
    "builtins": None,
    "typing": None,
    "abc": None,
    "huggingface_hub": None,
}

Place = Literal["config.attr", "config.item", "live", "init"]


class Key(NamedTuple):
    """Where a path leads: a setting of the object itself (``component`` is empty) or of a component of it."""

    component: str
    name: str
    place: Place
    position: int


@dataclass(slots=True)
class Function:
    """A function that can run for a class. ``bindings``: what its parameters are, as paths from ``self``."""

    name: str
    label: str
    file: str
    module: str
    layer: int
    facts: dict[str, Any]
    init: bool = False
    bindings: dict[str, str] = field(default_factory=dict)

    def paths(self, kind: Literal["loads", "stores"]) -> Iterator[tuple[str, list[Any]]]:
        """Every path of this function from ``self``, with the rest of its record."""
        for path, *rest in self.facts[kind]:
            root, dot, tail = path.partition(".")
            if root == "self":
                if not self.bindings:
                    yield path, rest
            elif root in self.bindings:
                yield f"{self.bindings[root]}{dot}{tail}", rest


@cache
def layers(cls: type) -> tuple[tuple[type, str], ...]:
    """The classes of the MRO whose code is about this class's own settings, with their source files."""
    found = []
    for base in cls.__mro__:
        package = base.__module__.partition(".")[0]
        generic = _GENERIC.get(package, set())
        if generic is None or base.__name__ in generic:
            continue
        if package == "transformers" and not base.__module__.startswith("transformers.models."):
            continue
        found.append((base, getattr(sys.modules.get(base.__module__), "__file__", None) or ""))
    return tuple(found)


@cache
def functions(cls: type) -> tuple[Function, ...]:
    """The functions of a class that can run: the first definition of each name, and what ``super()`` reaches."""
    defined: list[dict[str, list[dict[str, Any]]]] = []
    for base, file in layers(cls):
        known = (index.facts(file) or {"classes": {}})["classes"].get(base.__name__, {"functions": {}})
        defined.append(known["functions"])
    names = [base.__name__ for base, _ in layers(cls)]

    def first(name: str, start: int = 0) -> tuple[int, str] | None:
        return next(((i, name) for i in range(start, len(defined)) if name in defined[i]), None)

    queue = [first(name) for name in dict.fromkeys(n for layer in defined for n in layer)]
    live: dict[tuple[int, str], None] = {}
    while queue:
        place = queue.pop()
        if place is None or place in live:
            continue
        live[place] = None
        for called in {s for f in defined[place[0]][place[1]] for s in f["supers"]}:
            base, dot, name = called.partition(".")
            if not dot:
                queue.append(first(called, place[0] + 1))
            elif base in names and name in defined[names.index(base)]:
                queue.append((names.index(base), name))
    found = []
    for i, name in sorted(live):
        base, file = layers(cls)[i]
        found += [Function(name, name, file, base.__module__, i, f, name in _INIT) for f in defined[i][name]]
    _mark_init(found)
    return (*found, *_neighbours(cls))


def _mark_init(found: list[Function]) -> None:
    """Private helpers called from ``__init__`` alone belong to it."""
    callers: dict[str, set[str]] = {}
    for f in found:
        for path, *_ in f.facts["loads"]:
            callers.setdefault(path.split(".")[1] if path.startswith("self.") else "", set()).add(f.name)
        for name in f.facts["supers"]:
            if name != f.name:
                callers.setdefault(name.rpartition(".")[2], set()).add(f.name)
    inside = set(_INIT)
    candidates = {f.name for f in found if f.name.startswith("_") and not f.name.startswith("__")} & callers.keys()
    while new := {n for n in candidates - inside if callers[n] - {n} and callers[n] - {n} <= inside}:
        inside |= new
    for f in found:
        f.init = f.name in inside and f.facts["kind"] != "property"


def _neighbours(cls: type) -> list[Function]:
    """A transformers config is read by the layers the model is made of: the other classes of its file."""
    found = []
    if cls.__module__.startswith("transformers.models."):
        file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
        own = {base.__name__ for base, base_file in layers(cls) if base_file == file}
        for name, known in (index.facts(file) or {"classes": {}})["classes"].items():
            for function, definitions in known["functions"].items() if name not in own else ():
                for facts in definitions:
                    label = f"{name}.{function}"
                    found.append(Function(function, label, file, cls.__module__, 0, facts, function in _INIT))
    return found


def reached(cls: type) -> list[Function]:
    """The functions of a class, and again those that are handed ``self`` or a component as a parameter."""
    own = functions(cls)
    found, seen = list(own), set()
    for f in found:  # grows while it is walked
        for callee, given in f.facts["calls"]:
            root, _, name = callee.partition(".")
            if root == "self" and name and "." not in name:
                targets = [t for t in own if t.name == name and t.label == name]
            elif not name:
                targets = _free_functions(f.module, callee)
            else:
                continue
            for t in targets:
                bindings = dict(_bound(t, given, f.bindings))
                mark = (id(t.facts), *sorted(bindings.items()))
                if bindings and mark not in seen:
                    seen.add(mark)
                    found.append(Function(t.name, t.label, t.file, t.module, t.layer, t.facts, t.init, bindings))
                    if not name:
                        found[-1].init = f.init
    return found


def _bound(function: Function, given: list[list[str]], outer: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    parameters = function.facts["parameters"]
    offset = 1 if function.facts["kind"] in ("method", "class") else 0
    for name, path in given:
        if name.isdigit():
            position = int(name) + offset
            name = parameters[position] if position < len(parameters) else ""
        root, dot, tail = path.partition(".")
        path = f"{outer[root]}{dot}{tail}" if root in outer else path
        if name in parameters and path.partition(".")[0] == "self":
            yield name, path


def _free_functions(module: str, name: str) -> list[Function]:
    target = getattr(sys.modules.get(module), name, None)
    target = inspect.unwrap(target) if callable(target) else None
    if not isinstance(target, FunctionType) or not {*CONFIGS} & {*target.__code__.co_names}:
        return []
    file = target.__code__.co_filename
    known = (index.facts(file) or {"functions": {}})["functions"].get(target.__name__, [])
    return [Function(name, name, file, target.__module__, 0, facts) for facts in known]


def follow(path: str, read: int, cls: type, components: Mapping[str, type]) -> Iterator[Key]:
    """The settings a path reads on its way, from the element ``read`` on."""
    parts = [_named(cls, p) for p in path.split(".")]
    component, i = "", 1
    if len(parts) > 1 and parts[1] in components:
        if read <= 1:
            yield Key("", parts[1], "live", 1)
        component, i, cls = parts[1], 2, components[parts[1]]
        while i < len(parts) and parts[i] in ("nets", "[]"):  # the members of MultiControlNetModel
            i += 1
    if i < len(parts) and parts[i] in CONFIGS:
        i += 1
        while i < len(parts) and parts[i] == "%copy":
            i += 1
        part = parts[i] if i < len(parts) else "*"
        if read <= i:
            item = i >= len(parts) or part.startswith("[")
            name = "*" if part == "[]" or (not item and hasattr(dict, part)) else part.lstrip("[")
            yield Key(component, name, "config.item" if item else "config.attr", i)
    elif i < len(parts) and read <= i and parts[i][0] not in "[%$":
        yield Key(component, parts[i], "live", i)


def _named(cls: type, part: str) -> str:
    """``$unet_name``: the attribute that the class attribute ``unet_name`` names."""
    value = inspect.getattr_static(cls, part[1:], None) if part.startswith("$") else None
    return value if isinstance(value, str) else part


def short(file: str) -> str:
    return basename(file)
