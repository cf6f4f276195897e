"""``extract_init_dict`` watched: at which line each key of the config went, and what was returned in the end.

The dict is compared before and after each line, so nothing here knows a rule of the library, and it fits any version.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from inspector.tracing.lines import MISSING, Local, Step, lines, step


@dataclass(slots=True)
class Extraction:
    """One run of ``extract_init_dict``: its steps, and what it returned (used, unused, hidden); None if it raised."""

    began: bool = False
    steps: list[Step] = field(default_factory=list)
    returned: tuple[dict[str, Any], dict[str, Any], dict[str, Any]] | None = None

    def begin(self, frame: FrameType) -> Local | None:
        """Watch ``extract_init_dict(cls, config, **keywords)``; only the first, not those of what it makes."""
        if self.began:
            return None
        self.began = True
        code = frame.f_code
        names = {"config": code.co_varnames[1]}
        if code.co_flags & inspect.CO_VARKEYWORDS:
            names["keywords"] = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        before = {store: dict(frame.f_locals[name]) for store, name in names.items()}

        def compare(frame: FrameType, line: int) -> None:
            for store, name in names.items():
                now = frame.f_locals.get(name)
                if not isinstance(now, dict):
                    continue
                for key, value in before[store].items():
                    if now.get(key, MISSING) is not value:
                        gone = key not in now
                        because = conditions(code, line, frame.f_locals, key) if gone else ()
                        after = now.get(key)
                        self.steps.append(
                            step(code, line, str(key), store, gone=gone, before=value, after=after, why=because)
                        )
                before[store] = dict(now)

        def ended(returned: Any) -> None:
            if isinstance(returned, tuple) and len(returned) == 3:
                used, unused, hidden = map(dict, returned)  # as they are now: from_config goes on to write into them
                self.returned = used, unused, hidden

        return lines(frame, compare, ended)


def conditions(code: CodeType, line: int, names: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The parts of the line's own condition that shut this key out: names of sets that hold it, or ``startswith``…"""
    statement = next((s for s in statements(code) if s.lineno <= line <= (s.end_lineno or s.lineno)), None)
    found: list[str] = []
    for node in ast.walk(statement) if statement is not None else ():
        for part in [p for test in node.ifs for p in parts(test)] if isinstance(node, ast.comprehension) else ():
            if isinstance(part, ast.Compare) and len(part.ops) == 1:
                other = part.comparators[0]
                if isinstance(part.ops[0], ast.NotIn) and isinstance(other, ast.Name):
                    held = names.get(other.id)
                    if isinstance(held, set | frozenset | list | tuple | dict) and key in held:
                        found.append(other.id)
                elif isinstance(part.ops[0], ast.NotEq) and isinstance(other, ast.Constant) and other.value == key:
                    found.append(key)
            elif "startswith('_')" in ast.unparse(part) and key.startswith("_"):
                found.append("startswith")
    return tuple(found)


def parts(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


_PARSED: dict[CodeType, list[ast.stmt]] = {}


def statements(code: CodeType) -> list[ast.stmt]:
    """The simple statements of a function, with the line numbers of its file."""
    if code not in _PARSED:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
        except (OSError, SyntaxError):  # no source to look at: the line numbers are still told
            tree = ast.Module([], [])
        ast.increment_lineno(tree, code.co_firstlineno - 1)
        simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Delete)
        _PARSED[code] = [n for n in ast.walk(tree) if isinstance(n, simple)]
    return _PARSED[code]
