"""Who reads each setting: from which place, in which file, at which line. Source code is parsed, never run."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inspector.model import Read
from inspector.reads import index, link
from inspector.reads.writes import Write, assigned, library_writers, writers

__all__ = ["Write", "class_reads", "library_writers", "readers", "unread", "writers"]

Readers = dict[tuple[str, str], tuple[Read, ...]]


def readers(classes: Mapping[str, type]) -> Readers:
    """Every read of every setting, in the code of the pipeline and of all its components.

    The name ``*`` stands for code that takes a whole config, or a name that is computed.

    Args:
        classes: component path -> live class; ``pipe`` is the pipeline, whose code reads its components too.
            Members of a list (``controlnet[0]``) are read wherever the list (``controlnet``) is.

    Returns:
        (component path, setting name) -> its readers: those that run after ``__init__`` first.
    """
    found: dict[tuple[str, str], set[Read]] = {}
    for owner, cls in classes.items():
        parts = {p.partition("[")[0]: c for p, c in classes.items() if p != owner} if owner == "pipe" else {}
        for component, name, read in _reads(cls, owner, parts):
            paths = [p for p in classes if p == component or p.partition("[")[0] == component] if component else [owner]
            for path in paths:
                found.setdefault((path, name), set()).add(read)
    return {key: tuple(sorted(reads, key=_order)) for key, reads in found.items()}


def class_reads(cls: type) -> dict[str, tuple[Read, ...]]:
    """The readers of a class's own settings in its own code."""
    return {name: reads for (_, name), reads in readers({"": cls}).items()}


def unread(classes: Mapping[str, type]) -> dict[str, str]:
    """The components whose code could not be analysed, and why: nobody may say of them that no code reads a setting."""
    reasons = {}
    for path, cls in classes.items():
        missing = [base.__qualname__ for base, file in link.layers(cls) if not _has_source(base, file)]
        if missing or not link.layers(cls):
            reasons[path] = f"no source for {', '.join(missing)}" if missing else f"no source for {cls.__qualname__}"
    return reasons


def _has_source(cls: type, file: str) -> bool:
    return cls.__name__ in (index.facts(file) or {"classes": {}})["classes"]


def _order(read: Read) -> tuple[Any, ...]:
    return (read.place == "init", read.owner, read.file, read.line, read.place, read.function)


def _reads(cls: type, owner: str, parts: Mapping[str, type]) -> Iterator[tuple[str, str, Read]]:
    """(component or "", name, read) for every read in the code of one class."""
    for function in link.reached(cls):
        yield from _function_reads(function, cls, owner, parts)
    for inner, handed in _made(cls, parts):
        # A combined pipeline hands its components to pipelines of its own, under other names.
        for component, name, read in _reads(inner, owner, {n: parts[p] for n, p in handed.items()}):
            if component in handed:
                yield handed[component], name, read


def _function_reads(
    function: link.Function, cls: type, owner: str, parts: Mapping[str, type]
) -> Iterator[tuple[str, str, Read]]:
    file = link.short(function.file)
    for path, (read, line, how) in function.paths("loads"):
        for key in link.follow(path, read, cls, parts):
            if how == "bound" and key.name == "*":
                continue  # config = self.config: nothing of it is read yet
            target = parts.get(key.component, cls)
            given = how == "given" and key.position == 1
            names = [key.name] if given or key.place != "live" else _live_names(target, key.name)
            for name in names:
                place: link.Place = "init" if function.init else _place(target, key, name)
                yield key.component, name, Read(place, file, line, function.label, owner)


def _live_names(cls: type, name: str) -> list[str]:
    """What ``obj.name`` reads: nothing of interest for a method; a property that only hands on ``_name``, both."""
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, property):
        getters = [f for f in link.functions(cls) if f.name == name and f.facts["kind"] == "property"]
        paths = {path for f in getters for path, _ in f.paths("loads")}
        inner = paths.pop().split(".") if len(paths) == 1 else []
        return [name, inner[1]] if len(inner) == 2 and inner[0] == "self" else []
    return [] if callable(found) or isinstance(found, staticmethod | classmethod) else [name]


def _place(cls: type, key: link.Key, name: str) -> link.Place:
    """``self.k`` where nobody ever sets ``k`` on the object falls through to ``config["k"]`` (ConfigMixin)."""
    if key.place != "live" or not hasattr(cls, "register_to_config") or name in assigned(cls):
        return key.place
    falls = inspect.getattr_static(cls, name, None) is None and name in _parameters(cls)
    return "config.item" if falls else "live"


def _parameters(cls: type) -> Iterable[str]:
    return inspect.signature(cls.__init__).parameters  # type: ignore[misc]


def _made(cls: type, parts: Mapping[str, type]) -> Iterator[tuple[type, dict[str, str]]]:
    """The pipelines that ``__init__`` makes for itself, with the components it hands them."""
    for function in link.functions(cls) if parts else ():
        for _, name, given in function.facts["made"] if function.name == "__init__" else ():
            inner = getattr(sys.modules.get(function.module), name, None)
            if isinstance(inner, type) and hasattr(inner, "register_modules"):
                yield inner, {k: p.removeprefix("self.") for k, p in given if p.removeprefix("self.") in parts}
