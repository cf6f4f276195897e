"""The scratch copy that lines are run on: names and what they hold, one step at a time."""

from __future__ import annotations

import contextlib
import copy
import difflib
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, same
from inspector.observe import alone, parts_of
from inspector.observe.plain import plain
from inspector.observe.settings import is_pipeline, settings_of
from inspector.observe.state import is_module, live, state_of
from inspector.trying.copies import copied, weights_of
from inspector.trying.grammar import Constant, DeepCopy, Expression, FromConfig, Line, Path, Register
from inspector.trying.walking import found_by, refuse_weights, storages, walked, writable

Places = dict[tuple[str, str], Any]
"""(where, place) -> plain data."""


@dataclass(slots=True)
class Session:
    """The names that lines speak of. ``root`` is what stands for the source: ``pipe``, ``scheduler`` or ``model``.

    ``spoken`` is how the user's lines name it: ``pipe.scheduler`` for a scheduler that is in no pipeline here.
    """

    root: str
    names: dict[str, Any]
    edits: list[tuple[str, str, Any]] = field(default_factory=list)
    """(local name, setting, value): what earlier lines wrote into copies, and meant for the pipeline."""
    spoken: str = ""
    aliases: dict[str, Path] = field(default_factory=dict)
    """Names that lines gave to what has a path already: ``c = pipe.scheduler.config``."""
    shared: tuple[Any, ...] = ()
    """The modules of the user's object, whose weights the copies share."""

    @classmethod
    def of(cls, obj: Any) -> Session:
        if hasattr(type(obj), "__dataclass_fields__"):
            hint = "--trust-remote-code runs code that came with the folder; or name one component: FOLDER/scheduler"
            why = f"there is no {obj.cls_name} to try lines on: its class was not run, or could not be built"
            raise InspectError(why, hint=hint)
        root = "pipe" if is_pipeline(obj) else alone(obj)
        try:
            twin = copied(obj)
        except Exception as error:  # whatever a user's object raises when it is copied
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            hint = "take off what cannot be copied (hooks, locks, open files) and try again"
            raise InspectError(f"no scratch copy of the {type(obj).__name__} can be made: {said}", hint=hint) from error
        return cls(root, {root: twin}, shared=tuple(v for v in [twin, *live(twin).values()] if is_module(v)))

    @property
    def object(self) -> Any:
        return self.names[self.root]

    def fork(self) -> Session:
        """The same at this moment, to try something on."""
        memo = weights_of([*self.names.values(), *(v for n in self.names.values() for v in live(n).values())])
        names = copy.deepcopy(self.names, memo)
        return Session(self.root, names, list(self.edits), self.spoken, dict(self.aliases), self.shared)

    def resolved(self, line: Line) -> Line:
        """The line with its paths from the source where a name only stands for one."""
        target = line.target if line.target is None or not line.target.steps else self.plainly(line.target)
        value = line.value
        if isinstance(value, Path):
            value = self.plainly(value)
        elif isinstance(value, DeepCopy):
            value = DeepCopy(self.plainly(value.of))
        elif isinstance(value, FromConfig):
            value = replace(value, config=self.plainly(value.config))
        elif isinstance(value, Register):
            value = replace(value, of=self.plainly(value.of))
        return replace(line, target=target, value=value)

    def plainly(self, path: Path) -> Path:
        other = self.aliases.get(path.root)
        if other is None or found_by(self.base(other), other) is not self.names[path.root]:
            return path  # what the name stands for is no longer there
        columns = (0,) * len(other.steps) + path.columns
        return Path(other.root, other.steps + path.steps, path.text, columns)

    def base(self, path: Path) -> Any:
        if path.root == "scheduler" and path.root not in self.names:
            return self.object.scheduler
        return self.names[path.root]

    def get(self, path: Path, line: Line) -> Any:
        return walked(self.base(path), path, line)

    def component(self, path: Path) -> str:
        """The component of the pipeline that a path leads into, else an empty text."""
        if path.root == "scheduler" and path.root not in self.names:
            return "scheduler"
        first = path.steps[0][1] if path.steps and not path.steps[0][0] else ""
        parts = {name for name, _ in parts_of(self.object)} if self.root == "pipe" else set()
        if len(path.steps) > 1 and path.steps[1][0] and f"{first}[{path.steps[1][1]}]" in parts:
            first = f"{first}[{path.steps[1][1]}]"
        return str(first) if path.root == self.root and first in parts else ""

    def holder(self, path: Path | None) -> str:
        """The attribute that a path leads through which has a config and is no component: ``image_processor``."""
        if path is None or path.root != self.root or self.component(path) or len(path.steps) < 2:
            return ""
        name = str(path.steps[0][1])
        return name if "_internal_dict" in live(live(self.object).get(name)) else ""

    def evaluate(self, value: Expression, line: Line) -> Any:
        if isinstance(value, Path):
            return self.get(value, line)
        if isinstance(value, Constant):
            return copy.deepcopy(value.value)
        if isinstance(value, DeepCopy):
            return copied(self.get(value.of, line))
        given = {k: self.evaluate(v, line) for k, v in value.keywords.items()}
        if isinstance(value, Register):
            return getattr(self.get(value.of, line), value.method)(**given)
        with made_like(self.object):
            return find(value.cls).from_config(self.get(value.config, line), **given)

    def run(self, line: Line) -> None:
        """Run one line; whatever the library raises goes to the caller.

        Raises:
            RefusedError: a path does not exist, or leads to what is no part of the copy (exit 2).
        """
        target = line.target
        holder: Any = None
        if target is not None and target.steps:
            holder = writable(self.base(target), target, line, storages(self.shared))
        value = self.evaluate(line.value, line)
        if target is None:
            return
        if not target.steps:
            refuse_weights(value, line, storages(self.shared))
            self.names[target.root] = value
            self.aliases.pop(target.root, None)
            if isinstance(line.value, Path) and (live(value) or isinstance(value, dict | list)):
                self.aliases[target.root] = line.value
            return
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
        parts = {name for name, _ in parts_of(self.object)}
        for name, value in live(self.object).items():
            if name not in parts and self.root == "pipe" and "_internal_dict" in live(value):
                found |= places_of(name, value)
        for name, value in self.names.items():
            if name != self.root and "_internal_dict" in live(value) and not is_pipeline(value):
                found |= places_of(name, value)
        return found


@contextlib.contextmanager
def made_like(obj: Any) -> Iterator[None]:
    """Models are made without weights where those of the source have none either."""
    parts = [p for _, p in parts_of(obj) if is_module(p)]
    if not any(t.device.type == "meta" for p in parts for t in p.parameters()):
        yield
        return
    from accelerate import init_empty_weights

    with init_empty_weights():
        yield


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
    if type(value).__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    literal = isinstance(value, bool | int | float | str | list | tuple | dict | None)
    text = repr(value) if literal else str(plain(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
