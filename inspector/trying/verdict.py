"""The three answers about a line, each measured: the object itself, one from ``from_config``, one saved and loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inspector.model import Read
from inspector.observe import parts_of
from inspector.observe.settings import defaults_of, is_pipeline, kind_of
from inspector.observe.state import live
from inspector.trying import made, measure, running
from inspector.trying.copies import copied
from inspector.trying.inputs import Way
from inspector.trying.intents import Intent, Subject, arrived
from inspector.trying.session import Session
from inspector.trying.walking import storages

LONGER = 12
"""How many steps a pipeline makes where its scheduler is in question: two may hide what a schedule does."""
PLACES = {"attr": "config.attr", "item": "config.item", "live": "live"}


@dataclass(slots=True)
class Evidence:
    """One answer: true, false, or None (cannot tell).

    ``how`` says by what: ``run`` (something was run and compared), ``read`` (told by who reads it), ``value`` (the new
    object has the value); ``names`` what came out otherwise; ``numbers`` the change a reader recognises; ``raises`` the
    library's error; ``steps`` how many the pipeline made; ``why`` what kept it from being measured; ``obj`` the
    object that was made.
    """

    verdict: bool | None
    how: str = "run"
    names: list[str] = field(default_factory=list)
    numbers: str = ""
    raises: str = ""
    steps: int = 0
    why: str = ""
    read: Read | None = None
    obj: Any = None


class Judge:
    """Measures lines; a pipeline that is like one that ran before is not run again."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.ways: dict[type, Way] = {}

    def behaviour(self, session: Session, subject: Subject, obj: Any) -> dict[str, Any] | str:
        """What an object does, or why that cannot be seen here."""
        if subject.kind == "scheduler":
            return measure.scheduler(obj)
        return self.in_pipeline(session, subject, obj)

    def in_pipeline(self, session: Session, subject: Subject, obj: Any, steps: int = 2) -> dict[str, Any] | str:
        """What the pipeline does with the object in it."""
        pipe = obj if subject.path == session.root else session.object
        if not is_pipeline(pipe):
            return f"not run, since a {subject.kind} on its own has no pipeline"
        if not subject.inside:
            return "not run, since the copy is in no pipeline"
        if live(pipe).get(subject.path) is not obj and pipe is not obj and "[" not in subject.path:
            pipe = copied(pipe)
            live(pipe)[subject.path] = obj  # past __setattr__: the pipeline's config is told nothing
        if why := running.runnable(pipe):
            return why
        # two pipelines that are alike in every place do the same: their weights are shared
        where = sorted(storages(live(pipe).values()))
        alike = repr((steps, where, sorted((*k, repr(v)) for k, v in Session("pipe", {"pipe": pipe}).places().items())))
        if alike not in self.known:
            if type(pipe) not in self.ways:
                self.ways[type(pipe)] = running.way_of(session.object)
            self.known[alike] = running.pipeline(pipe, self.ways[type(pipe)], steps)
        return self.known[alike]

    def object(self, before: Session, after: Session, subject: Subject, rows: list[dict[str, Any]]) -> Evidence:
        one = self.behaviour(before, subject, subject.before)
        other = self.behaviour(after, subject, subject.after)
        why = one if isinstance(one, str) else other if isinstance(other, str) else ""
        if isinstance(one, dict) and isinstance(other, dict):
            if names := measure.different(one, other):
                return compared(one, other, names)
            why = f"a run raises {one['raises']} with and without the line" if "raises" in one else ""
        if not why:
            around = read_after(after, subject, rows, outside=True) if subject.kind == "scheduler" else []
            return self.around(before, after, subject, around) if around else Evidence(False)
        if not subject.inside:
            return Evidence(None, why=why)
        # its own pipeline may know how to run a scheduler
        if subject.kind == "scheduler" and (evidence := self.run_around(before, after, subject)):
            return evidence
        found = read_after(after, subject, rows)
        if found is None:
            return Evidence(None, why=f"{why}, and the code takes the whole config, so who reads it cannot be told")
        if found and subject.kind == "scheduler":
            return Evidence(None, why=f"{found[0].function} ({found[0].file}:{found[0].line}) reads it, but {why}")
        return Evidence(bool(found), "read", why=why, read=found[0] if found else None)

    def around(self, before: Session, after: Session, subject: Subject, reads: list[Read]) -> Evidence:
        """A scheduler's setting that the pipeline's own code reads: the pipeline is run, else the readers tell."""
        if evidence := self.run_around(before, after, subject):
            evidence.read = None if evidence.verdict else reads[0]
            return evidence
        one = self.in_pipeline(before, subject, subject.before, LONGER)
        return Evidence(True, "read", why=one if isinstance(one, str) else "a run raises", read=reads[0])

    def run_around(self, before: Session, after: Session, subject: Subject) -> Evidence | None:
        """What the pipeline around a scheduler shows; None where it cannot be run."""
        one = self.in_pipeline(before, subject, subject.before, LONGER)
        other = self.in_pipeline(after, subject, subject.after, LONGER)
        if isinstance(one, str) or isinstance(other, str) or "raises" in one:
            return None
        names = measure.different(one, other)
        evidence = compared(one, other, names) if names else Evidence(False)
        evidence.steps = LONGER
        return evidence

    def remade(
        self, how: Callable[[Any], Any], before: Session, after: Session, subject: Subject, intents: list[Intent]
    ) -> Evidence:
        """An object made of the subject: whether it shows the change, by what it does or by the value it has."""
        try:
            other = how(subject.after)
        except made.UnmadeError as error:
            return Evidence(None, why=str(error))
        except Exception as error:  # noqa: BLE001 (whatever the library raises is the answer)
            try:
                how(subject.before)
            except Exception:  # noqa: BLE001 (it never could be made: nothing is known of the line)
                unregistered = bool(subject.part) and not arrived(*intents[0], subject.after) if intents else False
                return Evidence(False if unregistered else None, raises=measure.said(error))
            return Evidence(False, raises=measure.said(error))
        try:
            one = how(subject.before)
        except Exception as error:  # noqa: BLE001 (it could not be made before, and now it can)
            return Evidence(True, numbers=f"before it raised {measure.said(error)}", obj=other)
        accepted = defaults_of(type(other))
        shown = [k for k, v in intents if k in accepted and arrived(k, v, other) and not arrived(k, v, one)]
        first, second = self.behaviour(before, subject, one), self.behaviour(after, subject, other)
        names = measure.different(first, second) if isinstance(first, dict) and isinstance(second, dict) else []
        if names and isinstance(first, dict) and isinstance(second, dict):
            evidence = compared(first, second, names)
            evidence.obj = other
            return evidence
        changed = bool(shown) or (subject.whole and type(one) is not type(other))
        return Evidence(changed, "value", obj=other)

    def from_config(self, before: Session, after: Session, subject: Subject, intents: list[Intent]) -> Evidence:
        return self.remade(made.from_config, before, after, subject, intents)

    def saved(self, before: Session, after: Session, subject: Subject, intents: list[Intent]) -> Evidence:
        pipe = before.object
        if subject.kind != "scheduler" or not subject.inside or not is_pipeline(pipe):
            return self.remade(made.saved, before, after, subject, intents)

        def in_its_pipeline(obj: Any) -> Any:
            return made.saved_in(pipe, subject.path, obj)

        return self.remade(in_its_pipeline, before, after, subject, intents)


def compared(one: dict[str, Any], other: dict[str, Any], names: list[str]) -> Evidence:
    """Two behaviours that are not the same."""
    numbers = ""
    if "first" in names and one.get("first") and other.get("first"):
        kind = str(one["first"]).rpartition(" ")[0]
        numbers = f"{one['first']} → {str(other['first']).removeprefix(f'{kind} ')}"
        if not str(other["first"]).startswith(kind):
            numbers = f"{other['first']} now, {one['first']} before"
    elif "without mu" in names:
        numbers = f"set_timesteps needs {'mu' if 'without mu' in other else 'no mu'} now"
    raises = other.get("raises", "") if "raises" in names else ""
    return Evidence(True, "run", [n for n in names if n not in ("first", "raises", "without mu")], numbers, raises)


def classes_of(session: Session) -> dict[str, type]:
    kinds = ("pipeline", "scheduler", "model")
    return {path: type(part) for path, part in parts_of(session.object) if kind_of(part) in kinds}


def reads_of(session: Session, subject: Subject, key: str) -> tuple[Read, ...]:
    """Who reads a setting, over the pipeline and all its components."""
    from inspector.reads import readers

    classes = classes_of(session)
    if not subject.inside:
        classes = {subject.path: type(subject.after)}
    return readers(classes).get((subject.path, key), ())


def read_after(
    session: Session, subject: Subject, rows: list[dict[str, Any]], *, outside: bool = False
) -> list[Read] | None:
    """The reads that see what the line changed; None where the code takes whole configs.

    ``outside``: only those in the code of other components than the subject's own.
    """
    found = []
    for row in rows:
        key = row["where"].rpartition(".")[2]
        reads = reads_of(session, subject, key)
        found += [r for r in reads if r.place == PLACES.get(row["place"]) and not (outside and r.owner == subject.path)]
    whole = any(r.place.startswith("config") for r in reads_of(session, subject, "*"))
    return None if not found and whole and not outside else found
