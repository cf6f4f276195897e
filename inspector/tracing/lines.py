"""A line tracer that is on for a few functions only, beside whatever tracer is there already.

It hands every event on to that tracer, so a debugger or a coverage run sees what it would have seen.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, TypeVar

MISSING = object()
Local = Callable[[FrameType, str, Any], Any]
Begin = Callable[[FrameType], Local | None]
T = TypeVar("T")


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


@contextmanager
def traced(watchers: Mapping[CodeType, Begin]) -> Iterator[None]:
    """Trace the frames of these code objects in this thread; another tracer goes on, and stands alone afterwards."""
    theirs = sys.gettrace()

    def called(frame: FrameType, event: Any, argument: Any) -> Any:
        other = theirs(frame, event, argument) if theirs is not None else None
        if theirs is not None and sys.gettrace() is not called:
            sys.settrace(called)  # the tracer of coverage puts itself in place whenever it is called
        begin = watchers.get(frame.f_code) if event == "call" else None
        own = begin(frame) if begin is not None else None
        return both(own, other) if own is not None and other is not None else own or other

    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(theirs)


def both(own: Any, other: Any) -> Local:
    """One local tracer of two; one that answers None stays, as the interpreter has it."""

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal own, other
        own = own(frame, event, argument) or own
        other = other(frame, event, argument) or other
        return local

    return local


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


def undisturbed(work: Callable[[], T]) -> T:
    """Do the work where lines can be traced: at a debugger's prompt the interpreter traces nothing in this thread."""
    if heard():
        return work()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result()


def heard() -> bool:
    """Whether a tracer set in this thread is called at all."""
    events = []
    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: events.append(event))
    try:
        (lambda: None)()
    finally:
        sys.settrace(before)
    return bool(events)


def step(
    code: CodeType, line: int, key: str, store: str, *, gone: bool, before: Any, after: Any, why: tuple[str, ...] = ()
) -> Step:
    """A step with its place in the source; :data:`MISSING` becomes None."""
    from inspector.reads.link import short

    values = (None if before is MISSING else before, None if after is MISSING else after)
    return Step(
        key, store, short(code.co_filename), line, linecache.getline(code.co_filename, line).strip(), gone, *values, why
    )
