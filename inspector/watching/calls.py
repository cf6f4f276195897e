"""Which arguments of ``__call__`` a pipeline really uses in a run.

The code of ``__call__`` is compiled once more from its own source, each load of an argument going through a note of
ours, and put into the same function. No tracer is set, so debuggers and coverage see what they always see, and no
other call pays for it.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import threading
from types import CodeType, FunctionType
from typing import Any

from inspector.watching.hooks import Hooks

CHECK = "check_inputs"
"""The method that every argument is handed to, and that only checks it."""
_MARK = b"\0inspect-pipe: the arguments of a call"
_BY_NAME = ("locals", "vars")


class Arguments:
    """What stands in the code: told of each argument that is loaded, as long as it is still what the caller gave."""

    def __init__(self, hooks: Hooks, function: Any) -> None:
        self.hooks, self.function = hooks, function
        self.local = threading.local()

    def of(self, name: str, value: Any) -> Any:
        calls = getattr(self.local, "calls", None)
        if calls:
            pipe, given, seen = calls[-1]
            if name not in seen and name in given and value is given[name]:
                seen.add(name)
                self.hooks.tell("consulted", pipe, self.function, name)
        return value

    def all(self, found: dict[str, Any]) -> dict[str, Any]:
        return Named(self, found)

    def enter(self, pipe: Any, given: dict[str, Any]) -> list[Any]:
        calls: list[Any] = self.local.__dict__.setdefault("calls", [])
        calls.append((pipe, given, set()))
        return calls


class Named(dict[str, Any]):
    """``locals()``: which names are taken out of it."""

    def __init__(self, arguments: Arguments, found: dict[str, Any]) -> None:
        super().__init__(found)
        self.arguments = arguments

    def __getitem__(self, name: str) -> Any:
        return self.arguments.of(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        return self[name]


def watch(hooks: Hooks, cls: type) -> None:
    """See every call of the ``__call__`` of a pipeline's class, for as long as the hooks are in."""
    original: Any = next((vars(c)["__call__"] for c in cls.__mro__ if "__call__" in vars(c)), None)
    inner = inspect.unwrap(original) if original is not None else None
    with hooks.lock:
        if not hooks.sinks or not isinstance(inner, FunctionType) or hasattr(original, "_inspect_pipe_watched"):
            return
        arguments = Arguments(hooks, inner)
        signature = inspect.signature(inner)
        plain = not inner.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR)
        code = compiled(inner, arguments) if plain else None
        if code is not None:
            before, inner.__code__ = inner.__code__, code

            def undo() -> None:
                if inner.__code__ is code:
                    inner.__code__ = before

            hooks.undo.append(undo)

    @functools.wraps(original)
    def __call__(pipe: Any, *values: Any, **named: Any) -> Any:  # noqa: N807
        try:
            bound = signature.bind(pipe, *values, **named)
        except TypeError:  # the call itself says what is wrong with it
            return original(pipe, *values, **named)
        given = dict(bound.arguments)
        bound.apply_defaults()
        hooks.tell("called", pipe, inner, given, code is not None)
        calls = arguments.enter(pipe, dict(bound.arguments))
        try:
            return original(pipe, *values, **named)
        finally:
            calls.pop()

    __call__._inspect_pipe_watched = True  # type: ignore[attr-defined]
    hooks.replace(cls, "__call__", lambda _: __call__)


def parameters(function: Any) -> dict[str, Any]:
    """The arguments that have a name, with their defaults."""
    found = list(inspect.signature(function).parameters.values())[1:]
    return {p.name: p.default for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}


def compiled(function: FunctionType, arguments: Arguments) -> CodeType | None:
    """The function's code, telling; None where its source is not at hand or is not what runs."""
    code = telling(function, function.__code__)
    return None if code is None else marked(code, arguments)


@functools.lru_cache(maxsize=64)
def telling(function: FunctionType, old: CodeType) -> CodeType | None:
    """The same, with a mark where whoever is told will stand."""
    import ast

    from inspector.watching.telling import Telling, path_to

    try:
        lines, _ = inspect.findsource(function)
        tree = ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError):
        return None
    path = path_to(tree, old)
    if path is None:
        return None
    Telling(frozenset(parameters(function)), _MARK, CHECK, _BY_NAME).change(path[-1])
    for outer, one in itertools.pairwise(path):
        outer.body = [one]
    flags = old.co_flags & 0xFF0000  # from __future__ import …
    whole = compile(ast.Module([path[0]], []), old.co_filename, "exec", flags=flags, dont_inherit=True)
    code = within(whole, old)
    if code is None or (code.co_freevars, code.co_varnames[: old.co_argcount]) != (
        old.co_freevars,
        old.co_varnames[: old.co_argcount],
    ):
        return None
    return code


def within(code: CodeType, wanted: CodeType) -> CodeType | None:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if (inner.co_name, inner.co_firstlineno) == (wanted.co_name, wanted.co_firstlineno):
                return inner
            if (found := within(inner, wanted)) is not None:
                return found
    return None


def marked(code: CodeType, arguments: Arguments) -> CodeType:
    constants = tuple(
        arguments if c == _MARK else marked(c, arguments) if isinstance(c, CodeType) else c for c in code.co_consts
    )
    return code.replace(co_consts=constants)
