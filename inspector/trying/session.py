"""The scratch copy that lines are run on: names and what they hold, one step at a time."""

from __future__ import annotations

import contextlib
import copy
import difflib
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, same
from inspector.observe import alone, parts_of
from inspector.observe.plain import plain
from inspector.observe.settings import is_pipeline, settings_of
from inspector.observe.state import is_module, live, state_of
from inspector.trying.grammar import Constant, DeepCopy, Expression, Line, Path
from inspector.trying.measure import copied

Places = dict[tuple[str, str], Any]
"""(where, place) -> plain data."""


@dataclass(slots=True)
class Session:
    """The names that lines speak of. ``root`` is what stands for the source: ``pipe``, ``scheduler`` or ``model``."""

    root: str
    names: dict[str, Any]
    edits: list[tuple[str, str, Any]] = field(default_factory=list)
    """(local name, setting, value): what earlier lines wrote into copies, and meant for the pipeline."""

    @classmethod
    def of(cls, obj: Any) -> Session:
        root = "pipe" if is_pipeline(obj) or hasattr(type(obj), "__dataclass_fields__") else alone(obj)
        return cls(root, {root: copied(obj)})

    @property
    def object(self) -> Any:
        return self.names[self.root]

    def fork(self) -> Session:
        """The same at this moment, to try something on."""
        memo: dict[int, Any] = {}
        for value in [*self.names.values(), *(v for n in self.names.values() for v in live(n).values())]:
            if is_module(value):
                memo |= {id(p): p for p in [*value.parameters(), *value.buffers()]}
        return Session(self.root, copy.deepcopy(self.names, memo), list(self.edits))

    def base(self, path: Path) -> Any:
        if path.root == "scheduler" and path.root not in self.names:
            return self.object.scheduler
        return self.names[path.root]

    def get(self, path: Path) -> Any:
        return walked(self.base(path), path.steps)

    def component(self, path: Path) -> str:
        """The component of the pipeline that a path leads into, else an empty text."""
        if path.root == "scheduler" and path.root not in self.names:
            return "scheduler"
        first = path.steps[0][1] if path.steps and not path.steps[0][0] else ""
        parts = {name for name, _ in parts_of(self.object)} if self.root == "pipe" else set()
        return first if path.root == self.root and first in parts else ""

    def evaluate(self, value: Expression) -> Any:
        if isinstance(value, Path):
            return self.get(value)
        if isinstance(value, Constant):
            return copy.deepcopy(value.value)
        if isinstance(value, DeepCopy):
            return copied(self.get(value.of))
        return find(value.cls).from_config(self.get(value.config), **copy.deepcopy(value.keywords))

    def run(self, line: Line) -> None:
        """Run one line; whatever the library raises goes to the caller."""
        value = self.evaluate(line.value)
        target = line.target
        if target is None:
            return
        if not target.steps:
            self.names[target.root] = value
            return
        holder = walked(self.base(target), target.steps[:-1])
        item, name = target.steps[-1]
        if item:
            holder[name] = value
        else:
            setattr(holder, name, value)
        if target.root not in (self.root, "scheduler") and isinstance(line.value, Constant):
            self.edits.append((target.root, target.key, value))

    def places(self) -> Places:
        """Every setting in every place, of the object, its components and the copies that lines made."""
        found: Places = {}
        for path, part in parts_of(self.object):
            found |= places_of(path, part)
        for name, value in self.names.items():
            if name != self.root and "_internal_dict" in live(value) and not is_pipeline(value):
                found |= places_of(name, value)
        return found


def walked(obj: Any, steps: tuple[tuple[bool, Any], ...]) -> Any:
    for item, name in steps:
        obj = obj[name] if item else getattr(obj, name)
    return obj


def places_of(path: str, part: Any) -> Places:
    found: Places = {(path, "class"): type(part).__name__}
    settings = settings_of(part, None)
    for setting in settings:
        for place, data in setting.places().items():
            if place in ("item", "attr", "live"):
                found[f"{path}.{setting.name}", place] = data
        if setting.defaulted:
            found[f"{path}.{setting.name}", "listed as default"] = True
    state = state_of(part, {s.name for s in settings})
    for kind in ("tensors", "attributes"):
        found |= {(f"{path}.{name}", "live"): data for name, data in state.get(kind, {}).items()}
    return found


def changes(before: Places, after: Places) -> list[dict[str, Any]]:
    """What is not the same, in the order of the objects; a missing ``before`` or ``after`` had or has no such name."""
    found = []
    for where, place in dict.fromkeys([*before, *after]):
        one, other = before.get((where, place)), after.get((where, place))
        if ((where, place) in before) != ((where, place) in after) or not same(one, other):
            row: dict[str, Any] = {"where": where, "place": place}
            row |= {"before": one} if (where, place) in before else {}
            row |= {"after": other} if (where, place) in after else {}
            found.append(row)
    return found


def find(name: str) -> Any:
    """A class of diffusers by its name.

    Raises:
        InspectError: there is none (exit 2); the hint names the nearest.
    """
    import diffusers

    found = getattr(diffusers, name, None)
    if not isinstance(found, type) or not hasattr(found, "from_config"):
        classes = [n for n in dir(diffusers) if n[:1].isupper()]
        near = difflib.get_close_matches(name, classes, n=2, cutoff=0.6)
        hint = f"did you mean {' or '.join(near)}?" if near else "a class of diffusers that has from_config"
        raise InspectError(f"{name}: no such class in diffusers", hint=hint, exit_code=EXIT_USAGE)
    return found


@contextlib.contextmanager
def overheard() -> Iterator[list[str]]:
    """What the library says meanwhile, in its log and as warnings, instead of the terminal."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger = logging.getLogger("diffusers")
    state = (logger.level, logger.propagate, list(logger.handlers), logging.root.manager.disable)
    listener = Listener(logging.WARNING)
    try:
        logging.disable(logging.NOTSET)
        logger.setLevel(logging.WARNING)
        logger.propagate, logger.handlers = False, [listener]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
        said += [str(w.message) for w in caught]
    finally:
        logger.setLevel(state[0])
        logger.propagate, logger.handlers = state[1], state[2]
        logging.disable(state[3])


def shown(value: Any) -> str:
    """A value as a user types it."""
    literal = isinstance(value, bool | int | float | str | list | tuple | dict | None)
    text = repr(value) if literal else str(plain(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
