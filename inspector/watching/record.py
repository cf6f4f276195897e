"""One recorder: whose settings it follows, and the reads and writes it was told of, in order."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from inspector.model import same
from inspector.observe import parts_of
from inspector.observe.settings import defaults_of, is_pair, is_pipeline
from inspector.observe.state import is_module, live
from inspector.watching.calls import parameters, watch
from inspector.watching.events import Call, Event, differ, told
from inspector.watching.hooks import HOOKS
from inspector.watching.objects import adopt
from inspector.watching.owners import Owners, compiled, config_of, constructing, is_loading, loading, uncompiled
from inspector.watching.places import spot, user_frame

_NO_KEYWORDS = {"return_unused_kwargs", "pretrained_model_name_or_path", "dtype"}
"""What ``from_config`` takes for itself, or hands on without being asked."""


@dataclass
class Recorder:
    """Follows ``target`` and its parts, and what is made meanwhile; without a target, everything."""

    target: Any = None
    events: list[Event] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    calls: dict[Any, Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.thread, self.here = threading.get_ident(), os.getcwd()
        self.owners = Owners()
        self.known = self.owners.known
        self.seen: dict[tuple[Any, ...], Event] = {}
        self.written: dict[tuple[int, str], int] = {}

    def start(self) -> None:
        HOOKS.start(self)
        try:
            for path, part in parts_of(self.target) if self.target is not None else ():
                if config_of(part) is not None:
                    self.add(part, path)
                for inner in part.modules() if is_module(part) else ():
                    if config_of(inner) is not None:
                        self.add(inner)
            for name, part in live(self.target).items() if is_pipeline(self.target) else ():
                if config_of(part) is not None and id(part) in self.known:
                    self.owners.hold(self.known[id(self.target)], name, self.known[id(part)])
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        HOOKS.stop(self)
        with self.lock:
            self.owners.name_inner()
            for owner in self.owners:
                owner.compiled |= compiled(owner.ref())

    def add(self, obj: Any, path: str = "") -> int:
        """Follow an object; its number."""
        with self.lock:
            number = self.owners.add(obj, path)
        if not isinstance(obj, dict):
            adopt(HOOKS, type(obj), config_of(obj))
            if is_pipeline(obj):
                watch(HOOKS, type(obj))
        return number

    def number(self, obj: Any) -> int | None:
        number = self.known.get(id(obj), -1)
        return number if number >= 0 else None

    # what the hooks tell

    def met(self, obj: Any) -> None:
        if self.target is None:
            self.add(obj)
        else:
            self.owners.ignore(obj)

    def created(self, obj: Any) -> None:
        if self.target is None or threading.get_ident() == self.thread:
            self.add(obj)

    def config(self, kind: str, config: Any, key: str, place: str, value: Any, frame: FrameType, how: str) -> None:
        owner = self.owner_of(config, kind)
        if owner is not None and key[:1] != "_":
            self.note(kind, owner, key, place, value, frame, how)

    def attribute(self, kind: str, obj: Any, key: str, value: Any, frame: FrameType, how: str) -> None:
        owner = self.number(obj)
        if owner is None and self.target is None:
            owner = self.add(obj)
        if owner is None:
            return
        pair = is_pipeline(obj) and is_pair(dict.get(config_of(obj) or {}, key))
        if kind == "write":
            inside = uncompiled(value) if pair else value
            if pair and config_of(inside) is not None:
                number = self.add(inside)
                self.owners.hold(owner, key, number)
                self.owners[number].compiled |= inside is not value
            if constructing(obj, frame):
                return
        self.note(kind, owner, key, "component" if pair else "live", value, frame, how)
        if kind == "write" and pair:
            lost = value is not None and (config_of(obj) or {})[key][0] is None
            self.events[-1].how = how or ("unsaved" if lost else "")

    def replaced(self, obj: Any, before: Any, after: Any, given: frozenset[str], frame: FrameType) -> None:
        """Another config in the place of the one before: what that changes, beside what it was given."""
        owner = self.number(obj)
        if owner is None:
            return
        with self.lock:
            self.owners.retire(before, owner, spot(user_frame(frame), self.here))
        if constructing(obj, frame):
            return
        old, new = (dict(live(before)), dict(dict.items(before))), (dict(live(after)), dict(dict.items(after)))
        for key in {**old[0], **old[1], **new[0], **new[1]}:
            if key[:1] == "_" or key in given:
                continue
            changed = [p for p, o, n in zip(("attr", "item"), old, new, strict=True) if differ(o, n, key)]
            if changed:
                place = changed[0] if len(changed) == 1 else "register_to_config"
                self.note("write", owner, key, place, new[place == "item"].get(key), frame, "replaced")

    def registered(self, obj: Any, given: dict[str, Any], frame: FrameType) -> None:
        owner = self.number(obj)
        if owner is None or constructing(obj, frame):
            return
        for key, value in given.items():
            pair = is_pipeline(obj) and is_pair(value)  # a component: its assignment is told already
            if key[:1] != "_" and not pair:
                self.note("write", owner, key, "register_to_config", value, frame)

    def whole(self, obj: Any, place: str, frame: FrameType) -> None:
        owner = self.owner_of(obj, "read") if isinstance(obj, dict) else self.number(obj)
        if owner is not None:
            self.note("read", owner, "*", place, None, frame, config=obj if isinstance(obj, dict) else config_of(obj))

    def copied(self, obj: Any, new: Any, frame: FrameType) -> None:
        owner = self.owner_of(obj, "read") if isinstance(obj, dict) else self.number(obj)
        if owner is None:
            return
        by = spot(user_frame(frame), self.here)
        path = f"copy of {self.owners.path(owner)} ({by[0]}:{by[1]})"
        into = self.add(new, path)
        self.note("read", owner, "*", "copy", None, frame, into=into)

    def making(self, cls: type, config: Any, given: dict[str, Any], frame: FrameType) -> None:
        source = self.owner_of(config, "read")
        if source is not None:
            self.note("read", source, "*", "from_config", cls.__name__, frame, config=config, without=given.keys())

    def made(self, cls: type, config: Any, given: dict[str, Any], result: Any, frame: FrameType) -> None:
        known = self.owner_of(config, "read") is not None
        if not known and self.target is not None and threading.get_ident() != self.thread:
            return
        owner = self.add(result)
        part = loading(frame) if is_loading(frame) else constructing(result, frame)
        for key, value in () if part else given.items():
            if key not in _NO_KEYWORDS and key not in getattr(cls, "_deprecated_kwargs", ()):
                taken = key in defaults_of(type(result))
                self.note("write", owner, key, "from_config", value, frame, "" if taken else "unknown")

    def called(self, pipe: Any, function: Any, given: dict[str, Any], telling: bool) -> None:
        owner = self.number(pipe)
        if owner is None:
            return
        with self.lock:
            key = (type(pipe), function)
            if key not in self.calls:
                self.calls[key] = Call(type(pipe).__name__, owner, parameters(function), telling)
            call = self.calls[key]
            call.runs += 1
            names = given.keys() & call.arguments.keys()
            call.given |= names
            call.changed |= {n for n in names if not same(told(given[n]), told(call.arguments[n]))}

    def consulted(self, pipe: Any, function: Any, name: str) -> None:
        call = self.calls.get((type(pipe), function))
        if call is not None and self.number(pipe) is not None:
            call.used.add(name)

    def said(self, message: str, frame: FrameType) -> None:
        file, line, function = spot(user_frame(frame), self.here)
        with self.lock:
            row = {"message": " ".join(message.split())[:500], "file": file, "line": line, "function": function}
            if row not in self.warnings:
                self.warnings.append(row)

    def owner_of(self, config: Any, kind: str) -> int | None:
        """Whose config this is; one that belongs to nobody is followed for itself where everything is."""
        if type(config) is dict or not isinstance(config, dict):
            return None
        with self.lock:
            number = self.owners.of_config(config)
        if number is None and self.target is None and (kind == "read" or len(live(config)) > 1):
            number = self.add(config, "a config of its own")  # not one that pickle is just filling
        return number

    def note(
        self,
        kind: str,
        owner: int,
        key: str,
        place: str,
        value: Any,
        frame: FrameType,
        how: str = "",
        *,
        config: Any = None,
        without: Any = (),
        into: int = -1,
    ) -> None:
        with self.lock:
            since = self.written.get((owner, key), 0)
            fast = (owner, key, place, frame.f_code, frame.f_lineno, since, how)
            if kind == "read" and key != "*":
                seen = self.seen.get(fast)
                if seen is not None:
                    seen.count += 1
                    return
            event = Event(
                kind,
                owner,
                key,
                place,
                told(value),
                spot(frame, self.here),
                spot(user_frame(frame), self.here),
                how,
                into=into,
            )
            if key == "*" and config is not None:
                keys = {k for o, k in self.written if o == owner} - set(without)
                flagged = set(dict.get(config, "_use_default_values") or ()) if place == "from_config" else set()
                event.items = {k: told(dict.get(config, k)) for k in keys - flagged}
                event.dropped = frozenset(keys & flagged)
            self.events.append(event)
            if kind == "write":
                self.written[owner, key] = since + 1
            elif key != "*":
                self.seen[fast] = event
