"""What a line is about, and which settings it was meant to set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.settings import defaults_of, kind_of
from inspector.observe.state import live
from inspector.trying.grammar import Constant, DeepCopy, FromConfig, Line, Path, Register
from inspector.trying.session import Session

Intent = tuple[str, Any]
"""A setting and the value it was meant to get, as Python has it."""


@dataclass(slots=True)
class Subject:
    """What a line is about: a component, the pipeline, or a copy that earlier lines made.

    ``before`` and ``after`` are the objects; ``inside``: it belongs to the source; ``expression`` is how a line names
    it; ``whole``: it was put there as a whole; ``part``: the component of the pipeline that was put there.
    """

    path: str
    expression: str
    before: Any
    after: Any
    inside: bool
    kind: str
    whole: bool = False
    part: str = ""

    @property
    def replaced(self) -> bool:
        return type(self.before) is not type(self.after)


def subject_of(line: Line, before: Session, after: Session) -> Subject | None:
    """What a line is about; None for one that changes no object with a config."""
    target = line.about
    if target is None:
        return None
    root, name = after.root, after.component(target)
    spoken = before.spoken or root
    old, new = before.object, after.object
    registers = isinstance(line.value, Register)
    if name:
        one, other = part(old, name), part(new, name)
        whole = len(target.steps) == 1 and target.root == root and not registers
        if whole and (one is None or "scheduler" not in (kind_of(one), kind_of(other))):
            return Subject(root, root, old, new, True, kind_of(new), part=name)
        return Subject(name, f"{root}.{name}", one, other, True, kind_of(other), whole)
    if target.root == root:
        return Subject(root, spoken, old, new, True, kind_of(new), not target.steps and not registers)
    one, other = before.names.get(target.root), after.names.get(target.root)
    if not target.steps and not registers:
        return None  # a name is given
    if one is None or "_internal_dict" not in live(one) or "_internal_dict" not in live(other):
        return None
    return Subject(target.root, target.root, one, other, False, kind_of(other))


def part(pipe: Any, name: str) -> Any:
    """A component by its path: ``unet``, ``controlnet[0]``."""
    stem, _, number = name.partition("[")
    held = live(pipe).get(stem, getattr(pipe, "components", {}).get(stem))
    if not number:
        return held
    nets = live(held).get("_modules", {}).get("nets", held)
    return nets[int(number.rstrip("]"))]


def intents_of(line: Line, before: Session, after: Session, subject: Subject | None) -> list[Intent]:
    """The settings that the line, with the edits it builds on, was meant to set."""
    value, target = line.value, line.target
    if isinstance(value, FromConfig):
        edits = [(k, v) for name, k, v in before.edits if name == value.config.root]
        return [*dict([*edits, *given(value, before, line)]).items()]
    if isinstance(value, Register):
        return given(value, before, line)
    if target is None or not target.steps:
        return [(k, v) for name, k, v in before.edits if isinstance(value, Path | DeepCopy) and name == root_of(value)]
    if subject is not None and subject.whole:
        return [(k, v) for name, k, v in before.edits if isinstance(value, Path | DeepCopy) and name == root_of(value)]
    if isinstance(value, Constant) and target.steps[-1][1] == target.key:
        return [(target.key, value.value)]
    if subject is None:
        return []
    if subject.part:
        return [(subject.part, live(subject.after).get(subject.part))]
    return [(target.key, found_at(target, subject.after))]


def root_of(value: Path | DeepCopy) -> str:
    return value.root if isinstance(value, Path) else value.of.root


def given(value: FromConfig | Register, session: Session, line: Line) -> list[Intent]:
    return [(k, session.evaluate(v, line)) for k, v in value.keywords.items()]


def found_at(target: Path, obj: Any) -> Any:
    """What stands where a line wrote: in the config's item or attribute, or on the object."""
    config = live(obj).get("_internal_dict", {})
    if not target.in_config:
        return live(obj).get(target.key)
    inside = target.steps[target.depth + 1 :][:1]
    by_item = bool(inside) and inside[0][0]
    return dict.get(config, target.key) if by_item else live(config).get(target.key)


def arrived(key: str, value: Any, obj: Any) -> bool:
    """Whether an object has this value of the setting wherever it has the setting."""
    config = live(obj).get("_internal_dict", live(obj).get("config"))
    pipeline = kind_of(obj) == "pipeline"
    if pipeline and (kind_of(value) != "other" or key in component_names(obj)):
        held = live(obj).get(key)
        if isinstance(value, list | tuple):  # the (library, class) of register_to_config
            return same(plain(dict.get(config or {}, key)), plain(value))
        registered = (dict.get(config or {}, key) or (None, None))[0] is not None
        return type(held) is type(value) and (held is None or registered)
    found = [live(obj)[key]] if key in live(obj) and pipeline else []
    found += [dict.get(config, key)] if isinstance(config, dict) and key in dict.keys(config) else []
    found += [live(config)[key]] if key in live(config) else []
    return bool(found) and all(same(plain(v), plain(value)) for v in found)


def component_names(pipe: Any) -> set[str]:
    """The arguments of a pipeline's ``__init__`` that are components."""
    return set(type(pipe)._get_signature_keys(type(pipe))[0]) - set(scalars(pipe))


def scalars(pipe: Any) -> list[str]:
    return [k for k, v in defaults_of(type(pipe)).items() if isinstance(v, bool | int | float | str)]


def lost_of(line: Line, subject: Subject, intents: list[Intent]) -> list[str]:
    """The settings that a line which puts a new object there was meant to carry and did not."""
    carries = isinstance(line.value, FromConfig) or subject.whole
    obj = (
        live(subject.after).get(subject.part) if subject.part and isinstance(line.value, FromConfig) else subject.after
    )
    accepted = defaults_of(type(obj))
    return [k for k, v in intents if carries and not (arrived(k, v, obj) and k in accepted)]
