"""``__call__`` of a pipeline, from its source: parameters, types, defaults, descriptions; what its body never uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

from inspector import classes, classtable, sources
from inspector.classes import ClassInfo
from inspector.model import EXIT_USAGE, InspectError, Report
from inspector.reading import Folder, Limits
from inspector.signatures import default
from inspector.sources import INDEX

_ENTRY = re.compile(r"^(\*{0,2}\w+)\s*(?:\((.*?)\))?\s*:\s*(.*)$")
_NONE = "required"


def call_of(texts: Sequence[str], *, online: bool = False) -> Report:
    """The report of one pipeline's ``__call__``, or of several side by side.

    Args:
        texts: sources or class names.
        online: ask the Hub for the newest.

    Raises:
        InspectError: one of them is no pipeline, or has no ``__call__``.
    """
    shown = [described(pipeline(text, online=online)) for text in texts]
    names = list(dict.fromkeys(p["name"] for one in shown for p in one["parameters"]))
    differing = [n for n in names if len(shown) > 1 and differs(n, shown)]
    classes_named = " · ".join(one["class"] for one in shown)
    if len(shown) == 1:
        unused = [p["name"] for p in shown[0]["parameters"] if not p["used"]]
        line = f"{classes_named}: {len(names)} parameters"
        line += f", {len(unused)} never used by the body ({', '.join(unused)})" if unused else ", all used by the body"
    else:
        line = f"{classes_named}: {len(names)} parameters, {len(differing)} not the same in all"
    answer = {"severity": "clean", "line": line}
    data = {"command": "call", "pipelines": shown, "differing": differing, "answer": answer}
    versions = {"diffusers": classtable.version("diffusers") or ""}
    return Report(" · ".join(texts), {k: v for k, v in versions.items() if v}, data=data)


def differs(name: str, shown: Sequence[dict[str, Any]]) -> bool:
    found = [next((p for p in one["parameters"] if p["name"] == name), None) for one in shown]
    return any(p is None for p in found) or len({p["default"] for p in found if p}) > 1


def pipeline(text: str, *, online: bool = False) -> ClassInfo:
    """The class that a source or a name stands for.

    Raises:
        InspectError: there is none of this name, or the source is no pipeline.
    """
    name = text.removeprefix("class:")
    if name.isidentifier() and (found := classes.find("diffusers", name)) is not None:
        return found
    if name.isidentifier() and (text != name or name[0].isupper()) and (near := classes.near(name, "diffusers")):
        hint = f"did you mean {' or '.join(near[:2])}?"
        raise InspectError(f"{name}: no such class in diffusers", hint=hint, exit_code=EXIT_USAGE)
    source = sources.resolve(text, online=online)
    path = source.path
    if source.scheme == "demo":
        from inspector import demo

        path = demo.path(source.target)
    if path is None or not path.is_dir():
        hint = "give a pipeline's folder, a Hub id, demo:NAME, or the name of a pipeline class"
        raise InspectError(f"{text} is no pipeline that can be read", hint=hint, exit_code=EXIT_USAGE)
    with Folder(path, Limits()) as folder:
        if INDEX not in folder.entries:
            raise InspectError(f"{text} has no {INDEX}", hint="call is for pipelines", exit_code=EXIT_USAGE)
        named = folder.json(INDEX).get("_class_name")
    if not isinstance(named, str):
        hint = "its code comes with the folder; name a class of diffusers instead"
        raise InspectError(f"{text}: a pipeline of custom code", hint=hint, exit_code=EXIT_USAGE)
    found = classes.find("diffusers", named)
    if found is None:
        near = classes.near(named, "diffusers")
        hint = f"did you mean {near[0]}?" if near else "another version of diffusers may have it"
        raise InspectError(f"{text}: the installed diffusers has no {named}", hint=hint)
    return found


def known_class(name: str) -> None:
    """Refuse a class that the installed diffusers does not have, before anything is built.

    Raises:
        InspectError: there is no such class (exit 2).
    """
    if classes.find("diffusers", name) is None:
        near = classes.near(name, "diffusers")
        hint = f"did you mean {' or '.join(near[:2])}?" if near else "a class of diffusers that has from_config"
        raise InspectError(f"{name}: no such class in diffusers", hint=hint, exit_code=EXIT_USAGE)


def scheduler_names() -> list[str]:
    """What a shell completes after ``--into``."""
    return [info.name for info in classes.schedulers()]


def described(info: ClassInfo) -> dict[str, Any]:
    """One pipeline as the design fixes it.

    Raises:
        InspectError: the class cannot be called.
    """
    owner, function, tensors = find_call(info)
    if function is None:
        hint = "call is for pipelines: StableDiffusionPipeline, say"
        raise InspectError(f"{info.name} has no __call__ of its own", hint=hint, exit_code=EXIT_USAGE)
    told = documented(ast.get_docstring(function) or "")
    used = {n.id for statement in body(function) for n in ast.walk(statement) if isinstance(n, ast.Name)}
    if "locals" in used:  # the callback is handed any of these by name
        used |= set(tensors)
    rows = []
    for name, kind, annotation, value in parameters(function):
        rows.append(
            {
                "name": name,
                "type": annotation,
                "default": value,
                "doc": told.get(name.lstrip("*"), ""),
                "used": name.lstrip("*") in used,
                "kind": kind,
            }
        )
    where = {"class": info.name, "defined_in": owner.name, "file": owner.file, "line": function.lineno}
    return {**where, "parameters": rows, "callback_tensors": tensors}


def find_call(info: ClassInfo) -> tuple[ClassInfo, ast.FunctionDef | None, list[str]]:
    """The nearest ``__call__``, the class it stands in, and the nearest ``_callback_tensor_inputs``."""
    found: tuple[ClassInfo, ast.FunctionDef] | None = None
    tensors: list[str] | None = None
    for owner, node in lineage(info, set()):
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__call__" and found is None:
                found = (owner, item)
            elif (
                isinstance(item, ast.Assign)
                and tensors is None
                and ast.unparse(item.targets[0]) == "_callback_tensor_inputs"
            ):
                literal = default(item.value)
                tensors = [str(v) for v in literal[1]] if isinstance(literal[1], list) else []
    return (*(found or (info, None)), tensors or [])


def lineage(info: ClassInfo, seen: set[tuple[str, str]]) -> Iterator[tuple[ClassInfo, ast.ClassDef]]:
    """The class and its bases, nearest first."""
    if (info.file, info.name) in seen:
        return
    seen.add((info.file, info.name))
    library, _, below = info.file.partition("/")
    root = classtable.home(library)
    if root is None:
        return
    try:
        tree = ast.parse((root / below).read_text(encoding="utf-8"))
    except (OSError, SyntaxError):  # gone since the table was made, or written for another Python
        return
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == info.name:
            yield info, node
            for base in info.bases:
                if (row := classes.place(base, info.file)) is not None:
                    module = row.file.removesuffix(".py").replace("/", ".")
                    yield from lineage(ClassInfo(base, library, module, row.file, row.kind, tuple(row.bases)), seen)


def body(function: ast.FunctionDef) -> list[ast.stmt]:
    first = function.body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if text else function.body


def parameters(function: ast.FunctionDef) -> Iterator[tuple[str, str, str, str]]:
    """Name, kind, type and default of every parameter after self, as they are written."""
    taken = function.args
    plain = [*taken.posonlyargs, *taken.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(taken.defaults)), *taken.defaults]
    for argument, value in list(zip(plain, defaults, strict=True))[1:]:
        yield argument.arg, "positional", annotated(argument), _NONE if value is None else ast.unparse(value)
    if taken.vararg:
        yield f"*{taken.vararg.arg}", "rest", annotated(taken.vararg), ""
    for argument, value in zip(taken.kwonlyargs, taken.kw_defaults, strict=True):
        yield argument.arg, "keyword", annotated(argument), _NONE if value is None else ast.unparse(value)
    if taken.kwarg:
        yield f"**{taken.kwarg.arg}", "rest", annotated(taken.kwarg), ""


def annotated(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""


def documented(text: str) -> dict[str, str]:
    """The entries of a docstring's ``Args:``: name -> description on one line."""
    found: dict[str, str] = {}
    inside, indent, name = False, 0, ""
    for line in text.splitlines():
        if line.strip() in ("Args:", "Arguments:", "Parameters:"):
            inside, indent = True, -1
            continue
        if not inside or not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            inside = False
            continue
        indent = depth if indent < 0 else indent
        match = _ENTRY.match(line.strip()) if depth == indent else None
        if match:
            name = match[1].lstrip("*")
            found[name] = match[3]
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
