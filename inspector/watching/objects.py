"""Reads and writes of the settings that an object holds itself, its config being replaced, and what is made of it.

A data descriptor for each setting's name, on the class, sees ``obj.k`` and ``obj.k = v`` of that name alone: nothing
else that the object does, a model's forward least of all, pays for being watched.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any

from inspector.observe.state import live
from inspector.watching.configs import copied
from inspector.watching.hooks import MISSING, Hooks
from inspector.watching.places import acting, outside

_OWN_RECORD = ("inner_init", "from_config")
"""Functions of the library that register what a constructor was given: no write of anybody's."""


def hook(hooks: Hooks) -> None:
    from diffusers.configuration_utils import ConfigMixin

    held = Held(hooks)
    hooks.replace(ConfigMixin, "_internal_dict", lambda original: held)
    hooks.replace(ConfigMixin, "__reduce_ex__", functools.partial(copied, hooks))
    hooks.replace(ConfigMixin, "register_to_config", functools.partial(registering, hooks))
    hooks.replace(ConfigMixin, "from_config", functools.partial(making, hooks))
    hooks.replace(ConfigMixin, "to_json_string", functools.partial(saying, hooks))


class Held:
    """``obj._internal_dict``: where a config is taken from, and when another takes its place."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        try:
            config = live(obj)["_internal_dict"] if obj is not None else self
        except KeyError:
            config = self
        if config is self:
            raise AttributeError(f"{cls.__name__!r} object has no attribute '_internal_dict'")
        for sink in self.hooks.sinks:
            if id(obj) not in sink.known:
                self.hooks.tell("met", obj)
                break
        return config

    def __set__(self, obj: Any, config: Any) -> None:
        before = live(obj).get("_internal_dict")
        live(obj)["_internal_dict"] = config
        adopt(self.hooks, type(obj), config)
        frame = sys._getframe(1)
        if before is None:
            self.hooks.tell("created", obj)
        elif before is not config:
            given = frozenset(getattr(self.hooks.busy, "given", ()))
            self.hooks.tell("replaced", obj, before, config, given, acting(frame))

    def __delete__(self, obj: Any) -> None:
        if "_internal_dict" not in live(obj):
            raise AttributeError("_internal_dict")
        del live(obj)["_internal_dict"]


def adopt(hooks: Hooks, cls: type, config: Any) -> None:
    """Put a descriptor in the class for each setting that it has none for yet."""
    if not isinstance(config, dict):
        return
    with hooks.lock:
        if not hooks.sinks:
            return
        for name in dict.keys(config):
            if not isinstance(name, str) or name[:1] == "_" or (cls, name) in hooks.settings:
                continue
            hooks.settings.add((cls, name))
            below = inspect.getattr_static(cls, name, MISSING)
            if not isinstance(below, Setting) and not inspect.isroutine(below):
                hooks.replace(cls, name, lambda _, n=name, b=below: Setting(hooks, n, b))  # type: ignore[misc]
            if isinstance(below, property):  # set_shift writes _shift, which the property shift shows
                hidden = f"_{name}"
                if inspect.getattr_static(cls, hidden, MISSING) is MISSING:
                    hooks.replace(cls, hidden, lambda _, n=name: Hidden(hooks, n))  # type: ignore[misc]


class Setting:
    """``obj.k`` for one name: what the class had there, or the object's own attribute, and the recorders told."""

    def __init__(self, hooks: Hooks, name: str, below: Any) -> None:
        self.hooks, self.name, self.below = hooks, name, below
        kind = type(below)
        self.data = below is not MISSING and (hasattr(kind, "__set__") or hasattr(kind, "__delete__"))

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        if obj is None:
            return self.of_class(None, cls)
        held = live(obj)
        value = held[self.name] if not self.data and self.name in held else self.of_class(obj, cls)
        frame = sys._getframe(1)
        if outside(frame):
            self.hooks.tell("attribute", "read", obj, self.name, value, acting(frame), "")
        return value

    def of_class(self, obj: Any, cls: Any) -> Any:
        if self.below is MISSING:
            what = f"type object {cls.__name__!r}" if obj is None else f"{cls.__name__!r} object"
            raise AttributeError(f"{what} has no attribute {self.name!r}")
        getter = getattr(type(self.below), "__get__", None)
        return self.below if getter is None else getter(self.below, obj, cls)

    def __set__(self, obj: Any, value: Any) -> None:
        if self.data:
            type(self.below).__set__(self.below, obj, value)
        else:
            live(obj)[self.name] = value
        self.hooks.tell("attribute", "write", obj, self.name, value, acting(sys._getframe(1)), "")

    def __delete__(self, obj: Any) -> None:
        if self.data:
            type(self.below).__delete__(self.below, obj)
        elif self.name in live(obj):
            del live(obj)[self.name]
        else:
            raise AttributeError(f"{type(obj).__name__!r} object has no attribute {self.name!r}")
        self.hooks.tell("attribute", "write", obj, self.name, None, acting(sys._getframe(1)), "del")


class Hidden(Setting):
    """``obj._k`` behind a property ``k``: what is written there is written to the setting; the property reads it."""

    def __init__(self, hooks: Hooks, name: str) -> None:
        super().__init__(hooks, name, MISSING)
        self.hidden = f"_{name}"

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        held = {} if obj is None else live(obj)
        return held[self.hidden] if self.hidden in held else self.of_class(obj, cls)

    def __set__(self, obj: Any, value: Any) -> None:
        live(obj)[self.hidden] = value
        self.hooks.tell("attribute", "write", obj, self.name, value, acting(sys._getframe(1)), "")

    def __delete__(self, obj: Any) -> None:
        if self.hidden not in live(obj):
            raise AttributeError(self.hidden)
        del live(obj)[self.hidden]


def registering(hooks: Hooks, original: Any) -> Any:
    @functools.wraps(original)
    def register_to_config(self: Any, **given: Any) -> None:
        before, hooks.busy.given = getattr(hooks.busy, "given", ()), tuple(given)
        try:
            original(self, **given)
        finally:
            hooks.busy.given = before
        frame = sys._getframe(1)
        if frame.f_code.co_name not in _OWN_RECORD:
            hooks.tell("registered", self, given, acting(frame))

    return register_to_config


def making(hooks: Hooks, original: Any) -> Any:
    function = original.__func__

    def from_config(cls: Any, /, config: Any = None, return_unused_kwargs: bool = False, **given: Any) -> Any:
        frame = acting(sys._getframe(1))
        hooks.tell("making", cls, config, given, frame)
        result = function(cls, config, return_unused_kwargs, **given)
        hooks.tell("made", cls, config, given, result[0] if isinstance(result, tuple) else result, frame)
        return result

    functools.update_wrapper(from_config, function)
    return classmethod(from_config)


def saying(hooks: Hooks, original: Any) -> Any:
    """The text of a config: what ``repr`` shows and what ``save_pretrained`` writes."""

    @functools.wraps(original)
    def to_json_string(self: Any) -> Any:
        frame = sys._getframe(1)
        place = "print" if frame.f_code.co_name == "__repr__" else "save"
        hooks.tell("whole", self, place, acting(frame))
        return original(self)

    return to_json_string
