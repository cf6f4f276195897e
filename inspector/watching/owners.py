"""Whose settings are followed: objects by number, held weakly, so that what the user's code lets go of is gone."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from inspector.model import Kind
from inspector.observe.settings import is_pair, is_pipeline, kind_of
from inspector.observe.state import is_module, live
from inspector.watching.places import Spot, slashed

_LOADING = ("from_pretrained", "_load_components", "load_sub_model", "from_single_file")


@dataclass(slots=True)
class Owner:
    cls: type
    kind: Kind
    path: str
    ref: Any
    keys: list[str]
    """The settings of its config, without a pipeline's components."""
    held: list[tuple[int, str]] = field(default_factory=list)
    """The pipelines that hold it, or held it, and under which name."""
    compiled: bool = False
    inner: bool = False
    """A part of another model, with a config of its own."""


class Owners(list[Owner]):
    """All of them in the order in which they were met."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[int, int] = {}
        self.configs: dict[int, tuple[Any, int]] = {}
        self.old: dict[int, tuple[Any, int, Spot]] = {}
        self.ignored: dict[int, Any] = {}
        self.slots: dict[tuple[int, str], int] = {}

    def add(self, obj: Any, path: str = "") -> int:
        number = self.known.get(id(obj), -1)
        if number >= 0:
            return number
        number = len(self)
        kind: Kind = "other" if isinstance(obj, dict) else kind_of(obj)
        self.append(Owner(type(obj), kind, path, self.remember(obj, number), keys_of(obj)))
        return number

    def ignore(self, obj: Any) -> None:
        """Known not to be followed."""
        if id(obj) not in self.known:
            self.ignored[id(obj)] = self.remember(obj, -1)

    def remember(self, obj: Any, number: int) -> Any:
        identity = id(obj)

        def gone(_: Any) -> None:
            if self.known.get(identity) == number:
                del self.known[identity]

        self.known[identity] = number
        return weakref.ref(obj, gone)

    def of_config(self, config: Any) -> int | None:
        """The object that has this config, or had it before another took its place."""
        held = self.configs.get(id(config))
        if held is not None and held[0]() is config:
            return held[1]
        for number in range(len(self) - 1, -1, -1):
            obj = self[number].ref()
            if obj is not None and live(obj).get("_internal_dict") is config:
                self.configs[id(config)] = (weakref.ref(config), number)
                return number
        alone = self.known.get(id(config), -1)
        if alone >= 0:
            return alone
        former = self.old.get(id(config))
        if former is not None and former[0]() is config:
            _, number, by = former
            return self.add(config, f"{self.path(number)}.config of before {by[0]}:{by[1]}")
        return None

    def retire(self, config: Any, number: int, by: Spot) -> None:
        self.configs.pop(id(config), None)
        self.old[id(config)] = (weakref.ref(config), number, by)
        obj = self[number].ref()
        if obj is not None:
            self[number].keys = keys_of(obj)

    def hold(self, pipe: int, name: str, number: int) -> None:
        self.slots[pipe, name] = number
        if (pipe, name) not in self[number].held:
            self[number].held.append((pipe, name))

    def replaced(self, number: int) -> bool:
        """Whether every pipeline that held it holds another one in its place now."""
        held = self[number].held
        return bool(held) and all(self.slots[spot] != number for spot in held)

    def name_inner(self) -> None:
        """Models inside models, by where they are: ``unet.mid_block.attentions.0``."""
        for number, owner in enumerate(list(self)):
            obj = owner.ref()
            if owner.inner or obj is None or not is_module(obj):
                continue
            for name, part in obj.named_modules():
                inside = self.known.get(id(part), -1)
                if part is not obj and inside >= 0 and not self[inside].held:
                    self[inside].path, self[inside].inner = f"{self.path(number)}.{name}", True

    def path(self, number: int) -> str:
        """How an owner is called: as it was found, else by the pipeline that holds it, else by its class."""
        owner = self[number]
        if owner.path:
            return owner.path
        pipes = [n for n, o in enumerate(self) if o.kind == "pipeline"]
        if owner.kind == "pipeline":
            rank = pipes.index(number)
            return "pipe" if rank == 0 else f"pipe{rank + 1}"
        for pipe, name in owner.held:
            return name if pipe == pipes[0] else f"{self.path(pipe)}.{name}"
        rank = sum(o.cls is owner.cls and not o.path and not o.held for o in self[:number])
        return owner.cls.__name__ if rank == 0 else f"{owner.cls.__name__}{rank + 1}"


def config_of(obj: Any) -> Any:
    """An object's config, without asking the object."""
    if isinstance(obj, type):
        return None
    found = live(obj).get("_internal_dict")
    return found if isinstance(found, dict) else None


def keys_of(obj: Any) -> list[str]:
    config = obj if isinstance(obj, dict) else config_of(obj)
    keys = [k for k in dict.keys(config or {}) if isinstance(k, str) and k[:1] != "_"]
    return [k for k in keys if not (is_pipeline(obj) and is_pair(dict.get(config, k)))]


def constructing(obj: Any, frame: FrameType) -> bool:
    """Whether the object is being made: its own ``__init__`` runs, or the library's loading of it."""
    inner: FrameType | None = frame
    while inner is not None:
        name = inner.f_code.co_name
        if name in ("__init__", "inner_init") and inner.f_locals.get("self") is obj:
            return True
        if is_loading(inner):
            return holds(inner, obj)
        inner = inner.f_back
    return False


def holds(frame: FrameType, obj: Any) -> bool:
    """Loading touches what it loads; a pipeline that is loaded around an object of the user's does not make that."""
    given = (frame.f_locals.get(name) or {} for name in ("kwargs", "passed_class_obj"))
    return not any(obj is part for parts in given for part in parts.values())


def compiled(obj: Any) -> bool:
    """Whether torch.compile has it: compiled code asks no config."""
    return live(obj).get("_compiled_call_impl") is not None


def uncompiled(obj: Any) -> Any:
    """The model inside what ``torch.compile(model)`` gave."""
    return live(obj).get("_modules", {}).get("_orig_mod", obj)


def is_loading(frame: FrameType) -> bool:
    return frame.f_code.co_name in _LOADING and "/diffusers/" in slashed(frame.f_code.co_filename)


def loading(frame: FrameType) -> bool:
    """Whether a loading of the library asks, for a part of something, rather than the user for this."""
    above = frame.f_back
    while above is not None and above.f_code.co_name in ("_inner_fn", "from_pretrained", "wrapper"):
        above = above.f_back
    return above is not None and "/diffusers/" in slashed(above.f_code.co_filename)
