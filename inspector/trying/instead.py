"""The line that does what was meant: candidates are tried on the same scratch copy until one does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from inspector.observe.settings import defaults_of
from inspector.observe.state import live
from inspector.trying.grammar import CONFIGS, FromConfig, Line, parse
from inspector.trying.made import from_config, saved
from inspector.trying.measure import quiet
from inspector.trying.session import Session
from inspector.trying.verdict import Intent, Judge, Subject, arrived, subject_of

_TAKERS = ("DPMSolverMultistepScheduler", "EulerDiscreteScheduler")
_SWITCHES = (("requires_safety_checker", False, "{name}.safety_checker = None"),)
"""Settings that read like a switch and are none, with the switch."""


def instead(
    line: Line, before: Session, subject: Subject | None, intents: list[Intent], judge: Judge, *, works: bool = False
) -> str:
    """The first candidate that was tried and does it everywhere; else the one that comes nearest; else nothing.

    ``works``: the line itself was measured to change what the object does; a candidate that puts the same value into
    the same place need not be measured again.
    """
    nearest = ""
    for text in candidates(line, before, subject, intents):
        if text == line.text:
            continue
        reached = tried(text, before, intents, judge, works)
        if reached == 2:
            return text
        nearest = nearest or (text if reached else "")
    return nearest


def candidates(line: Line, before: Session, subject: Subject | None, intents: list[Intent]) -> Iterator[str]:
    value = line.value
    if isinstance(value, FromConfig):
        yield from for_new(line, value, before, intents)
        return
    if subject is None or line.target is None or not line.target.steps:
        return
    name = subject.expression
    given = {k: v for k, v in intents if k.isidentifier()}
    arguments = ", ".join(f"{k}={v!r}" for k, v in given.items())
    for key, wanted, switch in _SWITCHES:
        if any(k == key and v is wanted for k, v in intents):
            yield switch.format(name=name)
    if subject.kind == "scheduler":
        yield from for_scheduler(name, type(subject.after), given)
    elif given and given.keys() <= defaults_of(type(subject.after)).keys() and "_internal_dict" in live(subject.after):
        yield f"{name}.register_to_config({arguments})"


def for_scheduler(name: str, cls: type, given: dict[str, Any]) -> Iterator[str]:
    """``from_config`` of the class itself where it takes the settings, else of a well-known one that does."""
    import diffusers

    takers = [cls, *(getattr(diffusers, t) for t in _TAKERS)]
    arguments = ", ".join(f"{k}={v!r}" for k, v in given.items())
    for taker in takers:
        if given and all(k in defaults_of(taker) for k in given):
            yield f"{name} = {taker.__name__}.from_config({name}.config, {arguments})"


def for_new(line: Line, value: FromConfig, before: Session, intents: list[Intent]) -> Iterator[str]:
    """The same class from the config itself, with what was meant as keywords; else a class that takes them."""
    path = value.config
    stem = path.text if path.in_config else f"{path.text}.config"
    if path.root not in (before.root, "scheduler"):  # a copy was only the way to it
        stem = "pipe.scheduler.config" if before.root == "pipe" else f"{before.root}.config"
    target = line.target.text if line.target else stem.removesuffix(".config")
    classes = [value.cls, *(t for t in _TAKERS if t != value.cls)]
    for cls in classes:
        arguments = "".join(f", {k}={v!r}" for k, v in intents)
        yield f"{target} = {cls}.from_config({stem}{arguments})"


def tried(text: str, before: Session, intents: list[Intent], judge: Judge, works: bool) -> int:
    """2: the object behaves otherwise, and what is made and saved of it has it; 1: only the first; 0: neither."""
    after = before.fork()
    try:
        with quiet():
            line = apply(text, after)
    except Exception:  # noqa: BLE001 (a candidate that does not run is none)
        return 0
    subject = subject_of(line, before, after)
    if subject is None:
        return 0
    accepted = defaults_of(type(subject.after))
    wanted = [(k, v) for k, v in intents if k in accepted and not in_switch(text)]
    if any(not arrived(k, v, subject.after) for k, v in wanted) or (intents and not wanted and not in_switch(text)):
        return 0
    if not (works and wanted):
        rows = [{"where": f"{subject.path}.{k}", "place": p} for k, _ in wanted for p in ("attr", "item")]
        if not judge.object(before, after, subject, rows).verdict:
            return 0
    try:
        copies = [from_config(subject.after), saved(subject.after)]
    except Exception:  # noqa: BLE001 (it works in memory, and not beyond)
        return 1
    if in_switch(text):
        return 2
    return 2 if all(arrived(k, v, c) for k, v in wanted for c in copies) else 1


def in_switch(text: str) -> bool:
    return any(text.endswith(switch.partition("}")[2]) for _, _, switch in _SWITCHES)


def apply(text: str, session: Session) -> Line:
    """Run a candidate; ``register_to_config``, which the grammar does not have, is called here."""
    head, call, rest = text.partition(".register_to_config(")
    if not call:
        line = parse([text], [*session.names, "scheduler"])[0]
        session.run(line)
        return line
    key = rest.partition("=")[0]
    line = parse([f"{head}.{CONFIGS[0]}.{key} = None"], [*session.names, "scheduler"])[0]
    assert line.target is not None
    given = parse([f"X.from_config({head}, {rest}"], [*session.names, "scheduler"])[0].value
    assert isinstance(given, FromConfig)
    session.get(given.config).register_to_config(**given.keywords)
    return dataclasses.replace(line, text=text)
