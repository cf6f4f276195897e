"""What was changed after loading: which of two values is the new one, and who would notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from inspector.model import Place, Read, Setting, Value
from inspector.rules.registry import Case


@dataclass(frozen=True, slots=True)
class Change:
    """A value somebody wrote after construction, and the place where it stands.

    ``other`` is the value it displaced, where that still stands somewhere; ``sure`` is false where nothing tells
    which of the two is the newer. ``private``: set by a setter that leaves the config alone (``_shift``).
    """

    new: Value
    place: Place | Literal["private"]
    other: Value | None = None
    sure: bool = True


def same(a: Value | None, b: Value | None) -> bool:
    return a is b or (a is not None and a.same(b))


def same_class(case: Case) -> bool:
    """Whether the component still is what its file says; after a swap the file describes another class."""
    own, declared = case.component.facts.get("class_on_disk"), case.component.facts.get("declared")
    return own in (None, case.component.cls) and (not declared or declared[1] == case.component.cls)


def twin_of(case: Case, setting: Setting) -> Setting | None:
    """The setting as it was in the untouched twin, where that is of the same class."""
    return case.twin.setting(setting.name) if case.twin is not None and case.twin.cls == case.component.cls else None


def drifted(case: Case, setting: Setting) -> bool:
    """Whether item and attribute together left what was loaded: the twin's value, else the file's."""
    if case.fresh:
        return False
    now = setting.item or setting.attr
    if case.twin is not None and case.twin.cls == case.component.cls:
        before = twin_of(case, setting)
        was = (before.item or before.attr) if before is not None else None
        return was is not None and now is not None and not same(was, now)
    return (
        setting.disk is not None
        and setting.item is not None
        and same_class(case)
        and not same(setting.disk, setting.item)
        and (case.component.kind == "pipeline" or setting.name not in case.component.facts.get("registers", {}))
    )


def split(case: Case, setting: Setting) -> bool:
    """Item and attribute of the config disagree, or one of the two is gone."""
    twofold = case.component.kind in ("pipeline", "scheduler", "model")  # transformers keeps attributes only
    return twofold and setting.role == "value" and not same(setting.item, setting.attr)


def flagged(setting: Setting) -> bool:
    """Listed in ``_use_default_values`` with a value that is not the default."""
    return (
        setting.defaulted
        and setting.accepted
        and setting.item is not None
        and (setting.default is None or not same(setting.item, setting.default))
    )


def resolved(case: Case, setting: Setting) -> bool:
    """The live attribute is what the constructor makes of this config, although the config says otherwise."""
    if case.fresh:
        return True
    rebuilt = case.component.rebuilt
    if rebuilt is None:
        return setting.item is not None and setting.item.data is None
    built = rebuilt.setting(setting.name)
    return built is not None and same(built.live, setting.live)


def shadowed(case: Case, setting: Setting) -> bool:
    """A live attribute with another value than both places of the config, and than the constructor gives it."""
    if setting.role == "component" or setting.live is None or setting.item is None:
        return False
    if setting.name in case.component.facts.get("per_run", ()):
        return False  # set_timesteps keeps its argument there
    if same(setting.live, setting.item) or (setting.attr is not None and same(setting.live, setting.attr)):
        return False
    return not resolved(case, setting)


def private(case: Case, setting: Setting) -> Value | None:
    """What a setter such as ``set_shift`` put on the object, where it is not what the config yields."""
    rebuilt, name = case.component.rebuilt, f"_{setting.name}"
    if rebuilt is None or setting.role == "component" or name in case.component.facts.get("per_run", ()):
        return None
    now, built = case.component.state.get("attributes", {}), rebuilt.state.get("attributes", {})
    if name not in now or name not in built or now[name] == built[name]:
        return None
    return Value(type(now[name]).__name__, now[name])


def effects_of(case: Case, setting: Setting) -> dict[str, Any]:
    """What building the class with the setting's other value showed; see ``observe.rebuild``."""
    found: dict[str, Any] = case.component.facts.get("effects", {}).get(setting.name, {})
    return found


def change_of(case: Case, setting: Setting) -> Change | None:
    """The change that was made to a setting after construction, or None when there was none."""
    if setting.role == "component":
        return None
    if split(case, setting):
        return split_change(case, setting)
    made_with = effects_of(case, setting).get("made_with")
    if shadowed(case, setting) and setting.item is not None and setting.live is not None:
        old, sure = older(case, setting, setting.item, setting.live, weak=setting.item)
        if old is setting.live:
            return Change(setting.item, "item", setting.live)
        return Change(setting.live, "live", setting.item, sure)
    if flagged(setting) or drifted(case, setting) or made_with in ("private", "default"):
        now = setting.item or setting.attr
        return None if now is None else Change(now, "item", setting.default if flagged(setting) else setting.disk)
    set_to = private(case, setting)
    return None if set_to is None else Change(set_to, "private", setting.item, made_with is not None)


def split_change(case: Case, setting: Setting) -> Change | None:
    item, attr = setting.item, setting.attr
    if item is None or attr is None:  # one of the two is gone
        return Change(item, "item") if item is not None else Change(attr, "attr") if attr is not None else None
    old, sure = older(case, setting, item, attr)
    return Change(item, "item", attr, sure) if old is attr else Change(attr, "attr", item, sure)


def older(
    case: Case, setting: Setting, item: Value, other: Value, weak: Value | None = None
) -> tuple[Value | None, bool]:
    """Which of two values was there before the other, by the most telling witness; and whether one was found."""
    for witness in witnesses(case, setting, other):
        if same(witness, item) != same(witness, other):
            return (item if same(witness, item) else other), True
    if weak is not None and same(setting.default, weak):
        return weak, True
    return None, False


def witnesses(case: Case, setting: Setting, other: Value) -> Iterator[Value | None]:
    """Values that the setting had before, the most telling first."""
    twin = twin_of(case, setting)
    if twin is not None:
        yield twin.item or twin.attr
    effects = effects_of(case, setting)
    if (made_with := effects.get("made_with")) is not None:
        yield setting.item if made_with == "item" else other
    for place in effects.get("refused", ()):  # an object cannot have been built with what its class refuses
        yield other if place == "item" else setting.item
    rebuilt = case.component.rebuilt.setting(setting.name) if case.component.rebuilt is not None else None
    if case.component.kind == "pipeline" and other is setting.live and rebuilt is not None and rebuilt.live is not None:
        yield setting.live  # pipe.k = v changes the config too where the constructor has set k
    if setting.defaulted:
        yield setting.default
    if same_class(case):
        yield setting.disk
    if other is not setting.live:
        yield setting.live
    yield setting.disk


def later(setting: Setting, *places: str) -> list[Read]:
    """Readers after ``__init__``, from the given places or from any."""
    return [r for r in setting.reads if r.place != "init" and (not places or r.place in places)]


def told(reads: list[Read], most: int = 2) -> str:
    """``set_timesteps (scheduling_x.py:397, 444)`` and how many functions more."""
    lines: dict[tuple[str, str], list[int]] = {}
    for read in reads:
        known = lines.setdefault((read.function, read.file), [])
        if read.line not in known:
            known.append(read.line)
    shown = [
        f"{function} ({file}:{', '.join(map(str, numbers[:2]))}{' …' if len(numbers) > 2 else ''})"
        for (function, file), numbers in list(lines.items())[:most]
    ]
    rest = len(lines) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def typo(case: Case, setting: Setting) -> bool:
    """A name that is no parameter of this class, of no other that shares its config, and not the library's own."""
    facts = case.component.facts
    known = any(setting.name in facts.get(k, ()) for k in ("owners", "library_keys", "registers", "writers"))
    return not setting.accepted and not known


def nobody(case: Case) -> str:
    """Who was asked when a setting has no reader: a component on its own is judged without any pipeline around it."""
    return "nobody" if case.snapshot.pipeline is not None else f"no code of {case.component.cls}"
