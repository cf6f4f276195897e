"""One file's source -> plain facts: which dotted paths each function loads, stores and hands on.

A path is written with dots and starts at ``self`` or at a parameter: ``self.scheduler.config.k``. ``[k`` is an item
access by a constant, ``[]`` by anything else, ``*`` an attribute whose name is computed, ``$n`` the attribute whose
name is held in ``self.n``, and ``%copy`` a copy of a config (``dict(scheduler.config)``). Facts say nothing about
classes that live in other files: :mod:`inspector.reads.link` does that.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Any

from inspector.reads.names import CONFIGS, WHOLE, Names, Paths, is_config, item_step, reaches_config

_KINDS = {"property": "property", "cached_property": "property", "classmethod": "class", "staticmethod": "static"}


def facts_of(text: str) -> dict[str, Any]:
    """The facts of one file: ``{"classes": {name: {"bases", "functions"}}, "functions": {name: [function, …]}}``.

    Raises:
        SyntaxError: the text is not Python.
    """
    tree = ast.parse(text)
    classes = {}
    for node in _definitions(tree.body, ast.ClassDef):
        functions = _functions(node.body, method=True)
        classes[node.name] = {"bases": [ast.unparse(b) for b in node.bases], "functions": functions}
    return {"classes": classes, "functions": _functions(tree.body, method=False)}


def _definitions(body: list[ast.stmt], kind: Any) -> Iterator[Any]:
    """Definitions of a block, including those under ``if`` and ``try`` (optional dependencies)."""
    for node in body:
        if isinstance(node, kind):
            yield node
        elif isinstance(node, ast.If):
            yield from _definitions(node.body + node.orelse, kind)
        elif isinstance(node, ast.Try):
            yield from _definitions(node.body + node.orelse + [s for h in node.handlers for s in h.body], kind)


def _functions(body: list[ast.stmt], *, method: bool) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for node in _definitions(body, (ast.FunctionDef, ast.AsyncFunctionDef)):
        found.setdefault(node.name, []).append(_Function(node, method=method).facts())
    return found


class _Function:
    """Walks one function and notes what it reads and writes."""

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> None:
        names = [d.id if isinstance(d, ast.Name) else getattr(d, "attr", "") for d in node.decorator_list]
        self.node = node
        self.kind = next((_KINDS[n] for n in names if n in _KINDS), "method" if method else "function")
        arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        self.parameters = [a.arg for a in arguments]
        known: dict[str, Paths] = {}
        rest = self.parameters
        if self.kind in ("method", "property") and rest:
            known[rest[0]], rest = {("self", 1)}, rest[1:]
        # What __init__ is given is what self.<name> will be: one rule covers vae.config.k and beta_end alike.
        root = "self." if method and node.name == "__init__" else ""
        self.given = set(rest) if root else set()
        self.names = Names({**known, **{p: {(root + p, 1)} for p in rest}})
        self.loads: set[tuple[str, int, int, str]] = set()
        self.stores: set[tuple[str, int, str]] = set()
        self.supers: set[str] = set()
        self.calls: list[tuple[str, list[list[str]]]] = []
        self.made: list[tuple[str, str, list[list[str]]]] = []

    def facts(self) -> dict[str, Any]:
        for statement in self.node.body:
            self.visit(statement)
        return {
            "line": self.node.lineno,
            "kind": self.kind,
            "parameters": self.parameters,
            # Paths from an ordinary parameter matter only where they reach a config.
            "loads": [list(x) for x in sorted(self.loads) if x[0].startswith("self.") or reaches_config(x[0])],
            "stores": [list(x) for x in sorted(self.stores)],
            "supers": sorted(self.supers),
            "calls": [list(x) for x in self.calls],
            "made": [list(x) for x in self.made],
        }

    # -- the walk -------------------------------------------------------------------------------------------------

    def visit(self, node: ast.AST | None, *, bound: bool = False) -> None:
        """Note everything a node reads and writes. ``bound``: a config named here is only given a local name."""
        match node:
            case None:
                return
            case ast.Name():
                if isinstance(node.ctx, ast.Load):
                    self.load(node, node.lineno, bound)
            case ast.Attribute():
                if isinstance(node.value, ast.Call) and _is_super(node.value):
                    self.supers.add(node.attr)
                elif isinstance(node.value, ast.Name) and node.value.id[:1].isupper():
                    self.supers.add(f"{node.value.id}.{node.attr}")  # Base.method(self), told apart when linking
                self.chain(node, node.end_lineno or node.lineno, bound)
            case ast.Subscript():
                self.chain(node, node.lineno, bound)
            case ast.Call():
                self.visit_call(node)
            case ast.Assign():
                self.assign(node.targets, node.value)
            case ast.AnnAssign() | ast.NamedExpr():
                if node.value is not None:  # self.k: int says what k will be, it sets nothing
                    self.assign([node.target], node.value)
            case ast.AugAssign():
                self.load(node.target, node.target.end_lineno or node.lineno, False)
                self.visit(node.value)
                self.store(node.target)
            case ast.For() | ast.AsyncFor():
                self.store(node.target)
                self.each(node)
            case ast.withitem() if node.optional_vars is not None:
                self.store(node.optional_vars)
                self.visit(node.context_expr)
            case ast.Compare() if isinstance(node.left, ast.Constant) and isinstance(node.ops[0], ast.In | ast.NotIn):
                for path, _ in self.names.resolve(node.comparators[0]):
                    if is_config(path):  # "k" in config
                        self.loads.add((f"{path}.{item_step(node.left)}", path.count(".") + 1, node.lineno, ""))
                        return
                self.each(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self.visit_nested(node)
            case ast.ClassDef():
                return
            case _:
                self.each(node)

    def each(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def visit_nested(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """A function inside this one reads for this one; its parameters hide the names around it."""
        outer, given = self.names, self.given
        own = {a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs}
        self.names = outer.without(own)
        self.given = given - own
        self.each(node)
        self.names, self.given = outer, given

    def chain(self, node: ast.AST, line: int, bound: bool) -> None:
        stored = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        if stored or self.load(node, line, bound):
            self.inside(node)
        else:
            self.each(node)

    def load(self, node: ast.AST, line: int, bound: bool) -> bool:
        paths = self.names.resolve(node)
        for path, read in paths:
            if isinstance(node, ast.Name):
                # A local name was read where it was bound; what counts here is a parameter of __init__ that is
                # used, or a whole config that is handed on.
                if node.id in self.given:
                    self.loads.add((path, 1, line, "given"))
                elif is_config(path) and not bound:
                    self.loads.add((path, path.count(".") + 1, line, ""))
                continue
            self.loads.add((path, read, line, "bound" if bound else ""))
        return bool(paths)

    def inside(self, node: ast.AST) -> None:
        """Visit what stands beside a chain that was noted as a whole: indices, arguments."""
        match node:
            case ast.Attribute():
                self.inside(node.value)
            case ast.Subscript():
                self.visit(node.slice)
                self.inside(node.value)
            case ast.Name():
                return
            case _:
                self.visit(node)

    def visit_call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in ("getattr", "hasattr") and len(node.args) > 1 and self.names.resolve(node):
            self.load(node, node.lineno, False)
            self.inside(node.args[0])
            for argument in node.args[2:]:
                self.visit(argument)
            return
        if owner is not None and name in ("get", *WHOLE) and any(is_config(p) for p, _ in self.names.resolve(owner)):
            line = node.func.end_lineno or node.lineno
            if name != "get" or not self.load(node, line, False):
                self.load(owner, line, False)
            self.inside(owner)
        else:
            self.visit(node.func)
            if owner is not None and name in ("register_to_config", "register_modules"):
                self.register(owner, name, node)
            elif name == "setattr" and len(node.args) == 3:
                for path, _ in self.names.resolve(node.args[0]):
                    self.stores.add((f"{path}.{self.names.attribute(node.args[1])}", node.lineno, "attr"))
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            self.visit(argument)
        self.hand_on(node)

    def register(self, owner: ast.expr, name: str, node: ast.Call) -> None:
        how = "register" if name == "register_to_config" else "modules"
        for path, _ in self.names.resolve(owner):
            for keyword in node.keywords:
                if keyword.arg:
                    self.stores.add((f"{path}.{keyword.arg}", keyword.value.lineno, how))

    def hand_on(self, node: ast.Call) -> None:
        """Note calls that pass a component (or self) on to another function."""
        if not isinstance(node.func, ast.Name | ast.Attribute):
            return
        given = self.handed(node)
        callees = [p for p, _ in self.names.resolve(node.func)]
        if isinstance(node.func, ast.Name) and not callees and not hasattr(builtins, node.func.id):
            callees = [node.func.id]
        if given:
            self.calls += [(callee, given) for callee in callees]

    def handed(self, node: ast.Call) -> list[list[str]]:
        arguments = [(str(i), a) for i, a in enumerate(node.args)]
        arguments += [(k.arg, k.value) for k in node.keywords if k.arg]
        return [[name, p] for name, a in arguments for p, _ in sorted(self.names.resolve(a)) if not reaches_config(p)]

    def assign(self, targets: list[ast.expr], value: ast.expr | None) -> None:
        self.visit(value, bound=True)
        for target in targets:
            self.store(target, value)

    def store(self, target: ast.expr, value: ast.expr | None = None) -> None:
        match target:
            case ast.Name():
                self.names.bind(target.id, self.names.resolve(value) if value is not None else set())
            case ast.Tuple() | ast.List():
                values: list[Any] = [None] * len(target.elts)
                if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(values):
                    values = list(value.elts)
                for part, item in zip(target.elts, values, strict=True):
                    self.store(part, item)
            case ast.Starred():
                self.store(target.value)
            case ast.Attribute():
                self.chain(target.value, target.lineno, True)
                own = isinstance(target.value, ast.Name) and target.value.id == "self"
                if own and isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.keywords:
                    self.made.append((target.attr, value.func.id, self.handed(value)))
                for path in self.owners(target.value):
                    self.stores.add((f"{path}.{target.attr}", target.end_lineno or target.lineno, "attr"))
            case ast.Subscript():
                self.visit(target.slice)
                self.chain(target.value, target.lineno, True)
                for path, _ in self.names.resolve(target.value):
                    if is_config(path):
                        self.stores.add((f"{path}.{item_step(target.slice)}", target.lineno, "item"))

    def owners(self, node: ast.expr) -> list[str]:
        """The paths of the object an attribute is set on; of an unknown object's config, ``?.config``."""
        paths = [p for p, _ in self.names.resolve(node)]
        return paths or (["?.config"] if isinstance(node, ast.Attribute) and node.attr in CONFIGS else [])


def _is_super(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "super"
