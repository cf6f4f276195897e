"""The hooks in the library's classes: put in when the first recorder starts, taken out when the last one ends.

They hang on classes, never on objects: an object that was watched is afterwards what the user's code made of it, a copy
of it is an ordinary copy, and ``type(obj)`` never changes. What they see goes to every recorder that is active.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

MISSING: Any = object()


class Sink(Protocol):
    """What a recorder takes."""

    known: dict[int, int]

    def met(self, obj: Any) -> None: ...
    def created(self, obj: Any) -> None: ...
    def config(self, kind: str, config: Any, key: str, place: str, value: Any, frame: FrameType, how: str) -> None: ...
    def attribute(self, kind: str, obj: Any, key: str, value: Any, frame: FrameType, how: str) -> None: ...
    def replaced(self, obj: Any, before: Any, after: Any, given: frozenset[str], frame: FrameType) -> None: ...
    def registered(self, obj: Any, given: dict[str, Any], frame: FrameType) -> None: ...
    def whole(self, obj: Any, place: str, frame: FrameType) -> None: ...
    def copied(self, obj: Any, new: Any, frame: FrameType) -> None: ...
    def making(self, cls: type, config: Any, given: dict[str, Any], frame: FrameType) -> None: ...
    def made(self, cls: type, config: Any, given: dict[str, Any], result: Any, frame: FrameType) -> None: ...
    def called(self, pipe: Any, function: Any, given: dict[str, Any], telling: bool) -> None: ...
    def consulted(self, pipe: Any, function: Any, name: str) -> None: ...
    def said(self, message: str, frame: FrameType) -> None: ...


class Hooks:
    """What is in place, and for whom."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.sinks: list[Sink] = []
        self.undo: list[Callable[[], None]] = []
        self.settings: set[tuple[type, str]] = set()
        self.busy = threading.local()

    def start(self, sink: Sink) -> None:
        with self.lock:
            if not self.sinks:
                self.install()
            self.sinks = [*self.sinks, sink]

    def stop(self, sink: Sink) -> None:
        with self.lock:
            self.sinks = [s for s in self.sinks if s is not sink]
            if not self.sinks:
                self.remove()

    def tell(self, name: str, *arguments: Any) -> None:
        """Pass it on; what a recorder itself looks at while it does so is nobody's read."""
        if getattr(self.busy, "on", False):
            return
        self.busy.on = True
        try:
            for sink in self.sinks:
                getattr(sink, name)(*arguments)
        finally:
            self.busy.on = False

    def replace(self, owner: Any, name: str, made: Callable[[Any], Any]) -> None:
        """Put ``made(original)`` in the place of an attribute, and note how to take it out again.

        Whoever has put something of his own over it since keeps that: it is then not ours to take out.
        """
        own = vars(owner).get(name, MISSING)
        new = made(getattr(owner, name, MISSING))

        def undo() -> None:
            if vars(owner).get(name) is new:
                delattr(owner, name) if own is MISSING else setattr(owner, name, own)

        setattr(owner, name, new)
        self.undo.append(undo)

    def remove(self) -> None:
        for undo in reversed(self.undo):
            undo()
        self.undo.clear()
        self.settings.clear()

    def install(self) -> None:
        """Hook configs, objects with a config, and what the library says."""
        from inspector.watching import configs, messages, objects

        try:
            configs.hook(self)
            objects.hook(self)
            messages.hook(self)
        except BaseException:
            self.remove()
            raise


HOOKS = Hooks()
