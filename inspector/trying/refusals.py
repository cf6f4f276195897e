"""What is said about a line that the grammar does not have: why, where, and what to write or do instead."""

from __future__ import annotations

import ast
import unicodedata

from inspector.model import EXIT_USAGE, InspectError

TAKES = "a line is PATH = VALUE; a value is a path, a literal, CLASS.from_config(PATH, k=v…) or copy.deepcopy(PATH)"
_WIDEST = 66
"""The longest piece of a line that is shown; a terminal has 80 columns and the line is indented."""


class RefusedError(InspectError):
    """A line that cannot be tried (exit 2); ``lines`` are the line and the pointer under it."""

    def __init__(self, message: str, *, hint: str, lines: tuple[str, str]) -> None:
        super().__init__(message, hint=hint, exit_code=EXIT_USAGE)
        self.lines = lines


def refused(why: str, text: str, column: int, hint: str = "") -> RefusedError:
    """The error with the line and a caret under the place."""
    return RefusedError(why, hint=hint or TAKES, lines=pointed(text, column))


def pointed(text: str, column: int) -> tuple[str, str]:
    """The line, cut to what fits around the column, and the caret; both as wide as a terminal shows them."""
    line = "".join(c if c.isprintable() else " " for c in text.partition("\n")[0])
    start = max(0, min(column - _WIDEST // 2, len(line) - _WIDEST)) if len(line) > _WIDEST else 0
    shown = line[start : start + _WIDEST]
    before = shown[: column - start]
    if start:
        shown, before = f"…{shown}", f"…{before}"
    if start + _WIDEST < len(line):
        shown += "…"
    return shown, " " * sum(cells(c) for c in before) + "^"


def cells(character: str) -> int:
    """How many columns a terminal gives a character."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_NAMES: dict[type[ast.AST], str] = {
    ast.NamedExpr: "a name given inside an expression (:=)",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Starred: "a starred value",
    ast.BinOp: "a calculation",
    ast.UnaryOp: "a calculation",
    ast.BoolOp: "a condition",
    ast.Compare: "a comparison",
    ast.IfExp: "a condition",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Tuple: "several targets",
    ast.List: "several targets",
    ast.Call: "a call",
    ast.Constant: "a literal",
    ast.Name: "a name",
    ast.Attribute: "a path inside it",
    ast.Subscript: "a path inside it",
    ast.Slice: "a slice",
}


def named(node: ast.AST) -> str:
    """What a piece of code is called."""
    return _NAMES.get(type(node), type(node).__name__)


def statement(node: ast.stmt) -> tuple[str, ast.AST, str]:
    """Why a statement is refused: the reason, the place, the hint."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "not needed here", node, "copy.deepcopy and the classes of diffusers are known without an import"
    if isinstance(node, ast.AugAssign):
        return "a calculation cannot be tried", node, f"write the value: {ast.unparse(node.target)} = 0.5"
    if isinstance(node, ast.AnnAssign):
        return "a type has no effect", node.annotation, f"write {ast.unparse(node.target)} = …"
    if isinstance(node, ast.Delete):
        return "del cannot be tried", node, "whatif sets values; inspect-pipe watch follows a whole script"
    return f"{type(node).__name__.lower()} cannot be tried", node, "inspect-pipe watch follows a whole script"


def call(node: ast.Call) -> tuple[str, ast.AST, str]:
    """Why a call is refused, with the line that says the same where there is one."""
    called = node.func
    only = "only CLASS.from_config(…) and copy.deepcopy(…) may be called"
    if isinstance(called, ast.Name):
        hint = "write copy.deepcopy(PATH)" if called.id == "deepcopy" else ""
        if called.id.endswith(("Scheduler", "Model", "Pipeline")):
            hint = f"write {called.id}.from_config(pipe.scheduler.config, k=v)"
        if called.id == "setattr":
            hint = "write pipe.scheduler.config.k = v"
        return only, node, hint
    if not isinstance(called, ast.Attribute):
        return only, node, ""
    owner, method = ast.unparse(called.value), called.attr
    keywords = ", ".join(f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords if k.arg)
    first = ast.unparse(node.args[0]) if node.args else "…"
    hints = {
        "from_config": "write the class itself: EulerDiscreteScheduler.from_config(pipe.scheduler.config, k=v)",
        "from_pretrained": f"write {owner}.from_config(pipe.scheduler.config, k=v)",
        "update": f"{owner}.update raises in diffusers; write {owner.removesuffix('.config')}"
        f".register_to_config({keywords or 'k=v'})",
        "setdefault": f"{owner}.setdefault raises in diffusers; write {owner.removesuffix('.config')}"
        f".register_to_config({keywords or 'k=v'})",
        "pop": f"{owner}.pop raises in diffusers; settings are set here, not taken away",
        "set_shift": f"write {owner} = CLASS.from_config({owner}.config, shift={first})",
        "set_timesteps": "it is called for you: a scheduler is judged by the timesteps and steps it makes",
        "register_to_config": f"write {owner}.register_to_config({keywords or 'k=v'}) as a line of its own",
        "register_modules": f"write {owner}.register_modules({keywords or 'k=PATH'}) as a line of its own",
        "deepcopy": "write copy.deepcopy(PATH), with one path",
        "copy": "write copy.deepcopy(PATH)",
        "__setattr__": f"write {owner}.k = v",
        "__setitem__": f"write {owner}['k'] = v",
    }
    other = "whatif sets values; inspect-pipe watch follows a script that calls this"
    return only, node, hints.get(method, other if owner.partition(".")[0] in ("pipe", "scheduler") else "")


def odd(node: ast.expr) -> ast.expr:
    """The first part of an expression that is no literal: where the pointer belongs."""
    plain = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set)
    for inner in ast.walk(node):
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.operand, ast.Constant):
            continue  # a negative number
        if isinstance(inner, ast.expr) and not isinstance(inner, plain):
            return inner
    return node
