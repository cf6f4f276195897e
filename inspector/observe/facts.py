"""What the rules must know of a component's class: how it is found again, who else takes its keys, who writes it."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from inspector.gathering import LIBRARY_KEYS
from inspector.model import Kind, Setting
from inspector.observe.plain import plain
from inspector.observe.settings import library_pair
from inspector.observe.state import live


def class_facts(
    path: str,
    obj: Any,
    kind: Kind,
    settings: tuple[Setting, ...],
    *,
    fresh: bool,
    pipeline: type | None,
    around: frozenset[str],
) -> dict[str, Any]:
    """The facts; ``around`` names every class in sight, with its bases, for telling whose writes can matter."""
    cls: Any = type(obj)
    library, name = library_pair(obj)
    facts: dict[str, Any] = {
        "class_path": plain(cls),
        "reloads_as": [library, name],
        "library_keys": LIBRARY_KEYS,
        "fresh": fresh,
        "hidden": sorted(k for k in dict.keys(live(obj).get("_internal_dict", {})) if k.startswith("_")),
    }
    if kind == "pipeline":
        expected, _ = cls._get_signature_keys(cls)
        facts["expected"] = sorted(expected)
        facts["optional"] = sorted(cls._optional_components)
    if kind in ("pipeline", "scheduler", "model"):
        from inspector.reads import writers

        written = writers(cls)
        facts["per_run"] = sorted(
            n
            for n, w in written.items()
            if any(x.place == "live" and in_a_run(x.function) and not moves_only(cls, n, x.function) for x in w)
        )
        facts["writers"] = attribute_writers(settings, around)
        facts["registers"] = registers_of(path, cls, pipeline)
    if not fresh:
        facts["reload"] = found_again(obj, kind, library, name)
    if kind == "scheduler":
        from inspector.classes import owners
        from inspector.siblings import survey

        facts["siblings"] = survey(obj)
        facts["owners"] = owners([s.name for s in settings if not s.accepted])
    return facts


def registers_of(path: str, cls: type, pipeline: type | None) -> dict[str, list[str]]:
    """Setting → the lines of the component's class, and of its pipeline's, that put a value into both places."""
    from inspector.reads import writers

    found: dict[str, list[str]] = {}
    owners: list[tuple[type, str]] = [(cls, "")]
    if pipeline is not None and pipeline is not cls:
        owners.append((pipeline, f"{path.partition('[')[0]}."))
    for owner, prefix in owners:
        for name, where in writers(owner).items():
            lines = [f"{owner.__name__}.{w.function} ({w.file}:{w.line})" for w in where if w.place == "register"]
            short = name.removeprefix(prefix)
            if lines and name.startswith(prefix) and "." not in short:
                found.setdefault(short, []).extend(lines)
    return found


def in_a_run(function: str) -> bool:
    """Whether a method that writes an attribute belongs to a run (``set_timesteps``, ``step``) and not to a setter."""
    return function == "set_timesteps" or function == "set_begin_index" or not function.startswith(("__init__", "set_"))


@cache
def moves_only(cls: type, name: str, function: str) -> bool:
    """Whether a method writes an attribute only to move it to a device: ``self.betas = self.betas.to(device)``."""
    try:
        source = inspect.getsource(inspect.getattr_static(cls, function))
    except (AttributeError, OSError, TypeError):  # a nested function, a property, or no source
        return False
    written = re.findall(rf"self\.{re.escape(name)}\s*=[^=]", source)
    moved = re.findall(rf"self\.{re.escape(name)}\s*=\s*self\.{re.escape(name)}\.to\(", source)
    return bool(moved) and len(moved) == len(written)


def attribute_writers(settings: tuple[Setting, ...], around: frozenset[str]) -> dict[str, list[str]]:
    """The lines of the library that write the attribute of a setting whose item and attribute disagree.

    A write in another pipeline's class cannot have happened here; one in a free function may have.
    """
    names = [s.name for s in settings if s.attr is not None and not s.attr.same(s.item)]
    if not names:
        return {}
    from inspector.reads import library_writers

    known = library_writers()
    found = {
        name: [f"{w.function} ({w.file}:{w.line})" for w in known.get(name, ()) if may_have_run(w.function, around)]
        for name in names
    }
    return {name: lines for name, lines in found.items() if lines}


def may_have_run(function: str, around: frozenset[str]) -> bool:
    """Whether a writer belongs to a class in sight, or to none that stands for itself (a quantizer, a function)."""
    owner = function.rpartition(".")[0]
    return owner in around or not any(word in owner for word in ("Pipeline", "Scheduler", "Mixin"))


def found_again(obj: Any, kind: Kind, library: str | None, name: str | None) -> str | None:
    """The class to which the library's own lookup leads from the saved name; its error where there is none."""
    try:
        if kind == "pipeline":
            import diffusers

            return str(plain(getattr(diffusers, type(obj).__name__)))
        if kind in ("scheduler", "model", "transformers"):
            from diffusers.pipelines.pipeline_loading_utils import simple_get_class_obj

            return str(plain(simple_get_class_obj(library, name)))
    except Exception as error:  # noqa: BLE001 (the library's lookup raises what it likes; that is the fact we want)
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None
