"""A SOURCE or a class name → the class whose ``__call__`` is meant; nothing is built and nothing imported."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from inspector import classes, sources
from inspector.calling.parameters import Place, of_library
from inspector.model import EXIT_USAGE, InspectError
from inspector.reading import Folder, Limits
from inspector.remote.reach import Afar, Reach
from inspector.remote.session import telling
from inspector.sources import INDEX, Source

_GIVE = "give a pipeline's folder, a Hub id, demo:NAME, a saved report, or the name of a pipeline class"


def pipeline(text: str, *, online: bool = False) -> Place:
    """The class that a source or a name stands for.

    Raises:
        InspectError: there is none of this name, or the source is no pipeline.
    """
    name = text.removeprefix("class:")
    if name.isidentifier() and (found := in_library(name)) is not None:
        return found
    if name.isidentifier() and (text != name or name[0].isupper()) and (near := classes.near(name, "diffusers")):
        hint = f"did you mean {' or '.join(near[:2])}?"
        raise InspectError(f"{name}: no such class in diffusers", hint=hint, exit_code=EXIT_USAGE)
    with telling():
        source = sources.resolve(text, online=online, afar=Afar(Reach.INDEX))
        return of_source(source.text, source)


def of_source(text: str, source: Source) -> Place:
    """The class of the pipeline that a source is.

    Raises:
        InspectError: it is none, or cannot be read.
    """
    if source.scheme == "report" and source.path is not None:
        return named(text, declared_in(source.path))
    path = source.path
    if source.scheme == "demo":
        from inspector import demo

        path = demo.path(source.target)
    if path is None or not path.is_dir():
        raise InspectError(f"{text} is no pipeline that can be read", hint=_GIVE, exit_code=EXIT_USAGE)
    with Folder(path, Limits(), facts=source.facts) as folder:
        if INDEX not in folder.entries:
            raise InspectError(f"{text} has no {INDEX}", hint="call is for pipelines", exit_code=EXIT_USAGE)
        declared = folder.json(INDEX).get("_class_name")
        if isinstance(declared, list) and len(declared) == 2 and all(isinstance(part, str) for part in declared):
            return of_folder(text, folder, *declared)
    return named(text, declared)


def in_library(name: str) -> Place | None:
    info = classes.find("diffusers", name)
    return of_library(info) if info is not None else None


def named(text: str, declared: Any) -> Place:
    """The class of the library that an index names.

    Raises:
        InspectError: it names none, or none that is installed (exit 3).
    """
    if not isinstance(declared, str):
        hint = "name the class: inspect-pipe call StableDiffusionPipeline"
        raise InspectError(f"{text}: the index names no class of a pipeline", hint=hint)
    found = in_library(declared)
    if found is None:
        near = classes.near(declared, "diffusers")
        hint = f"did you mean {near[0]}?" if near else "another version of diffusers may have it"
        raise InspectError(f"{text}: the installed diffusers has no {declared}", hint=hint)
    return found


def declared_in(report: Path) -> Any:
    """The class of the pipeline that a saved report is about."""
    try:
        components = json.loads(report.read_text(encoding="utf-8"))["data"]["components"]
        return next((c["class"] for c in components if c["path"] == "pipe"), None)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
    ):  # not whole, or no report of a pipeline: there is no class
        return None


def of_folder(text: str, folder: Folder, module: str, name: str) -> Place:
    """A class of the folder's own code, which is read as text and never run.

    Raises:
        InspectError: the code is not there, or has no such class.
    """
    file = f"{module}.py"
    if file not in folder.entries:
        hint = f"{name} may be a community pipeline: give the folder its {file}, or name a class of diffusers"
        raise InspectError(f"{text}: {name} is custom code, and there is no {file}", hint=hint)
    code = folder.content(file).decode("utf-8", "replace")
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InspectError(f"{text}: {file} is not Python: {error}", hint="mend it, or name the class") from error
    place = in_tree(tree, name, file, code, frozenset())
    if place is None:
        there = [n.name for n in tree.body if isinstance(n, ast.ClassDef)]
        hint = f"it has {', '.join(there[:6])}" if there else "it has no class at all"
        raise InspectError(f"{text}: {file} has no class {name}", hint=hint)
    return place


def in_tree(tree: ast.Module, name: str, file: str, code: str, below: frozenset[str]) -> Place | None:
    """A class of one module with its bases, of the module itself or of diffusers."""
    node = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name), None)
    if node is None or name in below:
        return None
    bases = []
    for base in node.bases:
        called = ast.unparse(base).rpartition(".")[2]
        own = in_tree(tree, called, file, code, below | {name})
        found = own or classes.find("diffusers", called)
        if found is not None:
            bases.append(found)
    return Place(name, file, code, tuple(bases))
