"""Objects that no folder holds: a class with its defaults, a live demo, the user's own factory."""

from __future__ import annotations

import contextlib
import importlib
import os
from pathlib import Path
from typing import Any

from inspector import classes, library, makers
from inspector.built import Built
from inspector.lookup import imported
from inspector.model import InspectError
from inspector.reading import Folder, Limits, ReadError
from inspector.sources import COMPONENT_FILES, INDEX


def build_class(name: str) -> Built:
    """``class:EulerDiscreteScheduler``: the class with its defaults, no weights.

    Raises:
        InspectError: there is no such class, or it cannot be made without arguments.
    """
    distribution, _, short = name.rpartition(".")
    for candidate in (distribution,) if distribution else ("diffusers", "transformers"):
        info = classes.find(candidate, short)
        if info is not None:
            break
    else:
        near = classes.near(short)
        raise InspectError(
            f"class:{name}: no such class in the installed libraries",
            hint=f"did you mean class:{near[0]}?" if near else "give the name of a diffusers or transformers class",
        )
    cls = imported(info)
    obj = cls if isinstance(cls, Exception) else makers.attempt(with_defaults, cls)
    if isinstance(obj, Exception):
        raise InspectError(
            f"class:{name} cannot be made without arguments: {library.said(obj)}",
            hint="give a folder with its config instead",
        )
    return Built(obj)


def with_defaults(cls: Any) -> Any:
    """A class called without arguments, its weights left out."""
    kind = makers.family(cls)
    if kind == "model":
        return makers.model(cls, {})
    if kind == "config":
        return makers.configured(cls, {})
    return makers.on_meta_device(cls, cls.config_class()) if kind == "transformers" else cls()


def build_demo(name: str) -> Built:
    """A demo that is a live object: made from its folder, then changed."""
    from inspector import demo

    obj = demo.live(name)
    untouched = not demo.find(name).folder  # one that starts from another demo's folder was changed
    return Built(obj, fresh=untouched, disk=known_disk(obj, Limits()))


def build_factory(target: str) -> Built:
    """``py:module:factory``: the user's own code makes the object, or is the object.

    Raises:
        InspectError: it cannot be imported, or it raised.
    """
    module, _, name = target.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        hint = "py:MODULE:FUNCTION, importable from here"
        raise InspectError(f"py:{target}: {library.said(error)}", hint=hint) from error
    except Exception as error:  # the user's own code: a module that raises while it is imported
        hint = "import it yourself to see the whole story"
        raise InspectError(f"py:{target}: importing {module} raised {library.said(error)}", hint=hint) from error
    obj = makers.attempt(found) if callable(found) and not hasattr(type(found), "config_name") else found
    if isinstance(obj, Exception):
        hint = "call it yourself to see the whole story"
        raise InspectError(f"py:{target} raised {library.said(obj)}", hint=hint) from obj
    return Built(obj, fresh=False, disk=known_disk(obj, Limits()))


def known_disk(obj: Any, limits: Limits) -> dict[str, dict[str, Any]]:
    """The JSON that a live pipeline or model was loaded from, when its folder is still there."""
    config = vars(obj).get("_internal_dict", {}) if hasattr(obj, "__dict__") else {}
    path = config.get("_name_or_path") if isinstance(config, dict) else None
    if not isinstance(path, str | os.PathLike):
        return {}
    disk: dict[str, dict[str, Any]] = {}
    if not (Path(path) / INDEX).is_file():
        if (Path(path) / "config.json").is_file() and not hasattr(type(obj), "register_modules"):  # a model on its own
            with Folder(Path(path), limits) as folder, contextlib.suppress(ReadError):
                disk["model"] = folder.json("config.json")
        return disk
    with Folder(Path(path), limits) as folder:
        for name in ("", *[n for n in dict.keys(config) if not n.startswith("_")]):
            files = (INDEX,) if not name else [f"{name}/{f}" for f in COMPONENT_FILES]
            for file in files:
                if file in folder.entries:
                    try:
                        disk[name or "pipe"] = folder.json(file)
                    except ReadError:  # a folder that broke since it was loaded says nothing of the live object
                        continue
                    break
    return disk
