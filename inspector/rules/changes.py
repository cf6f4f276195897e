"""What was changed after loading, who would notice, and the line that does what was meant."""

from __future__ import annotations

from inspector.model import Read, Setting, Value
from inspector.rules.registry import Case, literal


def same(a: Value | None, b: Value | None) -> bool:
    return a is b or (a is not None and a.same(b))


def same_class(case: Case) -> bool:
    """Whether the component still is what its file says; after a swap the file describes another class."""
    own, declared = case.component.facts.get("class_on_disk"), case.component.facts.get("declared")
    return own in (None, case.component.cls) and (not declared or declared[1] == case.component.cls)


def drifted(case: Case, setting: Setting) -> bool:
    """Whether item and attribute together left what was loaded: the twin's value, else the file's."""
    if case.fresh:
        return False
    now = setting.item or setting.attr
    if case.twin is not None and case.twin.cls == case.component.cls:
        before = case.twin.setting(setting.name)
        was = (before.item or before.attr) if before is not None else None
        return was is not None and now is not None and not same(was, now)
    return (
        setting.disk is not None
        and setting.item is not None
        and same_class(case)
        and not same(setting.disk, setting.item)
    )


def split(case: Case, setting: Setting) -> bool:
    """Item and attribute of the config disagree, or one of the two is gone."""
    twofold = case.component.kind in ("pipeline", "scheduler", "model")  # transformers keeps attributes only
    return twofold and setting.role == "value" and not same(setting.item, setting.attr)


def flagged(setting: Setting) -> bool:
    """Listed in ``_use_default_values`` with a value that is not the default."""
    return (
        setting.defaulted
        and setting.item is not None
        and setting.default is not None
        and not same(setting.item, setting.default)
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
    """A live attribute with another value than both places of the config, put there after construction."""
    if setting.role == "component" or setting.live is None or setting.item is None:
        return False
    if setting.name in case.component.facts.get("per_run", ()):
        return False  # set_timesteps keeps its argument there
    if same(setting.live, setting.item) or (setting.attr is not None and same(setting.live, setting.attr)):
        return False
    return not resolved(case, setting)


def changed_to(case: Case, setting: Setting) -> Value | None:
    """The value somebody wrote after construction, or None when nothing was changed."""
    if split(case, setting):
        return intended(setting)
    if shadowed(case, setting):
        return setting.live
    if flagged(setting) or drifted(case, setting):
        return setting.item or setting.attr
    return None


def intended(setting: Setting) -> Value | None:
    """Which of two disagreeing places is the new one: that which is not the old value of file or default."""
    for old in (setting.disk, setting.default if setting.defaulted else None, setting.live):
        if old is not None and same(old, setting.item):
            return setting.attr
        if old is not None and same(old, setting.attr) and setting.item is not None:
            return setting.item
    return setting.attr or setting.item


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


def remedy(case: Case, setting: Setting, value: Value | None) -> str:
    """The exact line that makes ``setting`` have ``value`` in every place that counts."""
    name, cls, text = case.name, case.component.cls, literal(value)
    if setting.name == "requires_safety_checker" and case.component.kind == "pipeline":
        return (
            "pipe.safety_checker = None"
            if value is not None and value.data is False
            else "pipe.safety_checker = safety_checker"
        )
    if case.component.kind == "scheduler":
        return f"{name} = {cls}.from_config({name}.config, {setting.name}={text})"
    if case.component.kind == "model" and not later(setting):
        subfolder = "" if name == case.component.path else f", subfolder={case.component.path!r}"
        return f"{name} = {cls}.from_pretrained(SOURCE{subfolder}, {setting.name}={text})"
    return f"{name}.register_to_config({setting.name}={text})"
