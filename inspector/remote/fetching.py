"""One file elsewhere: the requests that bring what is needed of it, one after the other or several at once."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from inspector.model import InspectError
from inspector.remote.connection import RemoteError
from inspector.remote.crew import Crew, Task
from inspector.remote.hollow import FIRST, header_end
from inspector.remote.walking import Found
from inspector.remote.wanted import Need

CHUNK = 1 << 20
"""Bytes of one request: so many come in the time of one answer over a line that is worth waiting for."""

Ask = tuple[Any, ...]
Steps = Generator[list[Ask], list[Any], bytes]
"""Yields requests that may be made at once, is sent what they gave, and returns the file's beginning."""


@dataclass(slots=True)
class Purse:
    """How many bytes may still be asked for, all files together."""

    most: int
    left: int

    def spend(self, count: int) -> None:
        """Take this many.

        Raises:
            InspectError: there are not so many left.
        """
        if count > self.left:
            hint = f"--limit fetched={self.most * 4}"
            raise InspectError(f"over {self.most} bytes in all were asked for", hint=hint, code="IPI904")
        self.left -= count


def pursue(crew: Crew, steps: Steps, done: Callable[[bytes, InspectError | None], None]) -> None:
    """Make the requests of one file as far as they go; ``done`` is told what came, or what went wrong."""

    def advance(answers: list[Any] | None) -> None:
        try:
            asked = steps.send(answers) if answers is not None else next(steps)
        except StopIteration as end:
            done(end.value, None)
            return
        except InspectError as error:
            done(b"", error)
            return
        waiting: list[Task] = []

        def answered(task: Task) -> None:
            if len(waiting) == len(asked) and all(t.done for t in waiting):
                failed = next((t.error for t in waiting if t.error is not None), None)
                if failed is not None:
                    steps.close()
                    done(b"", failed)
                else:
                    advance([t.found for t in waiting])

        waiting += [crew.start(*ask, then=answered) for ask in asked]

    advance(None)


def steps_of(found: Found, need: Need, purse: Purse) -> Steps:
    """What has to be asked for one file."""
    if need.part == "header":
        return _header(found, need, purse)
    if need.part == "whole" and found.size is None:
        return _growing(found, need, purse)
    if need.part == "whole" and found.size is not None and found.size <= need.cap:
        return _whole(found, found.size, purse)
    return _first(found, need.first, purse)


def _first(found: Found, count: int, purse: Purse) -> Steps:
    count = count if found.size is None else min(count, found.size)
    data = yield from _range(found, 0, count, purse)
    if found.size is not None and len(data) < count:
        raise changed()
    return data


def _whole(found: Found, size: int, purse: Purse) -> Steps:
    data = yield from _range(found, 0, size, purse)
    if len(data) < size:
        raise changed()
    return data


def _growing(found: Found, need: Need, purse: Purse) -> Steps:
    """A file whose size nobody knows: until it ends, or is over its cap."""
    data = b""
    while len(data) <= need.cap:
        step = min(CHUNK, need.cap + 1 - len(data))
        part = yield from _range(found, len(data), len(data) + step, purse)
        data += part
        if len(part) < step:
            break
    return data


def _header(found: Found, need: Need, purse: Purse) -> Steps:
    size = found.size
    first = yield from _range(found, 0, FIRST if size is None else min(FIRST, size), purse)
    if size is None:
        (item,) = yield [("look", found.path)]
        size = item.size
    if size is None:
        message = "the server does not say how large it is, so its header cannot be checked"
        raise RemoteError(message, "odd")
    if len(first) < min(FIRST, size):
        raise changed()
    end = header_end(first, size, need.cap)
    if end > len(first):
        first += yield from _range(found, len(first), end, purse)
        if len(first) < end:
            raise changed()
    return first


def _range(found: Found, begin: int, end: int, purse: Purse) -> Steps:
    """These bytes, or fewer where the file ends; all at once."""
    if end <= begin:
        return b""
    purse.spend(end - begin)
    parts = yield [("read", found.path, at, min(end, at + CHUNK)) for at in range(begin, end, CHUNK)]
    data = b""
    for at, part in zip(range(begin, end, CHUNK), parts, strict=True):
        data += part[: min(end, at + CHUNK) - at]
        if len(data) < min(end, at + CHUNK) - begin:  # it ends here, whatever came of what lies behind
            break
    return data


def changed() -> RemoteError:
    error = RemoteError("changed while it was read", "odd", hint="inspect again when it is at rest")
    error.code = "IPI912"
    return error
