"""Lines and a live object → what each line changes and what it does, as plain data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.model import InspectError
from inspector.observe import versions
from inspector.trying.grammar import FromConfig, Line, parse
from inspector.trying.instead import instead
from inspector.trying.reasons import nothing, reason
from inspector.trying.session import Session, changes, overheard, places_of
from inspector.trying.verdict import Evidence, Judge, Subject, arrived, intents_of, subject_of


def answers(obj: Any, lines: Sequence[str]) -> dict[str, Any]:
    """Try the lines, in order, on a scratch copy of a live object, which is left as it is.

    Args:
        obj: a pipeline, a scheduler or a model.
        lines: what the user typed.

    Returns:
        ``lines``: for each its ``line``, ``changed``, the verdicts ``object``, ``from_config`` and ``saved``,
        ``instead`` and ``reason``; ``versions``.

    Raises:
        InspectError: a line that the grammar does not have, or a class that does not exist (exit 2).
    """
    session = Session.of(obj)
    aliases = ["scheduler"] if session.root == "pipe" and hasattr(session.object, "scheduler") else []
    statements = parse(lines, [session.root, *aliases])
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
    after = before.fork()
    row: dict[str, Any] = {"line": line.text, "changed": [], "object": None, "from_config": None, "saved": None}
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
        row |= {"changed": changed, "instead": "", "reason": nothing(line, after), "said": said}
        if line.target is None and isinstance(line.value, FromConfig):
            row["instead"] = instead(line, before, None, intents_of(line, before, changed), judge)
        return row, after
    own = own_changes(changed, subject)
    intents = intents_of(line, before, own)
    found = judged(before, after, subject, own, intents, judge)
    lost = lost_of(line, subject, intents)
    verdicts = {name: evidence.verdict for name, evidence in found.items()}
    row |= {"changed": changed, **verdicts, "subject": subject.expression}
    row["reason"] = reason(line, after, subject, own, intents, found)
    row["lost"] = lost
    row["instead"] = ""
    if lost or any(v is False for v in verdicts.values()):
        works = bool(found["object"].verdict) and not lost
        row["instead"] = instead(line, before, subject, intents, judge, works=works)
    return {**row, "measured": measured(found), "said": said}, after


def own_changes(changed: list[dict[str, Any]], subject: Subject) -> list[dict[str, Any]]:
    return [c for c in changed if c["where"].rpartition(".")[0] == subject.path or c["where"] == subject.path]


def judged(
    before: Session, after: Session, subject: Subject, rows: list[dict[str, Any]], intents: list[Any], judge: Judge
) -> dict[str, Evidence]:
    """The three answers; where nothing changed at all, all are no."""
    same_object = not rows and not subject.replaced and places_of("", subject.before) == places_of("", subject.after)
    if same_object:
        return {name: Evidence(False) for name in ("object", "from_config", "saved")}
    return {
        "object": judge.object(before, after, subject, rows),
        "from_config": judge.from_config(before, after, subject, intents),
        "saved": judge.saved(before, after, subject, intents),
    }


def lost_of(line: Line, subject: Subject, intents: list[Any]) -> list[str]:
    """The settings that a ``from_config`` line was meant to carry and did not."""
    return [k for k, v in intents if isinstance(line.value, FromConfig) and not arrived(k, v, subject.after)]


def failed(error: Exception, line: Line, before: Session, judge: Judge) -> dict[str, Any]:
    """A line that the library refuses: nothing changed, and what was meant is looked for all the same."""
    said = f"{type(error).__name__}: {' '.join(str(error).split())}"
    said = said if len(said) <= 200 else f"{said[:199]}…"
    why = said
    if isinstance(line.value, FromConfig):
        given = before.get(line.value.config)
        if not isinstance(given, dict):
            why = (
                f"{line.value.config.text} is the object; from_config takes a config, and took this for the name of a "
                f"folder or repository ({type(error).__name__})"
            )
    intents = intents_of(line, before, [])
    subject = subject_of(line, before, before)
    fix = instead(line, before, subject, intents, judge)
    verdicts = dict.fromkeys(("object", "from_config", "saved"), False)
    return {**verdicts, "error": said, "reason": why, "instead": fix}


def measured(found: dict[str, Evidence]) -> dict[str, list[str]]:
    """What came out otherwise, by answer."""
    return {name: evidence.other for name, evidence in found.items() if evidence.other}
