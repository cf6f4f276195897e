"""An ``__init__`` watched: what it was given, and what its lines do to the config of the object and of its parts."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from inspector.tracing.lines import MISSING, Local, Step, lines, step

_PLAIN = (bool, int, float, str, list, tuple, type(None))


@dataclass(slots=True)
class Making:
    """One construction. ``steps`` of a part that was passed in have that parameter's name as their owner."""

    cls: type
    steps: list[Step] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    own: Any = None

    def begin(self, frame: FrameType) -> Local | None:
        """Watch the ``__init__`` of the object and of its bases; not that of another object of the same class."""
        code = frame.f_code
        own = frame.f_locals.get(code.co_varnames[0])
        if self.own is None and type(own) is self.cls:
            self.own = own
        if own is None or own is not self.own:
            return None
        self.given |= arguments(frame)
        watched = {name: obj for name, obj in frame.f_locals.items() if configured(obj) is not None and obj is not own}
        watched[""] = own
        before = {name: stores(obj) for name, obj in watched.items()}

        def compare(frame: FrameType, line: int) -> None:
            for owner, obj in watched.items():
                now = stores(obj)
                for store, items in now.items():
                    old = before[owner].get(store, {})
                    for key in dict.fromkeys([*old, *items]):
                        one, other = old.get(key, MISSING), items.get(key, MISSING)
                        if one is other or key.startswith("_") or alike(one, other):
                            continue
                        if one is MISSING and not owner:
                            continue  # the object registers what it was given: nothing is rewritten by that
                        made = step(code, line, key, store, gone=other is MISSING, before=one, after=other)
                        self.steps.append(dataclasses.replace(made, owner=owner))
                before[owner] = now

        return lines(frame, compare, lambda returned: None)


def arguments(frame: FrameType) -> dict[str, Any]:
    """What a function has been called with by name, what its ``**kwargs`` hold too."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    found = {name: frame.f_locals.get(name) for name in code.co_varnames[1:count]}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        found |= frame.f_locals[code.co_varnames[count + bool(code.co_flags & inspect.CO_VARARGS)]]
    return found


def constructors(cls: type) -> Iterator[CodeType]:
    """The code of every ``__init__`` of the class and its bases, the library's own wrapper taken off."""
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        code = getattr(inspect.unwrap(init), "__code__", None) if init is not None else None
        if code is not None and base.__module__.partition(".")[0] != "torch":
            yield code


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
    return isinstance(one, _PLAIN) and type(one) is type(other) and bool(one == other)
