"""The three answers about a line, each measured: the object itself, one from ``from_config``, one saved and loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inspector.model import Read, same
from inspector.observe import parts_of
from inspector.observe.plain import plain
from inspector.observe.settings import defaults_of, is_pipeline, kind_of
from inspector.observe.state import live
from inspector.trying import made, measure
from inspector.trying.grammar import FromConfig, Line
from inspector.trying.session import Session

Intent = tuple[str, Any]
"""A setting and the value it was meant to get."""


@dataclass(slots=True)
class Subject:
    """What a line is about: a component, the pipeline, or a copy that earlier lines made.

    ``before`` and ``after`` are the objects; ``inside``: it belongs to the pipeline of ``expression``'s root.
    """

    path: str
    expression: str
    before: Any
    after: Any
    inside: bool
    kind: str

    @property
    def replaced(self) -> bool:
        return type(self.before) is not type(self.after)


@dataclass(slots=True)
class Evidence:
    """One answer: true, false, or None with the reason; ``other`` names what came out otherwise."""

    verdict: bool | None
    why: str = ""
    other: list[str] = field(default_factory=list)
    arrives: bool = False
    behaves: bool | None = None


def subject_of(line: Line, before: Session, after: Session) -> Subject | None:
    """What a line is about; None for one that changes no object with a config."""
    target = line.target
    if target is None:
        return None
    root, name = after.root, after.component(target)
    old, new = before.object, after.object
    if name:
        one, other = live(old).get(name), live(new).get(name)
        whole = len(target.steps) == 1 and target.root == root
        if whole and "scheduler" not in (kind_of(one), kind_of(other)):
            return Subject(root, root, old, new, True, kind_of(new))
        return Subject(name, f"{root}.{name}", one, other, True, kind_of(other))
    if target.root == root:
        return Subject(root, root, old, new, True, kind_of(new))
    one, other = before.names.get(target.root), after.names.get(target.root)
    if one is None or "_internal_dict" not in live(one) or "_internal_dict" not in live(other):
        return None
    return Subject(target.root, target.root, one, other, False, kind_of(other))


def intents_of(line: Line, before: Session, changed: list[dict[str, Any]]) -> list[Intent]:
    """The settings that the line, with the edits it builds on, was meant to set."""
    value = line.value
    if isinstance(value, FromConfig):
        edits = [(k, v) for name, k, v in before.edits if name == value.config.root]
        return [*dict([*edits, *value.keywords.items()]).items()]
    if line.target is None or not line.target.steps:
        return []
    where = [c for c in changed if c["where"].rpartition(".")[2] == line.target.key and "after" in c]
    literal = getattr(value, "value", None)
    return [(line.target.key, where[0]["after"] if where and literal is None else plain(literal))]


class Judge:
    """Measures lines; a pipeline that is like one that ran before is not run again."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}

    def behaviour(self, session: Session, subject: Subject, obj: Any) -> dict[str, Any] | str:
        """What an object does, or why that cannot be seen here."""
        if subject.kind == "scheduler":
            return measure.scheduler(obj)
        pipe = obj if subject.path == session.root else session.object
        if not is_pipeline(pipe):
            return f"a {subject.kind} on its own is not run"
        if not subject.inside:
            return "a copy that is in no pipeline is not run"
        if live(pipe).get(subject.path) is not obj and pipe is not obj:
            pipe = measure.copied(pipe)
            live(pipe)[subject.path] = obj  # past __setattr__: the pipeline's config is told nothing
        if why := measure.runnable(pipe):
            return why
        # two pipelines that are alike in every place do the same: their weights are shared
        alike = repr(sorted((*key, repr(v)) for key, v in Session("pipe", {"pipe": pipe}).places().items()))
        if alike not in self.known:
            self.known[alike] = measure.pipeline(pipe)
        return self.known[alike]

    def object(self, before: Session, after: Session, subject: Subject, rows: list[dict[str, Any]]) -> Evidence:
        one = self.behaviour(before, subject, subject.before)
        other = self.behaviour(after, subject, subject.after)
        if isinstance(one, dict) and isinstance(other, dict):
            names = measure.different(one, other)
            numbers = f"{one['first']} → {other['first']}" if "first" in names else other.get("raises", "")
            return Evidence(bool(names), numbers, [n for n in names if n != "first"], behaves=bool(names))
        why = one if isinstance(one, str) else str(other)
        if not subject.inside:
            return Evidence(None, why)
        found = read_after(after, subject, rows)
        if found is None:
            return Evidence(None, f"{why}; the code takes the whole config, so who reads it cannot be told")
        return Evidence(bool(found), f"{why}; told by who reads it")

    def remade(
        self, how: Callable[[Any], Any], before: Session, after: Session, subject: Subject, intents: list[Intent]
    ) -> Evidence:
        """An object made of the subject: whether it shows the change, by what it does or by the value it has."""
        try:
            other = how(subject.after)
        except Exception as error:  # noqa: BLE001 (whatever the library raises is the answer)
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            try:
                how(subject.before)
            except Exception:  # noqa: BLE001 (it never could be made: nothing is known of the line)
                return Evidence(None, said)
            return Evidence(False, f"raises {said}")
        one = how(subject.before)
        arrives = [arrived(k, v, other) and not arrived(k, v, one) for k, v in intents]
        accepted = defaults_of(type(other))
        takes = [k in accepted or subject.kind == "pipeline" for k, _ in intents]
        first, second = self.behaviour(before, subject, one), self.behaviour(after, subject, other)
        if isinstance(first, dict) and isinstance(second, dict):
            names = measure.different(first, second)
            shows = any(a and t for a, t in zip(arrives, takes, strict=True))
            return Evidence(bool(names) or shows, other=names, arrives=any(arrives), behaves=bool(names))
        return Evidence(any(arrives), arrives=any(arrives))

    def from_config(self, before: Session, after: Session, subject: Subject, intents: list[Intent]) -> Evidence:
        return self.remade(made.from_config, before, after, subject, intents)

    def saved(self, before: Session, after: Session, subject: Subject, intents: list[Intent]) -> Evidence:
        return self.remade(made.saved, before, after, subject, intents)


def arrived(key: str, value: Any, obj: Any) -> bool:
    """Whether an object has this value of the setting where the library reads it."""
    config = live(obj).get("_internal_dict", live(obj).get("config"))
    held = [live(obj)[key]] if key in live(obj) and kind_of(obj) == "pipeline" else []
    held += [dict.get(config, key)] if isinstance(config, dict) and key in dict.keys(config) else []
    held += [live(config)[key]] if key in live(config) else []
    return bool(held) and all(same(plain(v), value) for v in held)


def classes_of(session: Session) -> dict[str, type]:
    kinds = ("pipeline", "scheduler", "model")
    return {path: type(part) for path, part in parts_of(session.object) if kind_of(part) in kinds}


PLACES = {"attr": "config.attr", "item": "config.item", "live": "live"}


def reads_of(session: Session, subject: Subject, key: str) -> tuple[Read, ...]:
    """Who reads a setting, over the pipeline and all its components."""
    from inspector.reads import readers

    classes = classes_of(session)
    if not subject.inside:
        classes = {subject.path: type(subject.after)}
    return readers(classes).get((subject.path, key), ())


def read_after(session: Session, subject: Subject, rows: list[dict[str, Any]]) -> list[Read] | None:
    """The reads that see what the line changed; None where the code takes whole configs."""
    found = []
    for row in rows:
        key = row["where"].rpartition(".")[2]
        reads = reads_of(session, subject, key)
        found += [r for r in reads if r.place == PLACES.get(row["place"])]
    if not found and any(r.place.startswith("config") for r in reads_of(session, subject, "*")):
        return None
    return found
