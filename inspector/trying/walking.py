"""A path walked on the scratch copy: where it ends, where it does not exist, and what nobody may write to."""

from __future__ import annotations

import copy
import difflib
import inspect
from collections.abc import Iterable
from typing import Any

from inspector.observe.settings import is_pipeline
from inspector.observe.state import is_module, is_tensor, live
from inspector.trying.grammar import Line, Path
from inspector.trying.refusals import refused


def walked(base: Any, path: Path, line: Line, upto: int | None = None) -> Any:
    """What a path leads to.

    Args:
        base: what its root stands for.
        path: the path.
        line: the line it stands in, to point at.
        upto: how many of its steps to take; all when None.

    Raises:
        RefusedError: a name on the way does not exist (exit 2), with the nearest that does.
    """
    obj = base
    for i, (item, name) in enumerate(path.steps[:upto]):
        try:
            obj = obj[name] if item else getattr(obj, name)
        except (AttributeError, KeyError, IndexError, TypeError) as error:
            raise missing(obj, path, i, line, error) from None
    return obj


def missing(obj: Any, path: Path, step: int, line: Line, error: Exception) -> Exception:
    """What is said of a step that leads nowhere."""
    item, name = path.steps[step]
    words = type(obj).__name__
    if item and not hasattr(type(obj), "__getitem__"):
        why = f"{words} takes no [{name!r}]"
    else:
        why = f"{words} has no {name!r}" if isinstance(error, KeyError | AttributeError) else f"{words}: {error}"
    if obj is None and step:
        why = f"{path.steps[step - 1][1]} is None here, and has no {name!r}"
    names = dict.keys(obj) if item and isinstance(obj, dict) else names_of(obj)
    near = difflib.get_close_matches(str(name), [str(n) for n in names], n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else ""
    if not hint and is_pipeline(obj):
        parts = [n for n in dict.keys(live(obj).get("_internal_dict", {})) if n in live(obj)]
        hint = f"it has {', '.join(parts)}"
    where = max(line.source.find(line.text), 0) if "\n" not in line.source else 0
    text = line.source if "\n" not in line.source else line.text
    begin = text.find(path.text, where)
    column = begin + (path.columns[step] if step < len(path.columns) else 0) if begin >= 0 else 0
    return refused(why, text, column, hint or "inspect-pipe diff SOURCE -v lists every setting")


def names_of(obj: Any) -> Iterable[str]:
    """The public names of an object, those of its modules and its class included; no property is run."""
    modules = live(obj).get("_modules", {}) if is_module(obj) else {}
    config = live(obj).get("_internal_dict", obj if isinstance(obj, dict) else {})
    found = [*live(obj), *modules, *(dict.keys(config) if isinstance(config, dict) else ()), *dir(type(obj))]
    return [n for n in found if not n.startswith("_")]


def writable(base: Any, path: Path, line: Line, weights: set[int]) -> Any:
    """What the last step of a path is set on.

    Args:
        base: what its root stands for.
        path: the target.
        line: the line it stands in, to point at.
        weights: the storages that the scratch copy shares with the user's object.

    Raises:
        RefusedError: it does not exist, or it is no part of the copy: weights, a class, a function (exit 2).
    """
    holder = base
    for i, (item, name) in enumerate(path.steps[:-1]):
        if not item and shared_name(holder, str(name)):
            why = f"{name} belongs to the class {type(holder).__name__}, and to every object of it"
            raise refused(why, line.text, max(line.text.find(str(name)), 0), "whatif changes this object alone")
        holder = walked(base, path, line, i + 1)
        refuse_weights(holder, line, weights)
    plainly = isinstance(holder, dict | list) or "_internal_dict" in live(holder) or is_module(holder)
    refuse_weights(holder, line, weights)
    if not plainly and not is_tensor(holder) and copy.deepcopy(holder) is holder:
        why = f"{type(holder).__name__} is not the object's own, and cannot be written to here"
        raise refused(why, line.text, 0, "whatif changes this object alone")
    return holder


def refuse_weights(obj: Any, line: Line, weights: set[int]) -> None:
    if is_tensor(obj) and storage(obj) in weights:
        why = "these are weights, which whatif shares with the object and leaves alone"
        raise refused(why, line.text, 0, "it tries settings: pipe.unet.config.sample_size = 128")


def found_by(base: Any, path: Path) -> Any:
    """What a path leads to; None where it no longer leads anywhere."""
    obj = base
    for item, name in path.steps:
        try:
            obj = obj[name] if item else getattr(obj, name)
        except (AttributeError, KeyError, IndexError, TypeError):
            return None
    return obj


def shared_name(obj: Any, name: str) -> bool:
    """Whether ``obj.name`` is answered by the class with a value that all its objects share."""
    if name in live(obj) or isinstance(obj, type):
        return isinstance(obj, type)
    if is_module(obj) and any(name in live(obj).get(slot, {}) for slot in ("_modules", "_parameters", "_buffers")):
        return False
    held = inspect.getattr_static(type(obj), name, None)
    return held is not None and not hasattr(held, "__get__")


def storages(objects: Iterable[Any]) -> set[int]:
    """Where the weights of modules lie in memory, their gradients too."""
    found = set()
    for obj in objects:
        if is_module(obj):
            for tensor in [*obj.parameters(), *obj.buffers()]:
                found |= {storage(tensor)} | ({storage(tensor.grad)} if tensor.grad is not None else set())
    return found - {0}


def storage(tensor: Any) -> int:
    """The address of a tensor's data; 0 where it has none (the meta device)."""
    if not hasattr(tensor, "untyped_storage"):
        return int(tensor.__array_interface__["data"][0])
    return 0 if tensor.device.type == "meta" else int(tensor.untyped_storage().data_ptr())
