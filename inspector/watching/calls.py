"""Which arguments of ``__call__`` the pipeline looks at in a run: by the lines of it that are executed."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

CHECK = "check_inputs"
"""The method that every argument is handed to, and that only checks it."""


@dataclass(slots=True)
class Seen:
    """One class: its parameters with the lines that use them, what was given, and the lines that ran."""

    cls: str
    uses: dict[str, set[int]]
    given: set[str] = field(default_factory=set)
    lines: set[int] = field(default_factory=set)
    runs: int = 0

    def never(self) -> list[str]:
        return [name for name, lines in self.uses.items() if not lines & self.lines]


class Calls:
    """The watched ``__call__`` methods."""

    def __init__(self) -> None:
        self.seen: dict[type, Seen] = {}
        self.undo: list[Any] = []

    def watch(self, cls: type) -> None:
        """Wrap the ``__call__`` of a pipeline's class until :meth:`remove`."""
        original: Any = cls.__call__
        inner = inspect.unwrap(original)
        uses = used(inner)
        if cls in self.seen or uses is None:
            return
        seen = self.seen[cls] = Seen(cls.__name__, uses)
        signature = inspect.signature(inner)

        @functools.wraps(original)
        def __call__(pipe: Any, *arguments: Any, **named: Any) -> Any:  # noqa: N807
            seen.runs += 1
            seen.given |= set(signature.bind_partial(pipe, *arguments, **named).arguments) - {"self"}
            before = sys.gettrace()
            sys.settrace(tracer(inner.__code__, seen.lines, before))
            try:
                return original(pipe, *arguments, **named)
            finally:
                sys.settrace(before)

        missing = object()
        own = vars(cls).get("__call__", missing)
        cls.__call__ = __call__  # type: ignore[method-assign]
        self.undo.append((cls, own, missing))

    def remove(self) -> None:
        for cls, own, missing in reversed(self.undo):
            if own is missing:
                del cls.__call__
            else:
                cls.__call__ = own
        self.undo.clear()


def tracer(code: CodeType, lines: set[int], before: Any) -> Any:
    """A tracer that notes the lines of one function and hands everything on to the one that was there."""

    def outer(frame: FrameType, event: str, argument: Any) -> Any:
        theirs = before(frame, event, argument) if before is not None else None
        if frame.f_code is not code:
            return theirs

        def inside(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal theirs
            if event == "line":
                lines.add(frame.f_lineno)
            if theirs is not None:
                theirs = theirs(frame, event, argument)
            return inside

        return inside

    return outer


def used(function: Any) -> dict[str, set[int]] | None:
    """Parameter -> the lines that load it, but for the call that only checks it; None without source."""
    try:
        source, start = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(source)))
    except (OSError, TypeError, SyntaxError):
        return None
    parameters = list(inspect.signature(function).parameters.values())[1:]
    names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    checked = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == CHECK
        for inner in ast.walk(node)
    }
    found: dict[str, set[int]] = {name: set() for name in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in found and node not in checked:
            found[node.id].add(node.lineno + start - 1)
    return found
