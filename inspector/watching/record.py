"""One recorder: whose settings it follows, and the reads and writes it was told of, in order."""

from __future__ import annotations

import os
import sysconfig
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from inspector.observe import parts_of
from inspector.observe.plain import plain
from inspector.observe.settings import is_pair, is_pipeline, kind_of
from inspector.observe.state import live
from inspector.watching.calls import Calls
from inspector.watching.hooks import HOOKS, is_plumbing

_LIBRARIES = ("/diffusers/", "/transformers/", "/torch/", "/accelerate/", "/peft/", "/huggingface_hub/")


_LOADING = ("from_pretrained", "_load_components", "load_sub_model")


@dataclass(slots=True)
class Event:
    """One write, or all the reads of one line between two writes of the same setting."""

    kind: str
    owner: int
    key: str
    place: str
    value: Any
    file: str
    line: int
    function: str
    by: tuple[str, int] = ("", 0)
    """The user's own line behind it."""
    count: int = 1
    taken: tuple[str, ...] = ()


@dataclass(slots=True)
class Owner:
    obj: Any
    path: str


@dataclass
class Recorder:
    """Follows ``target`` and its parts, and whatever is made meanwhile; without a target, everything."""

    target: Any = None
    events: list[Event] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.index: dict[int, int] = {}
        self.seen: dict[tuple[Any, ...], Event] = {}
        self.written: dict[tuple[int, str], int] = {}
        self.new = False

    def start(self) -> None:
        HOOKS.start(self)
        try:
            for path, part in parts_of(self.target) if self.target is not None else ():
                if "_internal_dict" in live(part):
                    self.add(part, path)
            self.new = True
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.calls.remove()
        HOOKS.stop(self)

    def add(self, obj: Any, path: str = "") -> int:
        """Follow an object; its index."""
        with self.lock:
            if id(obj) in self.index:
                return self.index[id(obj)]
            number = len(self.owners)
            self.owners.append(Owner(obj, path))
            self.index[id(obj)] = number
        if not isinstance(obj, dict):
            HOOKS.adopt(type(obj))
            if is_pipeline(obj):
                self.calls.watch(type(obj))
        return number

    # what the hooks tell

    def created(self, obj: Any) -> None:
        if self.target is None:
            self.add(obj)

    def config(self, kind: str, config: Any, key: str, place: str, value: Any, frame: FrameType) -> None:
        owner = self.owner_of(config)
        if owner is not None and key[:1] != "_":
            self.note(kind, owner, key, place, value, frame)

    def attribute(self, kind: str, obj: Any, key: str, value: Any, frame: FrameType) -> None:
        owner = self.index.get(id(obj))
        if owner is None and self.target is None:
            owner = self.add(obj)
        if owner is None:
            return
        config = live(obj).get("_internal_dict", {})
        component = is_pipeline(obj) and (is_pair(dict.get(config, key)) or kind_of(value) != "other")
        if kind == "write":
            if component and "_internal_dict" in live(value):
                part = self.owners[self.add(value)]
                part.path = part.path or (key if obj is self.first() else f"{self.path(owner)}.{key}")
            if constructing(obj, frame) or (key not in dict.keys(config) and not component):
                return
        self.note(kind, owner, key, "component" if component else "live", value, frame)

    def registered(self, obj: Any, given: dict[str, Any], frame: FrameType) -> None:
        owner = self.index.get(id(obj))
        if owner is None or constructing(obj, frame):
            return
        for key, value in given.items():
            pair = is_pipeline(obj) and is_pair(value)  # a component: its assignment is told already
            if key[:1] != "_" and not pair:
                self.note("write", owner, key, "register_to_config", value, frame)

    def made(self, cls: type, config: Any, given: dict[str, Any], result: Any, frame: FrameType) -> None:
        result = result[0] if isinstance(result, tuple) else result
        source = self.owner_of(config)
        if source is not None:
            flagged = set(dict.get(config, "_use_default_values") or ())
            taken = tuple(k for k in dict.keys(config) if k not in flagged and k[:1] != "_")
            self.note("read", source, "*", "from_config", f"for a new {cls.__name__}", frame, taken)
        if source is None and self.target is not None:
            return
        owner = self.add(result)
        for key, value in () if constructing(result, frame) else given.items():
            self.note("write", owner, key, "from_config", value, frame)

    def said(self, message: str, frame: FrameType) -> None:
        file, line, function = place_of(user_frame(frame))
        with self.lock:
            row = {"message": " ".join(message.split())[:500], "file": file, "line": line, "function": function}
            if row not in self.warnings:
                self.warnings.append(row)

    def owner_of(self, config: Any) -> int | None:
        """Whose config this is."""
        if not isinstance(config, dict):
            return None
        for number in range(len(self.owners) - 1, -1, -1):
            obj = self.owners[number].obj
            if obj is config or live(obj).get("_internal_dict") is config:
                return number
        free = self.target is None and type(config).__name__ == "FrozenDict"
        return self.add(config, "copy of a config") if free else None

    def note(
        self, kind: str, owner: int, key: str, place: str, value: Any, frame: FrameType, taken: tuple[str, ...] = ()
    ) -> None:
        file, line, function = place_of(frame)
        with self.lock:
            since = self.written.get((owner, key), 0)
            if kind == "read":
                seen = self.seen.get((owner, key, place, file, line, function, since))
                if seen is not None:
                    seen.count += 1
                    return
            else:
                self.written[owner, key] = since + 1
            by = place_of(user_frame(frame))
            event = Event(kind, owner, key, place, told(value), file, line, function, (by[0], by[1]), taken=taken)
            self.events.append(event)
            if kind == "read":
                self.seen[owner, key, place, file, line, function, since] = event

    def first(self) -> Any:
        return next((o.obj for o in self.owners if is_pipeline(o.obj)), None)

    def path(self, number: int) -> str:
        """How an owner is called: as it was found, else by the pipeline that holds it, else by its class."""
        owner = self.owners[number]
        if owner.path:
            return owner.path
        pipes = [o.obj for o in self.owners if is_pipeline(o.obj)]
        if is_pipeline(owner.obj):
            rank = next(i for i, p in enumerate(pipes) if p is owner.obj)
            return "pipe" if rank == 0 else f"pipe{rank + 1}"
        for rank, pipe in enumerate(pipes):
            for name, value in live(pipe).items():
                if value is owner.obj:
                    return name if rank == 0 else f"pipe{rank + 1}.{name}"
        return type(owner.obj).__name__


def told(value: Any) -> Any:
    """A value as plain data; a component as its class's name."""
    return type(value).__name__ if "_internal_dict" in live(value) or kind_of(value) != "other" else plain(value)


def constructing(obj: Any, frame: FrameType) -> bool:
    """Whether the object is being made: its own ``__init__`` runs, or the pipeline's loading of it."""
    inner: FrameType | None = frame
    for _ in range(8):
        if inner is None:
            return False
        name = inner.f_code.co_name
        if name in ("__init__", "inner_init") and inner.f_locals.get("self") is obj:
            return True
        if name in _LOADING and "/diffusers/" in inner.f_code.co_filename:
            return True
        inner = inner.f_back
    return False


def user_frame(frame: FrameType) -> FrameType:
    """The nearest line that is the user's own."""
    inner: FrameType | None = frame
    while inner is not None:
        file = inner.f_code.co_filename.replace("\\", "/")
        if not is_plumbing(inner) and not any(part in file for part in _LIBRARIES) and not file.startswith(STDLIB):
            return inner
        inner = inner.f_back
    return frame


STDLIB = sysconfig.get_path("stdlib").replace("\\", "/") + "/"


def place_of(frame: FrameType) -> tuple[str, int, str]:
    """File, line, function: a library's file by its name, the user's from the current folder."""
    name = frame.f_code.co_filename
    return shortened(name), frame.f_lineno, frame.f_code.co_name


_SHORT: dict[str, str] = {}


def shortened(name: str) -> str:
    if name not in _SHORT:
        path = Path(name)
        try:
            _SHORT[name] = str(path.relative_to(os.getcwd())) if "site-packages" not in path.parts else path.name
        except ValueError:
            _SHORT[name] = path.name
    return _SHORT[name]
