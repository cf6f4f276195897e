"""Lines and a live object → what each line changes and what it does, as plain data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.model import InspectError
from inspector.observe import versions
from inspector.observe.state import live
from inspector.trying import looking, reasons, stale, swaps
from inspector.trying.grammar import FromConfig, Line, Register, parse
from inspector.trying.instead import SWITCHED, aliases_of, instead
from inspector.trying.intents import Intent, Subject, given, intents_of, lost_of, subject_of
from inspector.trying.measure import said as said_of
from inspector.trying.refusals import RefusedError
from inspector.trying.session import Session, changes, overheard, places_of
from inspector.trying.verdict import Evidence, Judge
from inspector.trying.walking import storages, walked

VERDICTS = ("object", "from_config", "saved")


def answers(obj: Any, lines: Sequence[str], *, refusals_as_data: bool = False) -> dict[str, Any]:
    """Try the lines, in order, on a scratch copy of a live object, which is left as it is.

    Args:
        obj: a pipeline, a scheduler or a model.
        lines: what the user typed.
        refusals_as_data: give ``refused`` with the message, hint and pointer instead of raising, for a process
            that hands its answer on.

    Returns:
        ``lines``: for each its ``line``, ``changed``, the verdicts ``object``, ``from_config`` and ``saved`` with
        their ``why``, ``instead`` and ``reason``; ``versions``.

    Raises:
        InspectError: a line that the grammar does not have, or a path or class that does not exist (exit 2).
    """
    try:
        return answered(obj, lines)
    except RefusedError as error:
        if not refusals_as_data:
            raise
        return {"refused": {"message": error.message, "hint": error.hint, "lines": list(error.lines)}}


def answered(obj: Any, lines: Sequence[str]) -> dict[str, Any]:
    session = Session.of(obj)
    names = ["scheduler"] if session.root == "pipe" and hasattr(session.object, "scheduler") else []
    statements = parse(lines, [session.root, *names], aliases_of(session))
    if session.root == "scheduler" and any("pipe.scheduler" in line.text for line in statements):
        session.spoken = "pipe.scheduler"
    judge = Judge()
    with single_threaded():
        rows = []
        for line in statements:
            row, session = tried(line, session, judge)
            rows.append(row)
    return {"lines": rows, "root": session.root, "class": type(session.object).__name__, "versions": versions()}


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """The same numbers in every run, and no fight over processors."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def tried(line: Line, before: Session, judge: Judge) -> tuple[dict[str, Any], Session]:
    """One line: what is to be said of it, and the session after it."""
    line, after = before.resolved(line), before.fork()
    row: dict[str, Any] = {"line": line.text, "changed": [], **dict.fromkeys(VERDICTS)}
    with overheard() as said:
        try:
            after.run(line)
        except InspectError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
            return {**row, **failed(error, line, before, judge), "said": said}, before
    bound = after.names.keys() - before.names.keys()  # a new copy is no change of anything
    changed = [c for c in changes(before.places(), after.places()) if c["where"].partition(".")[0] not in bound]
    subject = subject_of(line, before, after)
    if subject is None:
        return {**row, "changed": changed, **unjudged(line, before, after, judge), "said": said}, after
    own = own_changes(changed, subject, after.holder(line.about))
    intents = intents_of(line, before, after, subject)
    found = judged(before, after, subject, own, intents, judge)
    lost = lost_of(line, subject, intents)
    verdicts = {name: evidence.verdict for name, evidence in found.items()}
    row |= {"changed": changed, **verdicts, "subject": subject.expression, "lost": lost}
    row |= worded(line, before, after, subject, own, intents, found, lost)
    row["instead"] = ""
    if lost or (changed and any(v is False for v in verdicts.values())):
        row["instead"] = instead(line, before, subject, intents, judge)
    notes = again(line, after, own) + [f"{SWITCHED[i]} is what a run asks" for i in [row["instead"]] if i in SWITCHED]
    row["notes"] += notes
    row["reason"] = "; ".join([row["reason"], *notes])
    names = {name: evidence.names for name, evidence in found.items() if evidence.names}
    return {**row, "measured": names, "said": said}, after


def unjudged(line: Line, before: Session, after: Session, judge: Judge) -> dict[str, Any]:
    """A line that is about no object of the source."""
    found: dict[str, Any] = {"reason": looking.nothing(line, after), "why": {}, "instead": ""}
    if line.target is None and isinstance(line.value, FromConfig):  # it was meant for the source, and never got there
        found |= dict.fromkeys(VERDICTS, False)
        found["instead"] = instead(line, before, None, intents_of(line, before, after, None), judge)
    return found


def again(line: Line, after: Session, own: list[dict[str, Any]]) -> list[str]:
    """A line that reaches the config only when it is run a second time (a pipeline's ``__setattr__``)."""
    if [r["place"] for r in own] != ["live"] or line.target is None or line.target.in_config:
        return []
    once, twice = after.fork(), after.fork()
    with overheard():
        twice.run(line)
    reached = [c for c in changes(once.places(), twice.places()) if c["place"] in ("item", "attr")]
    return ["run a second time, the same line writes the config too"] if reached else []


def own_changes(changed: list[dict[str, Any]], subject: Subject, holder: str) -> list[dict[str, Any]]:
    paths = {subject.path, subject.part, holder} - {""}
    return [c for c in changed if c["where"].rpartition(".")[0] in paths or c["where"] in paths]


def judged(
    before: Session, after: Session, subject: Subject, rows: list[dict[str, Any]], intents: list[Intent], judge: Judge
) -> dict[str, Evidence]:
    """The three answers; where nothing changed at all, all are no."""
    same_object = not rows and not subject.replaced and places_of("", subject.before) == places_of("", subject.after)
    if same_object and not renewed(subject):
        return {name: Evidence(False) for name in VERDICTS}
    return {
        "object": judge.object(before, after, subject, rows),
        "from_config": judge.from_config(before, after, subject, intents),
        "saved": judge.saved(before, after, subject, intents),
    }


def renewed(subject: Subject) -> bool:
    """Whether a component was put there whose weights are others than before."""
    one, other = (live(o).get(subject.part) for o in (subject.before, subject.after))
    return bool(subject.part) and storages([one]) != storages([other])


def worded(
    line: Line,
    before: Session,
    after: Session,
    subject: Subject,
    own: list[dict[str, Any]],
    intents: list[Intent],
    found: dict[str, Evidence],
    lost: list[str],
) -> dict[str, Any]:
    """``why`` by verdict, ``notes`` on the line as a whole, and ``reason``: all of it in one text."""
    key = intents[0][0] if isinstance(line.value, Register) and intents else line.about.key if line.about else ""
    holder = after.holder(line.about)
    places = {r["place"]: r for r in own if r["where"] == f"{holder or subject.path}.{key}"}
    value = next((v for k, v in intents if k == key), None)
    notes, why = [], {}
    if subject.whole:
        notes += whole(line, before, subject, own, intents, lost)
        why["object"] = reasons.outcome(subject, found["object"], [], after) if found["object"].verdict else ""
        if found["object"].verdict is None:
            why["object"] = found["object"].why
        if found["object"].verdict is False and own:
            why["object"] = f"in this configuration {reasons.unseen(subject, found['object'], after)}"
        for name, how in (("from_config", "from_config"), ("saved", "saved and loaded it")):
            why[name] = f"{how} raises {found[name].raises}" if found[name].raises else ""
            if found["object"].verdict and found[name].verdict is False and not why[name]:
                why[name] = "gives what it gave before the line"
    else:
        fresh = renewed(subject)
        notes.append(reasons.weights(line, subject) if fresh else reasons.written(key, places, subject, line))
        why["object"] = reasons.object_why(key, places, after, subject, found["object"])
        made, saved = found["from_config"], found["saved"]
        why["from_config"] = reasons.made_why(key, places, subject, made, value)
        why["saved"] = reasons.saved_why(key, places, subject, saved, value, made)
        if holder:
            why |= {n: f"the pipeline makes a new {holder}" for n in ("from_config", "saved") if not found[n].verdict}
    if subject.inside and subject.kind in ("pipeline", "model", "tokenizer"):
        notes += stale.told(after.object)
    why = {k: v for k, v in why.items() if v}
    reason = "; ".join(dict.fromkeys([*notes, *why.values()]))
    return {"reason": reason, "notes": notes, "why": why}


def whole(
    line: Line,
    before: Session,
    subject: Subject,
    own: list[dict[str, Any]],
    intents: list[Intent],
    lost: list[str],
) -> list[str]:
    """The story of an object that was put there as a whole."""
    value, obj = line.value, subject.after
    if not isinstance(value, FromConfig):
        source = live(obj).get("_internal_dict", {})
        told = reasons.of_new(line, subject, intents, lost, source)
        return told or ([] if own else ["it is the same in every place"])
    source = walked(before.base(value.config), value.config, line, value.config.depth)
    told = reasons.of_new(line, subject, intents, lost, swaps.config_of(source))
    asked = {k for k, _ in intents}
    seen = (swaps.fallen, swaps.attributes, swaps.woken, swaps.unread)
    told += [t for t in (look(source, obj, asked) for look in seen) if t]
    keywords = dict(given(value, before, line))
    if story := swaps.after_saving(source, type(obj), keywords, obj):
        told.append(story)
    return told or ([] if own else ["the new one is the same in every place"])


def failed(error: Exception, line: Line, before: Session, judge: Judge) -> dict[str, Any]:
    """A line that the library refuses: nothing changed, and what was meant is looked for all the same."""
    text = said_of(error)
    why = f"raises {text}"
    if isinstance(line.value, FromConfig):
        source = before.get(line.value.config, line)
        if not isinstance(source, dict):
            why = (
                f"{line.value.config.text} is the object; from_config takes a config, and took this for the name of a "
                f"folder or repository ({type(error).__name__})"
            )
    subject = subject_of(line, before, before)
    if subject is not None and line.target is not None and (hidden := reasons.property_of(line.target.key, subject)):
        why = f"{why}; {hidden}"
    intents = intents_of(line, before, before, subject)
    fix = instead(line, before, subject, intents, judge)
    return {**dict.fromkeys(VERDICTS, False), "error": text, "reason": why, "why": {}, "notes": [why], "instead": fix}
