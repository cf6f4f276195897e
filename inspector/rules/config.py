"""The two stores of a config, and the list of names that from_config throws away."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Finding, Setting
from inspector.rules.changes import (
    change_of,
    effects_of,
    flagged,
    later,
    nobody,
    resolved,
    same,
    split,
    split_change,
    told,
    typo,
)
from inspector.rules.registry import Case, finding, literal, rule
from inspector.rules.remedies import remedy, written_by_library


@rule("IPC101", "error", "item and attribute of the config disagree")
def item_and_attribute(case: Case) -> Iterator[Finding]:
    """
    A diffusers config holds every setting twice: as item (`config["k"]`) and as attribute (`config.k`).
    `FrozenDict` is meant to be read-only but is not: writing one of the two leaves the other behind.
    Library code reads mostly the attribute; `from_config`, `save_pretrained` and `repr` use the item. So the
    change works now and is gone after the next swap or save, or the other way round (huggingface/diffusers #3767,
    #9503).

    wrong:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    obj.config.use_karras_sigmas = True
    ```
    right:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    obj = EulerDiscreteScheduler.from_config(obj.config, use_karras_sigmas=True)
    ```

    When the library itself wrote the attribute (an IP-Adapter, `set_timesteps(mu=...)`, a quantizer), the finding
    names the line that did it and is a warning; on an object that was just loaded it is a note.
    """
    for setting in case.component.settings:
        if not split(case, setting) or typo(case, setting):
            continue  # IPC104 says that the name is wrong
        change = split_change(case, setting)
        writers = case.component.facts.get("writers", {}).get(setting.name, [])
        if change is None or change.place != "attr":
            writers = []
        both = f"config.{setting.name} is {literal(setting.attr)}, config[{setting.name!r}] is {literal(setting.item)}"
        message = f"{both}: {in_force(case, setting)}; {kept(case, setting)}"
        if writers:
            message += f"; the library itself writes the attribute: {writers[0]}"
        yield finding(
            "IPC101",
            case.where(setting.name),
            message,
            (change and written_by_library(case, setting, change)) or remedy(case, setting, change),
            setting=setting,
            severity=None if not writers else "note" if case.fresh else "warning",
            confidence="likely" if writers else "certain",
        )


def in_force(case: Case, setting: Setting) -> str:
    """Which of the two values counts, and for whom."""
    attribute, item = later(setting, "config.attr"), later(setting, "config.item")
    if attribute and not item:
        now = f"the code reads the attribute, so {literal(setting.attr)} is in force: {told(attribute)}"
    elif item and not attribute:
        now = f"the code reads the item, so {literal(setting.item)} is in force: {told(item)}"
    elif item:
        now = f"{literal(setting.attr)} is in force in {told(attribute, 1)}, {literal(setting.item)} in {told(item, 1)}"
    elif live := later(setting, "live"):
        now = f"the code reads neither but the object's own attribute, {literal(setting.live)}: {told(live)}"
    else:
        who = nobody(case)
        now = f"{'nothing' if who == 'nobody' else who} reads either after __init__"
        made_with = effects_of(case, setting).get("made_with")
        if made_with in ("item", "attr"):
            now += f", and the object was built with {literal(setting.item if made_with == 'item' else setting.attr)}"
    if attribute and case.component.kind == "scheduler" and (whole := case.component.facts.get("read_whole")):
        now += f", but {whole[0].partition(' ')[2]} takes the whole config, whose items count"
    own = [w for lines in case.component.facts.get("registers", {}).values() for w in lines if " " in w]
    again = [w for w in own if w.startswith(f"{case.component.cls}.") and ".__init__ " not in w]
    if attribute and again and case.component.kind == "scheduler":
        now += f", until {again[0]} registers a setting: that puts every item back into its attribute"
    return now


def kept(case: Case, setting: Setting) -> str:
    """What from_config, a saved file and repr make of the item."""
    if setting.item is None:
        return "from_config, save_pretrained and repr do not have it"
    value, refused = literal(setting.item), effects_of(case, setting).get("refused", {}).get("item")
    if refused:
        return f"save_pretrained and repr use {value}, which {case.component.cls} refuses when it is built: {refused}"
    if flagged(setting):
        instead = "nothing, and raises" if setting.default is None else f"the default {literal(setting.default)}"
        return f"save_pretrained and repr use {value}, from_config {instead} (see IPC102)"
    return f"from_config, save_pretrained and repr use {value}"


@rule("IPC102", "error", "not the default, but listed as a default: from_config will drop it")
def flagged_as_default(case: Case) -> Iterator[Finding]:
    """
    `_use_default_values` lists the names that were not passed by keyword when the object was built. `from_config`
    throws all of them away first, so that another class may use its own defaults. A value written afterwards, put there
    by a pipeline's constructor, or passed by position is still on that list: the object has it, the next
    `from_config` does not (huggingface/diffusers #7626, #14460). The list is not saved, so after save and load the same
    line keeps the value.

    wrong:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler(500)
    ```
    wrong:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    obj.config["beta_end"] = 0.5
    ```
    right:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler(num_train_timesteps=500)
    ```
    """
    for setting in case.component.settings:
        if not flagged(setting):
            continue
        registers = case.component.facts.get("registers", {}).get(setting.name)
        effects = effects_of(case, setting)
        if split(case, setting) or effects.get("stale"):
            how = "it was written to the config after construction"
        elif effects.get("made_with") == "item" and not registers:
            how = "it was passed by position"
        elif registers:
            how = f"it was registered after construction, by {registers[-1]}"
        else:
            how = "it was passed by position, or registered after construction"
        yield finding(
            "IPC102",
            case.where(setting.name),
            f"{setting.name}={literal(setting.item)} is listed in _use_default_values, so from_config drops it and "
            + (
                f"raises, since {case.component.cls} has no default for it"
                if setting.default is None
                else f"the default {literal(setting.default)} comes back"
            )
            + f"; {how}",
            remedy(case, setting, change_of(case, setting)),
            setting=setting,
        )


@rule("IPC110", "warning", "code reads both the config and the attribute, and they differ")
def read_from_both(case: Case) -> Iterator[Finding]:
    """
    Some settings are read from the config in one method and from the object in another (`variance_type` of
    `DDPMScheduler`: `step` reads `self.variance_type`, `_get_variance` reads the config). When the two differ, one
    run uses both values.

    wrong:
    ```python
    from diffusers import DDPMScheduler
    obj = DDPMScheduler()
    obj.variance_type = "learned_range"
    ```
    right:
    ```python
    from diffusers import DDPMScheduler
    obj = DDPMScheduler(variance_type="learned_range")
    ```
    """
    for setting in case.component.settings:
        if (
            setting.role == "component"
            or setting.live is None
            or setting.attr is None
            or same(setting.live, setting.attr)
        ):
            continue
        config, live = later(setting, "config.attr", "config.item"), later(setting, "live")
        if resolved(case, setting) or not config or not live or setting.name in case.component.facts.get("per_run", ()):
            continue
        change = change_of(case, setting)
        yield finding(
            "IPC110",
            case.where(setting.name),
            f"{told(live, 1)} reads the object's attribute and uses {literal(setting.live)}; "
            f"{told(config, 1)} reads the config and uses {literal(setting.attr)}",
            remedy(case, setting, change),
            setting=setting,
        )


@rule("IPC111", "note", "same content, other type")
def other_type(case: Case) -> Iterator[Finding]:
    """
    The content is the same and the type is not: a tuple became a list, an int became a float. Most code does not mind;
    code that hashes, compares with `==` or checks `isinstance` does.

    wrong:
    ```python
    from diffusers import FlowMatchEulerDiscreteScheduler
    obj = FlowMatchEulerDiscreteScheduler(shift=3.0)
    obj.config["shift"] = 3
    ```
    right:
    ```python
    from diffusers import FlowMatchEulerDiscreteScheduler
    obj = FlowMatchEulerDiscreteScheduler(shift=3.0)
    ```
    """
    for setting in case.component.settings:
        if case.component.kind not in ("pipeline", "scheduler", "model"):
            return  # transformers keeps dtypes and label tables in types of its own
        held = {p: v for p in ("disk", "item", "attr", "live") if (v := getattr(setting, p)) is not None}
        first = next(iter(held.items()), None)
        for place, value in list(held.items())[1:]:
            if first and setting.role == "value" and value.same(first[1]) and not value.identical(first[1]):
                yield finding(
                    "IPC111",
                    case.where(setting.name),
                    f"{literal(value)} is {article(value.type)} in {place} and {article(first[1].type)} in {first[0]}",
                    setting=setting,
                )
                break


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
