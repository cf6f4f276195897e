"""The line that does what was meant: one for all the changes of a component, since each alone would undo the others."""

from __future__ import annotations

from inspector.model import Setting, Value
from inspector.rules.changes import Change, change_of, effects_of, flagged, later, same
from inspector.rules.registry import Case, literal

_SWITCH = "requires_safety_checker"
_LONGEST = 60
_LITERALS = ("bool", "int", "float", "str", "NoneType", "list", "tuple", "dict")


def remedy(case: Case, setting: Setting, change: Change | None = None) -> str:
    """The exact line that gives ``setting`` its new value in every place that counts, and keeps the other changes."""
    change = change or change_of(case, setting)
    if change is None:
        return ""
    kind = case.component.kind
    if not setting.accepted:
        return without_parameter(case, setting, change)
    refused = effects_of(case, setting).get("refused", {}).get(change.place)
    if refused:
        return restored(case, setting, change, refused)
    if kind == "pipeline":
        line = pipeline_line(case, setting, change)
    elif kind == "scheduler":
        line = f"{case.name} = {case.component.cls}.from_config({case.name}.config, {arguments(case, setting, change)})"
    else:
        line = model_line(case, setting, change)
    return line + doubt(case, setting, change)


def doubt(case: Case, setting: Setting, change: Change) -> str:
    """The other value, where nothing tells which of the two was meant."""
    if change.sure or change.other is None or effects_of(case, setting).get("refused"):
        return ""
    return f"  # or {setting.name}={literal(change.other)}, if that is the value you meant"


def written_by_library(case: Case, setting: Setting, change: Change) -> str:
    """What to do about an attribute that the library wrote; empty where a user may as well have written it."""
    if not case.component.facts.get("writers", {}).get(setting.name) or change.place != "attr":
        return ""
    if case.component.kind != "scheduler":
        back = "does not have it" if setting.item is None else f"has {literal(setting.item)} again"
        return f"leave it while the library needs it: {case.name} saved or built anew {back}"
    if not change.new.type.startswith("numpy."):
        return ""  # what set_timesteps computes is numpy's, what people type is not
    back = ", ".join(f"{s.name}={code(case, s, c)}" for s, c in lost(case) if s.name != setting.name)
    return (
        f"{case.name} = {case.component.cls}.from_config({case.name}.config{', ' if back else ''}{back})"
        f"  # back to {literal(setting.item)}; the value stays from one run to the next"
    )


def lost(case: Case) -> list[tuple[Setting, Change]]:
    """The changes that ``from_config`` alone would lose."""
    found = []
    for setting, change in changes_of(case):
        kept = setting.default if setting.defaulted else setting.item
        if not same(change.new, kept) and change.place not in effects_of(case, setting).get("refused", {}):
            found.append((setting, change))
    return found


def arguments(case: Case, setting: Setting, change: Change) -> str:
    """The setting and every other change that ``from_config`` would lose, as keyword arguments."""
    found = {s.name: code(case, s, c) for s, c in lost(case)} | {setting.name: code(case, setting, change)}
    order = [s.name for s in case.component.settings]
    return ", ".join(f"{name}={found[name]}" for name in sorted(found, key=order.index))


def changes_of(case: Case) -> list[tuple[Setting, Change]]:
    """Every changed setting that the class takes."""
    found = [(s, change_of(case, s)) for s in case.component.settings if s.accepted and s.role == "value"]
    return [(s, c) for s, c in found if c is not None]


def code(case: Case, setting: Setting, change: Change) -> str:
    """The new value as Python: written out where it is short and plain, else taken from where it stands."""
    value, name = change.new, setting.name
    if value.type in _LITERALS or (value.type.startswith("numpy.") and isinstance(value.data, bool | int | float)):
        text = full(value)
        if len(text) <= _LONGEST:
            return text
    stands = {"item": f"config[{name!r}]", "attr": f"config.{name}", "live": name, "private": f"_{name}"}
    return f"{case.name}.{stands[change.place]}"


def full(value: Value) -> str:
    if value.type == "float" and isinstance(value.data, str):
        return f"float({value.data!r})"
    return repr(tuple(value.data) if value.type == "tuple" and isinstance(value.data, list) else value.data)


def without_parameter(case: Case, setting: Setting, change: Change) -> str:
    """The class takes no such setting, so ``from_config`` would drop it without a word."""
    if case.component.facts.get("owners", {}).get(setting.name):
        return (
            f"{case.name}.register_to_config({setting.name}={code(case, setting, change)})  # for a class that takes it"
        )
    if change.place == "attr" and setting.item is None:
        return f"del {case.name}.config.{setting.name}"
    return f"{case.name}.register_to_config({setting.name}={code(case, setting, change)})"


def restored(case: Case, setting: Setting, change: Change, refused: str) -> str:
    """The class refuses the new value: back to the old one."""
    if change.other is None:
        return f"give {setting.name} a value that {case.component.cls} takes ({refused})"
    back = Change(change.other, "attr" if change.place == "item" else "item")
    why = f"  # {case.component.cls} refuses {literal(change.new)}: {refused}"
    if case.component.kind == "scheduler":
        text = arguments(case, setting, back)
        return f"{case.name} = {case.component.cls}.from_config({case.name}.config, {text}){why}"
    return f"{case.name}.register_to_config({setting.name}={code(case, setting, back)}){why}"


def checked(case: Case) -> bool:
    """Whether the pipeline has a safety checker."""
    checker = case.component.setting("safety_checker")
    pair = checker.live.data if checker is not None and checker.live is not None else None
    return isinstance(pair, list | tuple) and pair[-1:] not in ([None], (None,))


def moot(case: Case, setting: Setting) -> bool:
    """A flag about a safety checker where there is none: whatever it says, nothing follows."""
    return case.component.kind == "pipeline" and setting.name == _SWITCH and not checked(case)


def pipeline_line(case: Case, setting: Setting, change: Change) -> str:
    if setting.name == _SWITCH:
        if change.new.data is False and checked(case):
            return "pipe.safety_checker = None"
        if change.new.data is True and not checked(case):
            return "pipe.register_modules(safety_checker=safety_checker)  # a checker that you have loaded"
    if effects_of(case, setting).get("stale"):
        return rebuilt_pipeline(case)
    text = code(case, setting, change)
    if change.place != "live" and setting.live is not None and setting.attr is not None and later(setting, "live"):
        return f"{case.name}.{setting.name} = {text}"  # it is in vars(pipe), so this sets the config too
    return f"{case.name}.register_to_config({setting.name}={text})"


def rebuilt_scheduler(case: Case) -> str:
    """The scheduler made anew from its whole config: from_config would drop what is listed as default."""
    changed = ", ".join(f"{s.name}={code(case, s, c)}" for s, c in lost(case))
    if changed:
        return f"{case.name} = {case.component.cls}.from_config({case.name}.config, {changed})"
    items = f"{{k: v for k, v in {case.name}.config.items() if k != '_use_default_values'}}"
    return f"{case.name} = {case.component.cls}.from_config({items})"


def rebuilt_pipeline(case: Case) -> str:
    """The pipeline made anew around its components, with the settings that are not at their defaults."""
    changed = {s.name: c for s, c in changes_of(case)}
    given = []
    for setting in case.component.settings:
        if setting.accepted and setting.role == "value" and setting.item is not None:
            change = changed.get(setting.name) or Change(setting.item, "item")
            if not same(change.new, setting.default):
                given.append(f", {setting.name}={code(case, setting, change)}")
    return f"pipe = {case.component.cls}(**pipe.components{''.join(given)})"


def model_line(case: Case, setting: Setting, change: Change) -> str:
    """Built anew where the constructor used the old value; else both places of the config at once."""
    changed = {s.name: (s, c) for s, c in changes_of(case)} | {setting.name: (setting, change)}
    name, cls = case.name, case.component.cls
    given = ", ".join(f"{s.name}={code(case, s, c)}" for s, c in changed.values())
    built = [effects_of(case, s) for s, _ in changed.values()]
    if any(e.get("reshapes") for e in built):
        return f"{name} = {cls}.from_config({name}.config, {given})  # untrained: weights of the old shape do not fit"
    if any(e.get("stale") for e in built):
        known = "_name_or_path" in case.component.facts.get("hidden", ())
        return f"{name} = {cls}.from_pretrained({f'{name}.config._name_or_path' if known else 'FOLDER'}, {given})"
    line = f"{name}.register_to_config({given})"
    for one, its in changed.values():
        if one.defaulted and (flagged(one) or not same(its.new, one.default)):
            line += f"; {name}.config['_use_default_values'].remove({one.name!r})"
    return line
