"""The lines that ``whatif`` takes: a closed grammar over Python's own ``ast``; nothing is ever evaluated.

``PATH = VALUE`` · ``NAME = VALUE`` · ``VALUE``, where a path is dotted names and literal subscripts from a known name,
and a value is a path, a literal, ``CLASS.from_config(PATH, k=v…)`` or ``copy.deepcopy(PATH)``. Two calls more are lines
of their own, since they are what the library has for it and what ``instead`` may say:
``PATH.register_to_config(k=v…)`` and ``PATH.register_modules(k=PATH…)``.
"""

from __future__ import annotations

import ast
import difflib
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.trying import refusals
from inspector.trying.refusals import RefusedError, refused

CONFIGS = ("config", "_internal_dict")
LONGEST = 10_000
REGISTERS = ("register_to_config", "register_modules")


@dataclass(frozen=True, slots=True)
class Path:
    """``pipe.scheduler.config["k"]``: a known name and steps from it, each an attribute or (``item``) a subscript.

    ``columns`` say where in ``text`` each step's name stands.
    """

    root: str
    steps: tuple[tuple[bool, Any], ...] = ()
    text: str = ""
    columns: tuple[int, ...] = field(default=(), compare=False)

    @property
    def in_config(self) -> bool:
        return self.depth < len(self.steps)

    @property
    def depth(self) -> int:
        """How many steps lead to the config; all of them where there is none on the way."""
        names = [None if item else name for item, name in self.steps]
        return next((i for i, name in enumerate(names) if name in CONFIGS), len(names))

    @property
    def key(self) -> str:
        """The name of the setting that is set: what follows the config, else the last step."""
        inside = self.steps[self.depth + 1 :][:1] or self.steps[-1:]
        return str(inside[0][1]) if inside else ""


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any


Argument = Path | Constant


@dataclass(frozen=True, slots=True)
class FromConfig:
    cls: str
    config: Path
    keywords: dict[str, Argument]


@dataclass(frozen=True, slots=True)
class DeepCopy:
    of: Path


@dataclass(frozen=True, slots=True)
class Register:
    """``PATH.register_to_config(k=v…)`` or ``PATH.register_modules(k=PATH…)``."""

    of: Path
    method: str
    keywords: dict[str, Argument]


Expression = Path | Constant | FromConfig | DeepCopy | Register


@dataclass(frozen=True, slots=True)
class Line:
    """One statement. ``target`` is None where the value is computed and dropped; ``source`` is the text as typed."""

    text: str
    target: Path | None
    value: Expression
    source: str = ""

    @property
    def about(self) -> Path | None:
        """The path to what is set, or registered to."""
        return self.value.of if isinstance(self.value, Register) else self.target


def parse(
    texts: Collection[str], names: Collection[str], aliases: Mapping[str, tuple[str, str]] | None = None
) -> list[Line]:
    """The statements of all lines, in order.

    Args:
        texts: what the user typed; one text may hold several statements.
        names: the names that are known before the first line (``pipe``, ``scheduler``).
        aliases: name -> (attribute, name): what ``pipe.scheduler`` is where the source is a scheduler alone.

    Raises:
        RefusedError: something that the grammar does not have (exit 2), with a pointer at its column.
    """
    known = list(names)
    found = []
    for given in texts:
        text = textwrap.dedent(given).strip()
        if len(text) > LONGEST:
            raise refused(f"a line of {len(text):,} characters", text, 0, f"at most {LONGEST:,} are read")
        try:
            tree = ast.parse(text)
            if not tree.body:
                raise refused("a comment is no line to try" if text else "an empty line", text, 0)
            for node in tree.body:
                line = Reader(text, known, aliases or {}).statement(node)
                if line.target is not None and not line.target.steps and line.target.root not in known:
                    known.append(line.target.root)
                found.append(line)
        except SyntaxError as error:
            shown = (error.text or text.partition("\n")[0]).rstrip("\n")
            raise refused(f"not Python: {error.msg.partition(';')[0]}", shown, (error.offset or 1) - 1) from None
        except ValueError as error:  # a character that no source code may hold
            raise refused(f"not Python: {error}", text, 0) from None
        except (RecursionError, MemoryError):
            raise refused("nested too deep", text, 0) from None
    return found


class Reader:
    """One text read by the grammar; ``known`` are the names that exist when it runs."""

    def __init__(self, text: str, known: Collection[str], aliases: Mapping[str, tuple[str, str]]) -> None:
        self.text, self.known, self.aliases = text, known, aliases

    def error(self, why: str, node: ast.AST, hint: str = "") -> RefusedError:
        number = getattr(node, "lineno", 1) - 1
        line = self.text.splitlines()[number]
        column = len(line.encode()[: getattr(node, "col_offset", 0)].decode("utf-8", "replace"))
        return refused(why, line, column, hint)

    def statement(self, node: ast.stmt) -> Line:
        text = ast.get_source_segment(self.text, node) or self.text
        if isinstance(node, ast.Assign):
            if len(node.targets) != 1:
                raise self.error("one target at a time", node.targets[1], "write one line for each target")
            return Line(text, self.target(node.targets[0]), self.value(node.value), self.text)
        if isinstance(node, ast.Expr):
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in REGISTERS:
                return Line(text, None, self.register(call, call.func), self.text)
            return Line(text, None, self.value(call), self.text)
        raise self.error(*refusals.statement(node))

    def target(self, node: ast.expr) -> Path:
        if isinstance(node, ast.Name):
            if node.id.startswith("__"):
                raise self.error(f"{node.id} is Python's own", node)
            return Path(node.id, (), node.id)
        return self.path(node)

    def path(self, node: ast.expr) -> Path:
        steps: list[tuple[bool, Any]] = []
        columns = []
        inner = node
        while not isinstance(inner, ast.Name):
            if isinstance(inner, ast.Attribute):
                if inner.attr.startswith("__"):
                    raise self.error(f"{inner.attr} is Python's own, and no setting", inner.value)
                steps.append((False, inner.attr))
                columns.append((inner.end_col_offset or 0) - len(inner.attr.encode()))
                inner = inner.value
            elif isinstance(inner, ast.Subscript):
                steps.append((True, self.subscript(inner.slice)))
                columns.append(inner.slice.col_offset)
                inner = inner.value
            elif isinstance(inner, ast.Call):
                raise self.error(*refusals.call(inner))
            else:
                raise self.error(f"a path is names with dots, not {refusals.named(inner)}", inner)
        if inner.id in self.aliases and steps and steps[-1] == (False, self.aliases[inner.id][0]):
            root = self.aliases[inner.id][1]
            steps, columns = steps[:-1], columns[:-1]
        else:
            root = inner.id
        if root not in self.known:
            raise self.error(f"there is no {inner.id} here", inner, self.unknown(inner.id))
        text = ast.get_source_segment(self.text, node) or inner.id
        return Path(root, tuple(reversed(steps)), text, tuple(c - node.col_offset for c in reversed(columns)))

    def unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, [*self.known, *self.aliases], n=1, cutoff=0.5)
        starts = [*self.known, *(f"{n}.{attribute}" for n, (attribute, _) in self.aliases.items())]
        return f"did you mean {near[0]}?" if near and near[0] != name else f"a path starts with {' or '.join(starts)}"

    def subscript(self, node: ast.expr) -> Any:
        found = self.literal(node, "a subscript is a literal")
        if not isinstance(found, str | int):
            raise self.error("a subscript is a name in quotes or a whole number", node)
        return found

    def value(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Call):
            return self.call(node)
        return self.argument(node, "a value is a literal or a path")

    def argument(self, node: ast.expr, why: str) -> Argument:
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self.path(node)
        return Constant(self.literal(node, why))

    def literal(self, node: ast.expr, why: str) -> Any:
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, MemoryError, RecursionError):  # how literal_eval says: no literal
            inner = refusals.odd(node)
            hint = "a value is a literal: True, 0.5, 'text', None, [1, 2]; inf is written 1e999"
            raise self.error(f"{why}, not {refusals.named(inner)}", inner, hint) from None

    def call(self, node: ast.Call) -> FromConfig | DeepCopy:
        called = node.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            name, method = called.value.id, called.attr
            if (name, method) == ("copy", "deepcopy") and len(node.args) == 1 and not node.keywords:
                return DeepCopy(self.path(node.args[0]))
            if method == "from_config" and name not in self.known and name not in self.aliases:
                return self.from_config(node, called.value)
        raise self.error(*refusals.call(node))

    def from_config(self, node: ast.Call, cls: ast.Name) -> FromConfig:
        from inspector.classes import require
        from inspector.model import InspectError

        try:
            require(cls.id)  # from the source of the library: nothing need be imported or built to know
        except InspectError as error:
            raise self.error(error.message, cls, error.hint) from None
        if len(node.args) > 1:
            raise self.error("from_config takes one config; the rest by keyword", node.args[1])
        given = {k.arg: k.value for k in node.keywords}
        first = node.args[0] if node.args else given.pop("config", None)
        if first is None and None not in given:
            raise self.error(f"{cls.id}.from_config needs the config to start from", node)
        keywords = self.keywords(node, skip="" if node.args else "config")
        assert first is not None
        if not isinstance(first, ast.Name | ast.Attribute | ast.Subscript):
            hint = "CLASS.from_config(pipe.scheduler.config, k=v); a copy needs a name first: temp = copy.deepcopy(…)"
            raise self.error("from_config starts from a path here", first, hint)
        return FromConfig(cls.id, self.path(first), keywords)

    def register(self, node: ast.Call, called: ast.Attribute) -> Register:
        if node.args:
            raise self.error(f"{called.attr} takes keywords only", node.args[0])
        if not node.keywords:
            raise self.error(f"{called.attr} without keywords does nothing", node)
        return Register(self.path(called.value), called.attr, self.keywords(node))

    def keywords(self, node: ast.Call, skip: str = "") -> dict[str, Argument]:
        found: dict[str, Argument] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.error("** hides which settings are meant", keyword.value, "write them out: k=v, k=v")
            if keyword.arg != skip:
                found[keyword.arg] = self.argument(keyword.value, f"{keyword.arg} takes a literal or a path")
        return found
