"""What a pipeline computed from a component when it was made, and would compute otherwise from the one it holds now."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.state import live

_PURE = frozenset({"bool", "float", "getattr", "hasattr", "int", "isinstance", "len", "max", "min", "round", "sum"})
_SCALARS = (bool, int, float, str, tuple, type(None))


@dataclass(frozen=True, slots=True)
class Stale:
    name: str
    value: Any
    would_be: Any
    file: str
    line: int


def stale(pipe: Any, component: str) -> Iterator[Stale]:
    """The attributes that ``__init__`` computed from ``self.component`` and that its own line would now make another.

    Only lines that compute with numbers are run again: what calls anything but ``len`` and its like is left alone.
    """
    for cls in type(pipe).__mro__:
        init = inspect.unwrap(vars(cls)["__init__"]) if "__init__" in vars(cls) else None
        if not inspect.isfunction(init):
            continue
        try:
            lines, start = inspect.getsourcelines(init)
            tree = ast.parse(textwrap.dedent("".join(lines)))
        except (OSError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                name = own(node.targets[0])
                if name and name in live(pipe) and pure(node.value) and mentions(node.value, component):
                    now = evaluated(node.value, init, pipe)
                    held = live(pipe)[name]
                    if now is not None and isinstance(held, _SCALARS) and not same(plain(now[0]), plain(held)):
                        file = Path(init.__code__.co_filename).name
                        yield Stale(name, plain(held), plain(now[0]), file, start + node.lineno - 1)


def own(node: ast.AST) -> str | None:
    """``self.name``."""
    mine = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if mine and isinstance(node, ast.Attribute) else None


def mentions(node: ast.AST, component: str) -> bool:
    return any(own(inner) == component for inner in ast.walk(node))


def pure(node: ast.AST) -> bool:
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return names <= _PURE | {"self"} and all(isinstance(c.func, ast.Name) and c.func.id in _PURE for c in calls)


def evaluated(node: ast.expr, init: Any, pipe: Any) -> tuple[Any] | None:
    """The value of the library's own expression for the pipeline as it is now; None where it does not go through."""
    code = compile(ast.fix_missing_locations(ast.Expression(node)), init.__code__.co_filename, "eval")
    try:
        found = eval(code, init.__globals__, {"self": pipe})  # noqa: S307 (a line of the library that made the object)
    except Exception:  # noqa: BLE001 (a component of another kind may lack what the line asks for: then nothing is said)
        return None
    return (found,) if isinstance(found, _SCALARS) else None
