"""Attributes of the live object against its config, and what changed since it was loaded."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Finding, Setting
from inspector.rules.changes import change_of, drifted, later, nobody, resolved, same, shadowed, told, twin_of
from inspector.rules.registry import Case, finding, literal, rule
from inspector.rules.remedies import moot, remedy


@rule("IPC103", "warning", "a live attribute shadows a config key with another value")
def shadow(case: Case) -> Iterator[Finding]:
    """
    `obj.k = v` puts an ordinary attribute on the object; the config keeps its value. On a pipeline the first
    such assignment leaves the config alone and the second, identical one changes it (`DiffusionPipeline.__setattr__`
    updates the config only for names that are already in `vars(pipe)`).

    wrong:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    obj.use_karras_sigmas = True
    ```
    right:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler(use_karras_sigmas=True)
    ```
    """
    for setting in case.component.settings:
        change = change_of(case, setting) if shadowed(case, setting) else None
        if change is None or (change.place != "live" and not same(setting.item, setting.attr)):
            continue  # the config itself is split: IPC101 tells that story
        old_copy = change.place == "item" and not later(setting, "live")
        yield finding(
            "IPC103",
            case.where(setting.name),
            f"{case.name}.{setting.name} is {literal(setting.live)}, the config says {literal(setting.item)}: "
            f"{who_sees(case, setting)}" + (" (the old value, left on the object)" if old_copy else ""),
            remedy(case, setting, change),
            setting=setting,
            severity="note" if old_copy or moot(case, setting) else None,
            confidence="certain" if case.component.rebuilt else "likely",
        )


def who_sees(case: Case, setting: Setting) -> str:
    live, config = later(setting, "live"), later(setting, "config.attr", "config.item")
    if live and config:
        return f"the attribute is read by {told(live, 1)}, the config by {told(config, 1)}; saving keeps the config's"
    if live:
        return f"the attribute is read by {told(live)}; from_config and save_pretrained use the config"
    if config:
        return f"only the config is read, by {told(config)}; the attribute changes nothing"
    return f"read by {nobody(case)} after __init__"


@rule("IPC114", "note", "resolved at construction: config and attribute differ by design")
def resolved_at_construction(case: Case) -> Iterator[Finding]:
    """
    The config says None (or another word for "decide for me") and the constructor computed the attribute from
    something else. Building the class anew gives the same attribute, so nothing is wrong; but the config does
    not tell which value is in force.

    wrong:
    ```python
    from diffusers import SASolverScheduler
    obj = SASolverScheduler()  # tau_func=None becomes a function
    ```
    right:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    ```
    """
    for setting in case.component.settings:
        if setting.role == "component" or setting.live is None or setting.item is None:
            continue
        if not same(setting.live, setting.item) and not same(setting.live, setting.attr) and resolved(case, setting):
            yield finding(
                "IPC114",
                case.where(setting.name),
                f"the config says {literal(setting.item)}; the constructor made it {literal(setting.live)}",
                setting=setting,
            )


@rule("IPC115", "note", "changed since it was loaded")
def changed_since(case: Case) -> Iterator[Finding]:
    """
    Item and attribute agree on another value than the file (or the twin built from it) has. This is how a change
    should look; it is listed so that a report tells everything that differs from what was loaded. Known only where the
    folder is known, or given with `--twin SOURCE`.

    wrong: `pipe.vae.register_to_config(scaling_factor=0.13025)` on a pipeline whose file says 0.18215.
    right: a pipeline as it was loaded.
    """
    for setting in case.component.settings:
        if (
            setting.role == "value"
            and drifted(case, setting)
            and (setting.item is None or same(setting.item, setting.attr))
        ):
            before = twin_of(case, setting)
            was = (before and (before.item or before.attr)) or setting.disk
            readers = later(setting)
            yield finding(
                "IPC115",
                case.where(setting.name),
                f"{literal(was)} when loaded, {literal(setting.item or setting.attr)} now; "
                + (f"read by {told(readers)}" if readers else "read by nobody after __init__"),
                setting=setting,
            )
