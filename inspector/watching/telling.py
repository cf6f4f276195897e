"""The change to the syntax tree of a function that makes it tell which of its arguments it loads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CodeType
from typing import Any

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Telling(ast.NodeTransformer):
    """``name`` becomes ``MARK.of("name", name)``, ``locals()`` becomes ``MARK.all(locals())``.

    Args:
        names: the arguments.
        mark: the constant that stands for who is told.
        check: the method whose arguments are only checked, which is no use of them.
        by_name: the functions that give all local names at once.
    """

    def __init__(self, names: frozenset[str], mark: bytes, check: str, by_name: tuple[str, ...]) -> None:
        self.names, self.mark, self.check, self.by_name = names, mark, check, by_name

    def change(self, function: Any) -> None:
        """Only the body: defaults, annotations and decorators belong to who defines it."""
        self.generic_visit(body := ast.Module(function.body, []))
        function.body = body.body

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load) or node.id not in self.names:
            return node
        return self.told(node, "of", [ast.Constant(node.id), node])

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name) or node.target.id not in self.names:
            return node
        load = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        return [ast.copy_location(ast.Expr(self.visit_Name(load)), node), node]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute) and node.func.attr == self.check:
            return node
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self.by_name and not node.args:
            return self.told(node, "all", [node])
        return node

    def told(self, node: ast.expr, method: str, arguments: list[ast.expr]) -> ast.expr:
        mark = ast.Attribute(ast.Constant(self.mark), method, ast.Load())
        new = ast.copy_location(ast.Call(mark, arguments, []), node)
        for inner in (new.func, mark.value, *arguments):
            if inner is not node:
                ast.copy_location(inner, node)
        return new

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """A name that a scope inside binds anew is not the argument there."""
        if not isinstance(node, _SCOPES):
            return super().generic_visit(node)
        before, self.names = self.names, self.names - set(bound(node))
        try:
            return super().generic_visit(node)
        finally:
            self.names = before


def bound(scope: ast.AST) -> Iterator[str]:
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        given = scope.args
        for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if argument is not None:
                yield argument.arg
    body = scope.generators if hasattr(scope, "generators") else getattr(scope, "body", [])
    for part in body if isinstance(body, list) else [body]:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def path_to(tree: ast.Module, code: CodeType) -> list[Any] | None:
    """The definitions from the module down to the function that was compiled to this code."""
    todo: list[tuple[Any, list[Any]]] = [(node, []) for node in tree.body]
    while todo:
        node, above = todo.pop()
        defines = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        path = [*above, node] if defines else above
        if defines and node.name == code.co_name and first_line(node) == code.co_firstlineno:
            return path
        todo += [(child, path) for child in ast.iter_child_nodes(node)]
    return None


def first_line(node: Any) -> int:
    lines: list[int] = [node.lineno, *(d.lineno for d in node.decorator_list)]
    return min(lines)
