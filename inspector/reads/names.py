"""What a local name, or a chain of attributes, stands for: the dotted paths of :mod:`inspector.reads.visit`."""

from __future__ import annotations

import ast

CONFIGS = ("config", "_internal_dict")
WHOLE = ("items", "keys", "values", "copy")  # methods of a config that read all of it
_WRAPPERS = ("_orig_mod", "module")  # torch.compile and DataParallel: the wrapped module is the component itself

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
        if paths:
            # Branches add up; but a copy of a config starts anew (new_config, used for one after another).
            copies = any(p.endswith(".%copy") for p, _ in paths)
            before = set() if copies else self.known.get(name, set())
            self.known[name] = before | {(p, p.count(".") + 1) for p, _ in paths}

    def resolve(self, node: ast.AST) -> Paths:
        """The paths an expression stands for, each with the number of its elements that were read elsewhere."""
        match node:
            case ast.Name():
                return self.known.get(node.id, set())
            case ast.Attribute():
                return {_step(p, node.attr) for p in self.resolve(node.value)}
            case ast.Subscript():
                key = node.slice.value if isinstance(node.slice, ast.Constant) else None
                step = f"[{key}" if isinstance(key, str) and "." not in key else "[]"
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
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." not in node.value:
            return node.value
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return f"${node.attr}"
        return "*"


def _step(path: tuple[str, int], element: str) -> tuple[str, int]:
    base, read = path
    if element in _WRAPPERS and base != "self":
        return path
    return f"{base}.{element}", read


def item_step(node: ast.expr) -> str:
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str) and "." not in node.value
    return f"[{node.value}" if constant else "*"  # type: ignore[attr-defined]


def is_config(path: str) -> bool:
    return path.removesuffix(".%copy").rpartition(".")[2] in CONFIGS


def reaches_config(path: str) -> bool:
    return any(f".{c}" in path for c in CONFIGS)
