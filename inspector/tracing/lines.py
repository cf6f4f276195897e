"""A line tracer that is on for a few functions only, and tells what each of their lines did to a dict.

It compares the dict before and after each line, so it holds no rule of the library and fits any version of it.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

_MISSING = object()
_VARIABLE_KEYWORDS = inspect.CO_VARKEYWORDS
Local = Callable[[FrameType, str, Any], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What one line did to one key. ``store``: ``config``, ``keywords``, or a config's ``item``, ``attr``."""

    key: str
    store: str
    file: str
    line: int
    source: str
    gone: bool
    before: Any = None
    after: Any = None
    because: tuple[str, ...] = ()
    owner: str = ""


@dataclass(slots=True)
class Extraction:
    """One run of ``extract_init_dict``: its steps, and what it returned (used, unused, hidden); None if it raised."""

    steps: list[Step] = field(default_factory=list)
    returned: tuple[dict[str, Any], dict[str, Any], dict[str, Any]] | None = None


@contextlib.contextmanager
def traced(watchers: Mapping[CodeType, Callable[[FrameType], Local]]) -> Iterator[None]:
    """Trace the frames of these code objects in this thread, and put back whatever tracer was there."""

    def called(frame: FrameType, event: str, argument: Any) -> Any:
        begin = watchers.get(frame.f_code)
        return begin(frame) if begin is not None and event == "call" else None

    previous = sys.gettrace()
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(previous)


def lines(frame: FrameType, compare: Callable[[FrameType, int], None], ended: Callable[[Any], None]) -> Local:
    """Call ``compare`` after each line of a frame with that line's number, and ``ended`` with what it returns."""
    last = frame.f_lineno

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal last
        if event in ("line", "return"):
            compare(frame, last)
            last = frame.f_lineno
        if event == "return":
            ended(argument)
        return local

    return local


def extraction(found: Extraction) -> Callable[[FrameType], Local]:
    """A watcher for ``extract_init_dict(cls, config, **keywords)``."""

    def begin(frame: FrameType) -> Local:
        code = frame.f_code
        names = {"config": code.co_varnames[1]}
        if code.co_flags & _VARIABLE_KEYWORDS:
            names["keywords"] = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        before = {store: dict(frame.f_locals[name]) for store, name in names.items()}

        def compare(frame: FrameType, line: int) -> None:
            for store, name in names.items():
                now = frame.f_locals.get(name)
                if not isinstance(now, dict):
                    continue
                for key, value in before[store].items():
                    if now.get(key, _MISSING) is not value:
                        gone = key not in now
                        because = conditions(code, line, frame.f_locals, key) if gone else ()
                        found.steps.append(
                            step(code, line, str(key), store, gone=gone, before=value, after=now.get(key), why=because)
                        )
                before[store] = dict(now)

        def ended(returned: Any) -> None:
            if isinstance(returned, tuple) and len(returned) == 3:
                found.returned = returned

        return lines(frame, compare, ended)

    return begin


def construction(steps: list[Step]) -> Callable[[FrameType], Local]:
    """A watcher for an ``__init__``: what its lines do to the config of the object and of those it was given."""

    def begin(frame: FrameType) -> Local:
        code = frame.f_code
        own = frame.f_locals.get(code.co_varnames[0])
        watched = {name: obj for name, obj in frame.f_locals.items() if configured(obj) is not None and obj is not own}
        watched[""] = own
        before = {name: stores(obj) for name, obj in watched.items()}

        def compare(frame: FrameType, line: int) -> None:
            for owner, obj in watched.items():
                now = stores(obj)
                for store, items in now.items():
                    old = before[owner].get(store, {})
                    for key in dict.fromkeys([*old, *items]):
                        one, other = old.get(key, _MISSING), items.get(key, _MISSING)
                        if one is other or key.startswith("_") or (one is _MISSING and not old):
                            continue
                        made = step(code, line, key, store, gone=other is _MISSING, before=one, after=other)
                        if not alike(one, other):
                            steps.append(owned(made, owner))
                before[owner] = now

        return lines(frame, compare, lambda returned: None)

    return begin


def configured(obj: Any) -> Any:
    """The config of an object, without asking it; None when it has none."""
    try:
        return object.__getattribute__(obj, "__dict__").get("_internal_dict")
    except AttributeError:
        return None


def stores(obj: Any) -> dict[str, dict[str, Any]]:
    """A config's two stores (design, fact 2)."""
    config = configured(obj)
    if not isinstance(config, dict):
        return {}
    return {"item": dict(dict.items(config)), "attr": {k: v for k, v in vars(config).items() if k in config}}


def alike(one: Any, other: Any) -> bool:
    plain = (bool, int, float, str, list, tuple, type(None))
    return isinstance(one, plain) and type(one) is type(other) and bool(one == other)


def owned(made: Step, owner: str) -> Step:
    import dataclasses

    return dataclasses.replace(made, owner=owner)


def step(
    code: CodeType, line: int, key: str, store: str, *, gone: bool, before: Any, after: Any, why: tuple[str, ...] = ()
) -> Step:
    from inspector.reads.link import short

    missing = (None if before is _MISSING else before, None if after is _MISSING else after)
    source = linecache.getline(code.co_filename, line).strip()
    return Step(key, store, short(code.co_filename), line, source, gone, *missing, why)


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
