"""Reads and writes of a config: its attributes, its items, and what takes all of it at once."""

from __future__ import annotations

import functools
import sys
from types import FrameType
from typing import Any

from inspector.observe.state import live
from inspector.watching.hooks import Hooks
from inspector.watching.places import COPY, acting, outside, slashed


def hook(hooks: Hooks) -> None:
    from diffusers.configuration_utils import FrozenDict

    for name, made in (
        ("__getattribute__", attribute),
        ("__getitem__", item),
        ("get", getter),
        ("__contains__", asked),
        ("keys", keys),
        ("items", functools.partial(whole, "item")),
        ("values", functools.partial(whole, "item")),
        ("__eq__", functools.partial(whole, "item")),
        ("__repr__", printed),
        ("__reduce_ex__", copied),
        ("__setattr__", functools.partial(writer, "attr")),
        ("__setitem__", functools.partial(writer, "item")),
        ("__delattr__", deleter),
        ("clear", functools.partial(emptier, "clear")),
        ("popitem", functools.partial(emptier, "popitem")),
        ("move_to_end", mover),
    ):
        hooks.replace(FrozenDict, name, functools.partial(made, hooks))


def tell(
    hooks: Hooks, kind: str, config: Any, key: Any, place: str, value: Any, frame: FrameType, how: str = ""
) -> None:
    if isinstance(key, str):
        hooks.tell("config", kind, config, key, place, value, acting(frame), how)


def attribute(hooks: Hooks, original: Any) -> Any:
    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
        value = original(self, name)
        if name[:1] != "_" and name in live(self):
            frame = sys._getframe(1)
            if outside(frame):
                tell(hooks, "read", self, name, "attr", value, frame)
        return value

    return __getattribute__


def item(hooks: Hooks, original: Any) -> Any:
    def __getitem__(self: Any, name: Any) -> Any:  # noqa: N807
        value = original(self, name)
        frame = sys._getframe(1)
        # obj.k where obj has only a config comes through __getattr__; dict(config) asks for each key in turn
        if (outside(frame) or frame.f_code.co_name == "__getattr__") and not in_one_go(hooks, self, frame):
            tell(hooks, "read", self, name, "item", value, frame)
        return value

    return __getitem__


def getter(hooks: Hooks, original: Any) -> Any:
    def get(self: Any, key: Any, default: Any = None) -> Any:
        value = original(self, key, default)
        frame = sys._getframe(1)
        if outside(frame):
            tell(hooks, "read", self, key, "item", value, frame)
        return value

    return get


def asked(hooks: Hooks, original: Any) -> Any:
    def __contains__(self: Any, key: Any) -> bool:  # noqa: N807
        found: bool = original(self, key)
        frame = sys._getframe(1)
        if outside(frame):
            tell(hooks, "read", self, key, "item", dict.get(self, key), frame, "in")
        return found

    return __contains__


def keys(hooks: Hooks, original: Any) -> Any:
    """``dict(config)`` and ``{**config}`` take the keys and then every item, all in one instruction of the caller."""

    def keys(self: Any) -> Any:
        frame = sys._getframe(1)
        if outside(frame):
            hooks.busy.keys = (id(self), id(frame), frame.f_lasti, False)
        return original(self)

    return keys


def in_one_go(hooks: Hooks, config: Any, frame: FrameType) -> bool:
    who, caller, instruction, told = getattr(hooks.busy, "keys", None) or (0, 0, 0, False)
    if (who, caller, instruction) != (id(config), id(frame), frame.f_lasti):
        return False
    if not told:
        hooks.busy.keys = (who, caller, instruction, True)
        hooks.tell("whole", config, "item", acting(frame))
    return True


def whole(place: str, hooks: Hooks, original: Any) -> Any:
    @functools.wraps(original)
    def method(self: Any, *arguments: Any) -> Any:
        frame = sys._getframe(1)
        if outside(frame) and not getattr(hooks.busy, "printing", False):
            hooks.tell("whole", self, place, acting(frame))
        return original(self, *arguments)

    return method


def printed(hooks: Hooks, original: Any) -> Any:
    def __repr__(self: Any) -> str:  # noqa: N807
        frame = sys._getframe(1)
        if outside(frame):
            hooks.tell("whole", self, "print", acting(frame))
        before, hooks.busy.printing = getattr(hooks.busy, "printing", False), True
        try:
            return str(original(self))
        finally:
            hooks.busy.printing = before

    return __repr__


def copied(hooks: Hooks, original: Any) -> Any:
    """What copy, deepcopy and pickle ask for; a copy is known from its first moment on."""

    def __reduce_ex__(self: Any, protocol: Any) -> Any:  # noqa: N807
        frame = sys._getframe(1)
        before, hooks.busy.printing = getattr(hooks.busy, "printing", False), True
        try:
            parts = original(self, protocol)
        finally:
            hooks.busy.printing = before
        if slashed(frame.f_code.co_filename) != COPY:
            hooks.tell("whole", self, "pickle", acting(frame))
            return parts
        by = acting(frame)

        def made(*arguments: Any) -> Any:
            new = parts[0](*arguments)
            hooks.tell("copied", self, new, by)
            return new

        return (made, *parts[1:]) if isinstance(parts, tuple) else parts

    return __reduce_ex__


def writer(place: str, hooks: Hooks, original: Any) -> Any:
    def write(self: Any, name: Any, value: Any) -> None:
        original(self, name, value)
        frame = sys._getframe(1)
        if outside(frame):
            tell(hooks, "write", self, name, place, value, frame)

    return write


def deleter(hooks: Hooks, original: Any) -> Any:
    def __delattr__(self: Any, name: str) -> None:  # noqa: N807
        original(self, name)
        frame = sys._getframe(1)
        if outside(frame):
            tell(hooks, "write", self, name, "attr", None, frame, "del")

    return __delattr__


def emptier(how: str, hooks: Hooks, original: Any) -> Any:
    """``clear`` and ``popitem`` take items away; the attributes stay."""

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        before = dict(dict.items(self))
        found = original(self, *arguments, **options)
        frame = sys._getframe(1)
        if outside(frame):
            for name in before.keys() - dict.keys(self) if how == "popitem" else before:
                tell(hooks, "write", self, name, "item", None, frame, how)
        return found

    return method


def mover(hooks: Hooks, original: Any) -> Any:
    """``move_to_end`` changes the order in which ``save`` and ``items`` go through the config, and no value."""

    @functools.wraps(original)
    def move_to_end(self: Any, key: Any, last: bool = True) -> None:
        original(self, key, last)
        frame = sys._getframe(1)
        if outside(frame):
            tell(hooks, "write", self, key, "item", dict.get(self, key), frame, "move_to_end")

    return move_to_end
