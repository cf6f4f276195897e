"""``extract_init_dict`` watched: at which line each key of the config went, and what was returned in the end.

The dict is compared before and after each line, so nothing here knows a rule of the library, and it fits any version.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from inspector.tracing.lines import MISSING, Local, Step, lines, step

_LONGEST = 12
"""Lines of one statement."""


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
    found: list[str] = []
    whole = statement(code.co_filename, line)
    for node in ast.walk(whole) if whole is not None else ():
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


def statement(file: str, line: int) -> ast.stmt | None:
    """The statement that begins on this line of a file; None when there is no source to look at."""
    lines = [linecache.getline(file, line + n) for n in range(_LONGEST)]
    for count in range(1, _LONGEST + 1):
        try:
            return ast.parse(textwrap.dedent("".join(lines[:count]))).body[0]
        except (SyntaxError, IndexError):  # not all of it yet
            continue
    return None
