"""The hooks in the library's classes: put in when the first recorder starts, taken out when the last one ends.

They hang on classes, never on objects: an object that was watched is afterwards what the user's code made of it, a copy
of it is an ordinary copy, and ``type(obj)`` never changes. What they see goes to every recorder that is active.
"""

from __future__ import annotations

import copy
import functools
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from inspector.observe.state import live

PLUMBING = ("/diffusers/configuration_utils.py", "/torch/nn/modules/module.py", "/inspector/watching/")
"""Code that reads and writes settings on behalf of its caller."""
COPY = copy.__file__.replace("\\", "/")
_OWN_RECORD = ("inner_init", "from_config")
"""Functions of the library that register what a constructor was given: no write of anybody's."""


class Sink(Protocol):
    """What a recorder takes."""

    def config(self, kind: str, config: Any, key: str, place: str, value: Any, frame: FrameType) -> None: ...
    def attribute(self, kind: str, obj: Any, key: str, value: Any, frame: FrameType) -> None: ...
    def registered(self, obj: Any, given: dict[str, Any], frame: FrameType) -> None: ...
    def made(self, cls: type, config: Any, given: dict[str, Any], result: Any, frame: FrameType) -> None: ...
    def said(self, message: str, frame: FrameType) -> None: ...
    def created(self, obj: Any) -> None: ...


class Hooks:
    """What is in place, and for whom."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.sinks: list[Sink] = []
        self.undo: list[Callable[[], None]] = []
        self.classes: set[type] = set()
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
        """Put ``made(original)`` in the place of an attribute, and note how to take it out again."""
        missing = object()
        own = vars(owner).get(name, missing)
        setattr(owner, name, made(getattr(owner, name)))
        self.undo.append(lambda: delattr(owner, name) if own is missing else setattr(owner, name, own))

    def remove(self) -> None:
        for undo in reversed(self.undo):
            undo()
        self.undo.clear()
        self.classes.clear()

    def install(self) -> None:
        """Hook configs, registration and ``from_config``; the classes of objects follow as they are seen."""
        from diffusers.configuration_utils import ConfigMixin, FrozenDict

        try:
            hook_config(self, FrozenDict)
            self.replace(ConfigMixin, "register_to_config", functools.partial(registering, self))
            self.replace(ConfigMixin, "from_config", functools.partial(making, self))
            self.replace(warnings, "warn", functools.partial(warning, self))
            listen(self)
        except BaseException:
            self.remove()
            raise

    def adopt(self, cls: type) -> None:
        """Hook the class of an object that is watched."""
        with self.lock:
            if cls not in self.classes and self.sinks:
                self.classes.add(cls)
                self.replace(cls, "__getattribute__", functools.partial(getting, self))
                self.replace(cls, "__setattr__", functools.partial(setting, self))


HOOKS = Hooks()


def caller(depth: int = 2) -> FrameType:
    """The frame whose code reads or writes: the first that is no plumbing."""
    frame = sys._getframe(depth)
    while frame.f_back is not None and is_plumbing(frame):
        frame = frame.f_back
    return frame


def is_plumbing(frame: FrameType) -> bool:
    code = frame.f_code
    return plumbing_file(code.co_filename) or code.co_name in ("__setattr__", "__getattr__")


@functools.cache
def plumbing_file(name: str) -> bool:
    name = name.replace("\\", "/")
    return name == COPY or any(part in name for part in PLUMBING)


def hook_config(hooks: Hooks, cls: type) -> None:
    """Reads and writes of a config: its attributes, its items, and what takes all of it."""

    def attribute(original: Any) -> Any:
        def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
            value = original(self, name)
            if name[0] != "_" and name in object.__getattribute__(self, "__dict__") and outside():
                hooks.tell("config", "read", self, name, "attr", value, caller())
            return value

        return __getattribute__

    def item(original: Any) -> Any:
        def __getitem__(self: Any, name: str) -> Any:  # noqa: N807
            value = original(self, name)
            if outside() or sys._getframe(1).f_code.co_name == "__getattr__":  # obj.k, where obj has only a config
                hooks.tell("config", "read", self, name, "item", value, caller())
            return value

        return __getitem__

    def getter(original: Any) -> Any:
        def get(self: Any, name: str, default: Any = None) -> Any:
            value = original(self, name, default)
            if outside():
                hooks.tell("config", "read", self, name, "item", value, caller())
            return value

        return get

    def writer(place: str, original: Any) -> Any:
        def write(self: Any, name: str, value: Any) -> None:
            original(self, name, value)
            if outside():
                hooks.tell("config", "write", self, name, place, value, caller())

        return write

    hooks.replace(cls, "__getattribute__", attribute)
    hooks.replace(cls, "__getitem__", item)
    hooks.replace(cls, "get", getter)
    hooks.replace(cls, "__setattr__", functools.partial(writer, "attr"))
    hooks.replace(cls, "__setitem__", functools.partial(writer, "item"))


def outside() -> bool:
    """Whether the code that asked is not the library's own handling of configs."""
    return not plumbing_file(sys._getframe(2).f_code.co_filename) and sys._getframe(2).f_code.co_name != "__setattr__"


def getting(hooks: Hooks, original: Any) -> Any:
    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
        value = original(self, name)
        if name[0] != "_" and not getattr(hooks.busy, "on", False):
            held = original(self, "__dict__")
            config = held.get("_internal_dict")
            if name == "config":
                hooks.tell("created", self)
            elif config is not None and dict.__contains__(config, name) and outside():
                hooks.tell("attribute", "read", self, name, value, caller())
        return value

    return __getattribute__


def setting(hooks: Hooks, original: Any) -> Any:
    def __setattr__(self: Any, name: str, value: Any) -> None:  # noqa: N807
        before = live(self).get("_internal_dict") if name == "_internal_dict" else None
        original(self, name, value)
        if name == "_internal_dict":
            if before is not None and outside():
                old = dict(dict.items(before))
                given = {k: v for k, v in dict.items(value) if k not in old or (old[k] is not v and old[k] != v)}
                hooks.tell("registered", self, given, caller())
        elif name[0] != "_":
            hooks.tell("attribute", "write", self, name, value, caller())

    return __setattr__


def registering(hooks: Hooks, original: Any) -> Any:
    @functools.wraps(original)
    def register_to_config(self: Any, **given: Any) -> None:
        original(self, **given)
        hooks.adopt(type(self))
        hooks.tell("created", self)
        if sys._getframe(1).f_code.co_name not in _OWN_RECORD:
            hooks.tell("registered", self, given, caller())

    return register_to_config


def making(hooks: Hooks, original: Any) -> Any:
    function = original.__func__

    @functools.wraps(function)
    def from_config(cls: type, config: Any = None, *arguments: Any, **given: Any) -> Any:
        frame = caller()
        result = function(cls, config, *arguments, **given)
        hooks.tell("made", cls, config, given, result, frame)
        return result

    return classmethod(from_config)


def warning(hooks: Hooks, original: Any) -> Any:
    @functools.wraps(original)
    def warn(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **options: Any) -> None:
        frame = sys._getframe(1)
        if "/diffusers/" in frame.f_code.co_filename.replace("\\", "/"):
            hooks.tell("said", str(message), frame)
        original(message, category, stacklevel + 1, source, **options)

    return warn


class Listener(logging.Handler):
    """Hears the library's log; never prints."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(logging.WARNING)
        self.hooks = hooks

    def emit(self, record: logging.LogRecord) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and "/logging/" in frame.f_code.co_filename.replace("\\", "/"):
            frame = frame.f_back
        self.hooks.tell("said", record.getMessage(), frame)


def listen(hooks: Hooks) -> None:
    """Hear warnings of the library's log even where the user has silenced it, without unsilencing it for others."""
    logger = logging.getLogger("diffusers")
    level, handler = logger.level, Listener(hooks)
    threshold = logger.getEffectiveLevel()

    def as_before(record: logging.LogRecord) -> bool:
        return record.levelno >= threshold

    others = [*logger.handlers, *(logging.root.handlers if logger.propagate else ())]
    for other in others:
        other.addFilter(as_before)
    logger.addHandler(handler)
    logger.setLevel(min(threshold, logging.WARNING))

    def undo() -> None:
        logger.setLevel(level)
        logger.removeHandler(handler)
        for other in others:
            other.removeFilter(as_before)

    hooks.undo.append(undo)
