"""What a local name, or a chain of attributes, stands for: the dotted paths of :mod:`inspector.reads.visit`."""

from __future__ import annotations

import ast

CONFIGS = ("config", "_internal_dict")
WHOLE = ("items", "keys", "values", "copy")  # methods of a config that read all of it
_WRAPPERS = ("_orig_mod", "module")  # torch.compile and DataParallel: the wrapped module is the component itself
_LONGEST, _MOST = 5, 16  # elements of a path, and paths, that a local name is followed for

Paths = set[tuple[str, int]]
"""Paths, each with the number of its elements that were read elsewhere: where the name was bound."""


class Names:
    """The local names of one function. A name stands for every path it was assigned, whatever branch that was in."""

    def __init__(self, known: dict[str, Paths]) -> None:
        self.known = known

    def without(self, hidden: set[str]) -> Names:
        """The names as a nested function sees them, whose parameters hide some."""
        return Names({k: v for k, v in self.known.items() if k not in hidden})

    def bind(self, name: str, paths: Paths) -> None:
        """Note an assignment."""
        # What stands for a component or its config is short and has few spellings; x = x.a; x = x.b is neither, and
        # would double the paths of x each time.
        new = {(p, p.count(".") + 1) for p, _ in paths if p.count(".") < _LONGEST}
        if new:
            # Branches add up; but a copy of a config starts anew (new_config, used for one after another).
            copies = any(p.endswith(".%copy") for p, _ in new)
            before = set() if copies else self.known.get(name, set())
            self.known[name] = set(sorted(before | new, key=_short_first)[:_MOST])

    def resolve(self, node: ast.AST) -> Paths:
        """The paths an expression stands for, each with the number of its elements that were read elsewhere."""
        match node:
            case ast.Name():
                return self.known.get(node.id, set())
            case ast.Attribute():
                return {_step(p, node.attr) for p in self.resolve(node.value)}
            case ast.Subscript():
                step = item_step(node.slice, computed="[]")
                return {_step(p, step) for p in self.resolve(node.value)}
            case ast.IfExp():
                return self.resolve(node.body) | self.resolve(node.orelse)
            case ast.BoolOp():
                # ``x and x.config`` is of interest for its last part only.
                parts = node.values[-1:] if isinstance(node.op, ast.And) else node.values
                return set().union(*map(self.resolve, parts))
            case ast.NamedExpr():
                return self.resolve(node.value)
            case ast.Call():
                return self.resolve_call(node)
        return set()

    def resolve_call(self, node: ast.Call) -> Paths:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if isinstance(node.func, ast.Attribute) and name in ("get", *WHOLE):
            configs = {p for p in self.resolve(node.func.value) if is_config(p[0])}
            if name == "copy":
                return {_step(p, "%copy") for p in configs}
            if name == "get" and node.args:
                return {_step(p, item_step(node.args[0])) for p in configs}
            return set()
        if name in ("getattr", "hasattr") and len(node.args) > 1:
            return {_step(p, self.attribute(node.args[1])) for p in self.resolve(node.args[0])}
        if name in ("dict", "deepcopy") and len(node.args) == 1:
            return {_step(p, "%copy") for p in self.resolve(node.args[0]) if is_config(p[0])}
        if "unwrap" in name and node.args:
            return self.resolve(node.args[0])
        return set()

    def attribute(self, node: ast.expr) -> str:
        """The path element for the second argument of getattr."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            return node.value
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return f"${node.attr}"
        return "*"


def _short_first(path: tuple[str, int]) -> tuple[int, str]:
    return path[0].count("."), path[0]


def _step(path: tuple[str, int], element: str) -> tuple[str, int]:
    base, read = path
    if element in _WRAPPERS and base != "self":
        return path
    return f"{base}.{element}", read


def item_step(node: ast.expr, computed: str = "*") -> str:
    """The path element for an item access."""
    key = node.value if isinstance(node, ast.Constant) else None
    return f"[{key}" if isinstance(key, str) and key.strip("[") and "." not in key else computed


def is_config(path: str) -> bool:
    return path.removesuffix(".%copy").rpartition(".")[2] in CONFIGS


def reaches_config(path: str) -> bool:
    return any(f".{c}" in path for c in CONFIGS)
