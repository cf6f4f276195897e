"""The lines that ``whatif`` takes: a closed grammar over Python's own ``ast``; nothing is ever evaluated.

``PATH = VALUE`` · ``NAME = VALUE`` · ``VALUE``, where a path is dotted names and literal subscripts from a known name,
and a value is a path, a literal, ``CLASS.from_config(PATH, k=v…)`` or ``copy.deepcopy(PATH)``.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from inspector.model import EXIT_USAGE, InspectError

CONFIGS = ("config", "_internal_dict")


class RefusedError(InspectError):
    """A line that the grammar does not have; ``lines`` are the line and the pointer under it."""

    def __init__(self, message: str, *, hint: str, exit_code: int, lines: tuple[str, str]) -> None:
        super().__init__(message, hint=hint, exit_code=exit_code)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Path:
    """``pipe.scheduler.config["k"]``: a known name and steps from it, each an attribute or (``item``) a subscript."""

    root: str
    steps: tuple[tuple[bool, Any], ...] = ()
    text: str = ""

    @property
    def owner(self) -> tuple[tuple[bool, Any], ...]:
        """The steps to the object whose setting this is: those before ``config``, else all but the last."""
        names = [None if item else name for item, name in self.steps]
        for i, name in enumerate(names):
            if name in CONFIGS:
                return self.steps[:i]
        return self.steps[:-1]

    @property
    def in_config(self) -> bool:
        return any(not item and name in CONFIGS for item, name in self.steps)

    @property
    def key(self) -> str:
        """The name of the setting that is set."""
        return str(self.steps[-1][1]) if self.steps else ""


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any


@dataclass(frozen=True, slots=True)
class FromConfig:
    cls: str
    config: Path
    keywords: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeepCopy:
    of: Path


Expression = Path | Constant | FromConfig | DeepCopy


@dataclass(frozen=True, slots=True)
class Line:
    """One statement. ``target`` is None where the value is computed and dropped."""

    text: str
    target: Path | None
    value: Expression


def parse(texts: Collection[str], names: Collection[str]) -> list[Line]:
    """The statements of all lines, in order.

    Args:
        texts: what the user typed; one text may hold several statements.
        names: the names that are known before the first line (``pipe``, ``scheduler``).

    Raises:
        InspectError: something that the grammar does not have (exit 2), with a pointer at its column.
    """
    known = list(names)
    found = []
    for text in texts:
        try:
            tree = ast.parse(text.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            column = (getattr(error, "offset", 1) or 1) - 1
            line = (getattr(error, "text", None) or text.strip()).rstrip("\n")
            raise refused(f"no line of Python: {getattr(error, 'msg', error)}", line, column) from error
        if not tree.body:
            raise refused("an empty line", text, 0)
        for node in tree.body:
            line = Reader(text.strip(), known).statement(node)
            if line.target is not None and not line.target.steps and line.target.root not in known:
                known.append(line.target.root)
            found.append(line)
    return found


def refused(why: str, text: str, column: int, hint: str = "") -> RefusedError:
    """The error with the line and a caret under the place."""
    takes = "a line is PATH = VALUE; a value is a path, a literal, CLASS.from_config(PATH, k=v…) or copy.deepcopy(PATH)"
    return RefusedError(why, hint=hint or takes, exit_code=EXIT_USAGE, lines=(text, " " * column + "^"))


class Reader:
    """One text read by the grammar; ``known`` are the names that exist when it runs."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self.text, self.known = text, known

    def error(self, why: str, node: ast.AST, hint: str = "") -> InspectError:
        number = getattr(node, "lineno", 1) - 1
        line = self.text.splitlines()[number]
        column = len(line.encode()[: getattr(node, "col_offset", 0)].decode("utf-8", "replace"))
        return refused(why, line, column, hint)

    def statement(self, node: ast.stmt) -> Line:
        text = ast.get_source_segment(self.text, node) or self.text
        if isinstance(node, ast.Assign):
            if len(node.targets) != 1:
                raise self.error("one target at a time", node.targets[1])
            return Line(text, self.target(node.targets[0]), self.value(node.value))
        if isinstance(node, ast.Expr):
            return Line(text, None, self.value(node.value))
        imports = isinstance(node, ast.Import | ast.ImportFrom)
        hint = "copy.deepcopy and the classes of diffusers need no import here" if imports else ""
        raise self.error(f"not a line that whatif can try ({type(node).__name__})", node, hint)

    def target(self, node: ast.expr) -> Path:
        if isinstance(node, ast.Name):
            if node.id.startswith("__"):
                raise self.error(f"{node.id} is Python's own", node)
            return Path(node.id, (), node.id)
        return self.path(node)

    def path(self, node: ast.expr) -> Path:
        steps: list[tuple[bool, Any]] = []
        inner = node
        while not isinstance(inner, ast.Name):
            if isinstance(inner, ast.Attribute):
                if inner.attr.startswith("__"):
                    raise self.error(f"{inner.attr} is Python's own", node)
                steps.append((False, inner.attr))
                inner = inner.value
            elif isinstance(inner, ast.Subscript):
                steps.append((True, self.literal(inner.slice, "a subscript that is no literal")))
                inner = inner.value
            else:
                raise self.error(f"no dotted path ({type(inner).__name__})", inner)
        if inner.id not in self.known:
            near = difflib.get_close_matches(inner.id, list(self.known), n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(self.known)}"
            raise self.error(f"there is no {inner.id}", inner, hint)
        return Path(inner.id, tuple(reversed(steps)), ast.unparse(node))

    def value(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self.path(node)
        return Constant(self.literal(node, f"not a value that whatif can take ({type(node).__name__})"))

    def literal(self, node: ast.expr, why: str) -> Any:
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, MemoryError, RecursionError):  # how literal_eval says: no literal
            raise self.error(why, odd(node)) from None

    def call(self, node: ast.Call) -> FromConfig | DeepCopy:
        called = node.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            name, method = called.value.id, called.attr
            if (name, method) == ("copy", "deepcopy") and len(node.args) == 1 and not node.keywords:
                return DeepCopy(self.path(node.args[0]))
            if method == "from_config" and name not in self.known:
                return self.from_config(node, name)
        hint = ""
        if isinstance(called, ast.Attribute) and called.attr == "from_config":
            hint = "write the class: EulerDiscreteScheduler.from_config(pipe.scheduler.config)"
        raise self.error("only CLASS.from_config(…) and copy.deepcopy(…) may be called", node, hint)

    def from_config(self, node: ast.Call, name: str) -> FromConfig:
        if len(node.args) > 1:
            raise self.error("from_config takes one config; the rest by keyword", node.args[1])
        given: dict[str, Any] = {}
        config: Path | None = self.path(node.args[0]) if node.args else None
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.error("** hides which settings are meant", keyword.value)
            if keyword.arg == "config" and config is None:
                config = self.path(keyword.value)
            else:
                given[keyword.arg] = self.literal(keyword.value, f"{keyword.arg} is given no literal")
        if config is None:
            raise self.error(f"{name}.from_config needs the config to start from", node)
        return FromConfig(name, config, given)


def odd(node: ast.expr) -> ast.expr:
    """The first part of an expression that is no literal: where the pointer belongs."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.expr) and isinstance(
            inner, ast.Call | ast.Name | ast.Attribute | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.JoinedStr
        ):
            return inner
    return node
