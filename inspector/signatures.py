"""What the classes of a library's module take, from the module's source: parameters, defaults, annotations, fields.

A module is parsed once; what was found is kept in the cache beside the table of classes.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypedDict

from inspector import classtable
from inspector.model import Value


class Facts(TypedDict, total=False):
    """One class: its bases; ``init``: parameter -> ``[default, annotation]``, absent when it is inherited.

    A default is ``["literal type", data]``, or None where the parameter has none. ``fields`` are annotated class
    attributes in the same form. ``optional`` is ``_optional_components``; ``config`` the name of a config class.
    """

    bases: list[str]
    init: dict[str, list[Any]]
    fields: dict[str, list[Any]]
    optional: list[str]
    config: str


@cache
def module(file: str) -> dict[str, Facts]:
    """The classes of one file of the table (``diffusers/schedulers/scheduling_ddim.py``) by name."""
    kept = classtable.cache_dir() / "classes" / classtable.key() / f"{file.replace('/', '.')}.json"
    stored: dict[str, Facts] | None = classtable.load(kept)
    if stored is None:
        stored = parse(file)
        classtable.keep(kept, stored)
    return stored


def parse(file: str) -> dict[str, Facts]:
    """Parse one file of an installed library."""
    import ast

    library, _, below = file.partition("/")
    root = classtable.home(library)
    if root is None:
        return {}
    try:
        tree = ast.parse((root / below).read_text(encoding="utf-8"))
    except (OSError, SyntaxError):  # gone since the table was made, or written for another Python
        return {}
    return {node.name: class_facts(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def class_facts(node: Any) -> Facts:
    import ast

    facts: Facts = {"bases": [ast.unparse(b).partition("[")[0].rpartition(".")[2] for b in node.bases], "fields": {}}
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            facts["init"] = signature(item)
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            named = ast.unparse(item.annotation)
            if item.target.id == "config":
                facts["config"] = named
            elif item.value is not None and not named.startswith("ClassVar"):
                facts["fields"][item.target.id] = [default(item.value), named]
        elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            name = item.targets[0].id
            if name == "_optional_components":
                held = default(item.value)
                facts["optional"] = held[1] if held and isinstance(held[1], list) else []
            elif name == "config_class":
                facts["config"] = ast.unparse(item.value)
    return facts


def signature(node: Any) -> dict[str, list[Any]]:
    """The named parameters of a function after the first: ``[default, annotation]`` each."""
    import ast

    arguments = [*node.args.posonlyargs, *node.args.args][1:]
    defaults = [None] * (len(arguments) - len(node.args.defaults)) + list(node.args.defaults)[-len(arguments) or None :]
    pairs = [*zip(arguments, defaults, strict=True), *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
    return {
        a.arg: [None if d is None else default(d), ast.unparse(a.annotation) if a.annotation else ""] for a, d in pairs
    }


def default(node: Any) -> list[Any]:
    """A default as ``[type, data]``; what is no literal is its own source text, of the type ``expression``."""
    import ast

    if (bound := infinite(ast.unparse(node))) is not None:
        return ["float", bound]
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return ["expression", ast.unparse(node)]
    if isinstance(value, set | bytes | complex) or value is ...:
        return ["expression", ast.unparse(node)]
    return [type(value).__name__, listed(value)]


def listed(value: Any) -> Any:
    """Tuples as lists, as they come back from the cached JSON: the first process must not see other data."""
    if isinstance(value, list | tuple):
        return [listed(v) for v in value]
    return {k: listed(v) for k, v in value.items()} if isinstance(value, dict) else value


def infinite(text: str) -> str | None:
    """``inf`` or ``-inf`` for the ways in which source code writes them."""
    sign = "-" if text.startswith("-") else ""
    return sign + "inf" if text.removeprefix("-") in ("float('inf')", "math.inf", "np.inf", "torch.inf") else None


def value(stored: list[Any]) -> Value | str:
    """A parameter's default as plain data; ``"required"`` when it has none."""
    return "required" if stored[0] is None else Value(stored[0][0], stored[0][1])
