"""The line that does what was meant: candidates are tried on the same scratch copy until one does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.settings import defaults_of
from inspector.observe.state import live
from inspector.trying.copies import quiet
from inspector.trying.grammar import FromConfig, Line, Path, parse
from inspector.trying.intents import Intent, Subject, arrived, component_names, intents_of, subject_of
from inspector.trying.made import from_config, saved
from inspector.trying.session import Session
from inspector.trying.verdict import Judge

_TAKERS = ("DPMSolverMultistepScheduler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler")
_SWITCHES = (("requires_safety_checker", False, "{name}.safety_checker = None"),)
"""Settings that read like a switch and are none, with the switch."""
SWITCHED = {text.format(name="pipe"): text.format(name="pipe").partition(" = ")[0] for _, _, text in _SWITCHES}
"""A line instead that is such a switch -> what really is asked."""


def instead(line: Line, before: Session, subject: Subject | None, intents: list[Intent], judge: Judge) -> str:
    """The first candidate that was tried and does it everywhere; else the one that comes nearest; else nothing."""
    best, text = 0, ""
    for candidate in dict.fromkeys(candidates(line, before, subject, intents)):
        if candidate != line.text and (reached := tried(candidate, before, intents, judge)) > best:
            best, text = reached, candidate
            same_class = subject is not None and f" = {type(subject.before).__name__}.from_config(" in candidate
            if best == 3 or same_class:  # who asks for a setting of this class does not ask for another class
                break
    return text


def candidates(line: Line, before: Session, subject: Subject | None, intents: list[Intent]) -> Iterator[str]:
    value = line.value
    if isinstance(value, FromConfig) and kind_is(value.cls, "ModelMixin"):
        if subject is not None and intents:
            yield registered(f"{before.spoken or before.root}.{name_of(line)}", dict(intents))
        return
    if isinstance(value, FromConfig):
        yield from for_new(line, value, before, subject, intents)
        return
    if subject is None or line.about is None:
        return
    name = subject.expression if subject.inside else place_of(before)
    given = {k: v for k, v in intents if k.isidentifier()}
    for key, wanted, switch in _SWITCHES:
        if any(k == key and v is wanted for k, v in intents):
            yield switch.format(name=name)
    if subject.kind == "scheduler":
        yield from for_scheduler(name, subject.before, given)
        return
    if subject.kind == "pipeline" and line.target is not None and isinstance(value, Path) and line.target.steps:
        key = str(line.target.steps[0][1])
        if key in component_names(subject.after) and len(line.target.steps) == 1:
            yield f"{name}.register_modules({key}={value.text})"
            return
    if given and given.keys() <= defaults_of(type(subject.after)).keys() and "_internal_dict" in live(subject.after):
        yield registered(name, given)


def place_of(session: Session) -> str:
    """What a copy was made to change."""
    return "pipe.scheduler" if session.root == "pipe" else session.spoken or session.root


def registered(name: str, given: dict[str, Any]) -> str:
    return f"{name}.register_to_config({arguments(given)})"


def name_of(line: Line) -> str:
    return str(line.target.steps[0][1]) if line.target is not None and line.target.steps else ""


def kind_is(cls: str, base: str) -> bool:
    import diffusers

    return any(c.__name__ == base for c in getattr(diffusers, cls).__mro__)


def for_scheduler(name: str, obj: Any, given: dict[str, Any]) -> Iterator[str]:
    """``from_config`` of the class itself where it takes the settings, else of a well-known one that does.

    What ``from_config`` would lose of the scheduler's other settings is handed on: the line shall do nothing else.
    """
    import diffusers

    for taker in [type(obj), *(getattr(diffusers, t) for t in _TAKERS)]:
        accepted = defaults_of(taker)
        wanted = given if given.keys() <= accepted.keys() else spelled(given, accepted)
        if not wanted:
            continue
        own = carried(name, obj, wanted) if taker is type(obj) else {}
        more = "".join(f", {k}={v}" for k, v in own.items())
        yield f"{name} = {taker.__name__}.from_config({name}.config, {arguments(wanted)}{more})"


def spelled(given: dict[str, Any], accepted: dict[str, Any]) -> dict[str, Any]:
    """The settings under the names that they were meant to have."""
    import difflib

    found = {k: difflib.get_close_matches(k, accepted, n=1, cutoff=0.8) for k in given}
    return {near[0]: given[k] for k, near in found.items() if near} if all(found.values()) else {}


def carried(name: str, obj: Any, given: dict[str, Any]) -> dict[str, str]:
    """The other settings that ``from_config`` would lose, as code: those it drops, and attributes it does not read."""
    config = live(obj).get("_internal_dict", {})
    try:
        fresh = live(from_config(obj))["_internal_dict"]
    except Exception:  # noqa: BLE001 (then the candidate will not run either)
        return {}
    found = {}
    for key in defaults_of(type(obj)):
        if key in given or key not in live(config):
            continue
        value = live(config)[key]
        if not same(plain(value), plain(dict.get(fresh, key))):
            found[key] = literal(value) or f"{name}.config.{key}"
    return found


def for_new(
    line: Line, value: FromConfig, before: Session, subject: Subject | None, intents: list[Intent]
) -> Iterator[str]:
    """The same class from the config itself, with what was meant as keywords; else a class that takes them."""
    path = value.config
    stem = path.text if path.in_config else f"{path.text}.config"
    own = before.spoken or before.root
    if path.root not in (before.root, "scheduler"):  # a copy was only the way to it
        stem = "pipe.scheduler.config" if before.root == "pipe" else f"{own}.config"
    target = line.target.text if line.target else stem.removesuffix(".config")
    own_class = subject is not None and type(subject.before).__name__ == value.cls
    given, known = dict(intents), accepted_by(value.cls)
    given = given if given.keys() <= known.keys() else spelled(given, known) or given
    others = [] if given.keys() <= known.keys() else [t for t in _TAKERS if t != value.cls]
    for cls in [value.cls, *others]:
        lost = carried(target, subject.before, given) if subject is not None and own_class and cls == value.cls else {}
        words = ", ".join([*([arguments(given)] if given else []), *(f"{k}={v}" for k, v in lost.items())])
        more = f", {words}" if words else ""
        yield f"{target} = {cls}.from_config({stem}{more})"


def accepted_by(cls: str) -> dict[str, Any]:
    import diffusers

    return defaults_of(getattr(diffusers, cls))


def arguments(given: dict[str, Any]) -> str:
    return ", ".join(f"{k}={literal(v) or repr(v)}" for k, v in given.items())


def literal(value: Any) -> str:
    """A value as the grammar takes it; empty where it is no literal."""
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    if type(value) in (list, tuple):
        inner = [literal(v) for v in value]
        text = ", ".join(inner) + ("," if type(value) is tuple and len(inner) == 1 else "")
        return "" if not all(inner) else f"[{text}]" if type(value) is list else f"({text})"
    if isinstance(value, float):
        return repr(float(value)) if value == value else ""
    return repr(value) if type(value) in (bool, int, str, type(None), dict) else ""


def tried(text: str, before: Session, intents: list[Intent], judge: Judge) -> int:
    """3: the object behaves otherwise, and what is made and saved of it has it; 2: the object, and one of them.

    1: all have the value, and nothing that can be measured comes of it; 0: neither.
    """
    after = before.fork()
    try:
        with quiet():
            (line,) = parse([text], [*before.names, "scheduler"], aliases_of(before))
            after.run(line)
    except Exception:  # noqa: BLE001 (a candidate that does not run is none)
        return 0
    subject = subject_of(line, before, after)
    if subject is None:
        return 0
    if in_switch(text):
        return 3 if judge.object(before, after, subject, changed(text, subject)).verdict else 0
    wanted = intents_of(line, before, after, subject) if intents else []
    if any(not arrived(k, v, subject.after) or k not in known(subject) for k, v in wanted):
        return 0
    rows = [{"where": f"{subject.path}.{k}", "place": p} for k, _ in wanted for p in ("attr", "item", "live")]
    found = judge.object(before, after, subject, rows)
    if found.raises:
        return 0  # nobody meant a run that fails
    moved = found.verdict is not False
    try:
        with quiet():
            copies = [from_config(subject.after), saved(subject.after)]
    except Exception:  # noqa: BLE001 (it works in memory, and not beyond)
        return 2 if moved else 0
    if not moved and subject.kind != "scheduler":
        return 0
    kept = all(arrived(k, v, c) for k, v in wanted for c in copies)
    return (3 if moved else 1) if kept else (2 if moved else 0)


def known(subject: Subject) -> set[str]:
    return set(defaults_of(type(subject.after)))


def changed(text: str, subject: Subject) -> list[dict[str, Any]]:
    key = text.partition(" = ")[0].rpartition(".")[2]
    return [{"where": f"{subject.path}.{key}", "place": "live"}]


def aliases_of(session: Session) -> dict[str, tuple[str, str]]:
    """What ``pipe.scheduler`` is where the source is a scheduler alone."""
    return {"pipe": ("scheduler", "scheduler")} if session.root == "scheduler" else {}


def in_switch(text: str) -> bool:
    return any(text.endswith(switch.partition("}")[2]) for _, _, switch in _SWITCHES)
