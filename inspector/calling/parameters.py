"""The ``__call__`` that a class has, its own or inherited, told from source by ast."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inspector import classes, classtable
from inspector.calling.docstrings import documented
from inspector.classes import ClassInfo
from inspector.model import EXIT_USAGE, InspectError
from inspector.signatures import default

REQUIRED = "required"
CHECK = "check_inputs"
"""The method that every argument is handed to, and that only checks it."""
_TELLS = re.compile(r"def __call__\b|\b_callback_tensor_inputs\s*[:=]")


@dataclass(frozen=True, slots=True)
class Place:
    """A class in a file of source: what the user calls the file, its text, and the classes it is made from."""

    name: str
    file: str
    text: str
    bases: tuple[Place | ClassInfo, ...]


def described(place: Place) -> dict[str, Any]:
    """The ``__call__`` of one pipeline, as the design fixes it.

    Returns:
        ``class``, ``defined_in``, ``file``, ``line``, ``parameters`` (each with name, type, default, doc, used, kind,
        ``only_checked``; the ``**`` one with what the body takes out of it) and ``callback_tensors``.

    Raises:
        InspectError: the class cannot be called (exit 2).
    """
    owner, function, tensors = find_call(place)
    if owner is None or function is None:
        hint = "call is for pipelines: StableDiffusionPipeline, say"
        raise InspectError(f"{place.name} has no __call__ of its own", hint=hint, exit_code=EXIT_USAGE)
    told = documented(ast.get_docstring(function) or "")
    used, checked = uses(function)
    if "locals" in used:  # the callback is handed any of these by name
        used |= set(tensors)
    rows = []
    for name, kind, annotation, value in parameters(function):
        bare = name.lstrip("*")
        doc, said = told.get(bare, ("", ""))
        row: dict[str, Any] = {"name": name, "type": annotation or said, "default": value, "doc": doc, "kind": kind}
        row["used"] = bare in used or bare in checked
        row["only_checked"] = bare in checked and bare not in used
        if name.startswith("**"):
            row["takes"] = taken_out(function, bare)
        rows.append(row)
    where = {"class": place.name, "defined_in": owner.name, "file": owner.file, "line": function.lineno}
    return {**where, "parameters": rows, "callback_tensors": tensors}


def of_library(info: ClassInfo) -> Place | None:
    """A class of an installed library with its source; None where the source cannot be read."""
    library, _, below = info.file.partition("/")
    root = classtable.home(library)
    try:
        text = (root / below).read_text(encoding="utf-8") if root is not None else None
    except (OSError, UnicodeError):  # gone since the table was made
        return None
    return Place(info.name, info.file, text, tuple(based(info.bases, info.file))) if text is not None else None


def based(names: tuple[str, ...], file: str) -> Iterator[ClassInfo]:
    """The base classes that a file of a library names."""
    for name in names:
        if (row := classes.place(name, file)) is not None:
            module = row.file.removesuffix(".py").replace("/", ".")
            yield ClassInfo(name, row.file.partition("/")[0], module, row.file, row.kind, tuple(row.bases))


def find_call(place: Place) -> tuple[Place | None, ast.FunctionDef | None, list[str]]:
    """The nearest ``__call__``, the class it stands in, and the nearest ``_callback_tensor_inputs``."""
    owner, function, tensors = None, None, None
    for at, node in lineage(place, set()):
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__call__" and function is None:
                owner, function = at, item
            elif isinstance(item, ast.Assign | ast.AnnAssign) and tensors is None and item.value is not None:
                target = item.targets[0] if isinstance(item, ast.Assign) else item.target
                if isinstance(target, ast.Name) and target.id == "_callback_tensor_inputs":
                    literal = default(item.value)
                    tensors = [str(v) for v in literal[1]] if isinstance(literal[1], list) else []
        if function is not None and tensors is not None:
            break
    return owner, function, tensors or []


def lineage(place: Place, seen: set[tuple[str, str]]) -> Iterator[tuple[Place, ast.ClassDef]]:
    """The class and its bases, nearest first; a file that says nothing of calling is not parsed."""
    if (place.file, place.name) in seen:
        return
    seen.add((place.file, place.name))
    if _TELLS.search(place.text):
        try:
            tree = ast.parse(place.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # written for another Python, or no Python
            return
        node = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == place.name), None)
        if node is not None:
            yield place, node
    for base in place.bases:
        found = base if isinstance(base, Place) else of_library(base)
        if found is not None:
            yield from lineage(found, seen)


def body(function: ast.FunctionDef) -> list[ast.stmt]:
    first = function.body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if text else function.body


def uses(function: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """The names that the body loads, and those that it hands to the check of the inputs."""
    used: set[str] = set()
    checked: set[str] = set()

    def walk(node: ast.AST, names: set[str]) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.add(node.id)
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr == CHECK:
            names = checked
        for child in ast.iter_child_nodes(node):
            walk(child, names)

    for statement in body(function):
        walk(statement, used)
    return used, checked


def taken_out(function: ast.FunctionDef, name: str) -> list[str]:
    """The names that the body takes out of its keywords: ``kwargs.pop("callback", None)``, ``kwargs["callback"]``."""
    found = {}
    for node in ast.walk(function):
        key = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "get"):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == name and node.args:
                key = node.args[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found[key.value] = key.lineno
    return sorted(found, key=lambda key: found[key])


def parameters(function: ast.FunctionDef) -> Iterator[tuple[str, str, str, str]]:
    """Name, kind, type and default of every parameter after self, as they are written."""
    taken = function.args
    plain = [*taken.posonlyargs, *taken.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(taken.defaults)), *taken.defaults]
    for argument, value in list(zip(plain, defaults, strict=True))[1:]:
        yield argument.arg, "positional", annotated(argument), written(value)
    if taken.vararg:
        yield f"*{taken.vararg.arg}", "rest", annotated(taken.vararg), ""
    for argument, value in zip(taken.kwonlyargs, taken.kw_defaults, strict=True):
        yield argument.arg, "keyword", annotated(argument), written(value)
    if taken.kwarg:
        yield f"**{taken.kwarg.arg}", "rest", annotated(taken.kwarg), ""


def written(value: ast.expr | None) -> str:
    return REQUIRED if value is None else ast.unparse(value)


def annotated(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""


def differs(name: str, shown: list[dict[str, Any]]) -> bool:
    """Whether a parameter is not in all of these pipelines, or not with the same default."""
    found: list[Mapping[str, Any] | None] = [
        next((p for p in one["parameters"] if p["name"] == name), None) for one in shown
    ]
    return any(p is None for p in found) or len({p["default"] for p in found if p}) > 1
