"""The file against the class: keys nobody takes, keys that are not there, values the library replaced."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator

from inspector.model import Finding, Setting, Value
from inspector.model import same as same_content
from inspector.rules.changes import Change, same, same_class
from inspector.rules.registry import Case, finding, literal, rule
from inspector.rules.remedies import remedy

_CARRIED = frozenset({"clip_sample", "set_alpha_to_one", "skip_prk_steps", "steps_offset", "sample_max_value"})
"""Keys of PNDM and DDIM that the Stable Diffusion checkpoints carry in every scheduler's file, whatever the class."""
_WELL_KNOWN = (
    "EulerDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DDIMScheduler",
    "PNDMScheduler",
    "FlowMatchEulerDiscreteScheduler",
)
"""Named first where many classes take a key."""


@rule("IPC104", "warning", "the config carries a key the class does not take: it will be ignored")
def not_taken(case: Case) -> Iterator[Finding]:
    """
    The class's `__init__` has no such parameter. A key of a compatible class is kept as a hidden key (it comes back
    when the config goes to that class) and shows in `config` as if it counted; a typo, a removed key, or a key of a
    newer library is ignored for good. Schedulers do not even log it.

    A hidden key that holds its own class's default, or one that the well-known checkpoints carry everywhere
    (`clip_sample`, `set_alpha_to_one`, `skip_prk_steps`, …), is a note.

    wrong:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler.from_config({**DDIMScheduler().config, "use_karras_sigmas": True})
    ```
    wrong:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler.from_config({"use_karras_sigma": True})
    ```
    right:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler.from_config({"beta_start": 0.00085, "clip_sample": False})
    ```
    """
    for setting in case.component.settings:
        if setting.accepted or case.component.kind not in ("scheduler", "model", "pipeline"):
            continue
        if (
            setting.item is None and setting.attr is None and (setting.disk is None or not same_class(case))
        ) or setting.name in case.component.facts.get("library_keys", ()):
            continue
        if any(setting.name in case.component.facts.get(k, ()) for k in ("registers", "writers")):
            continue  # the library's own code put it there
        owners = case.component.facts.get("owners", {}).get(setting.name)
        value = setting.item or setting.attr or setting.disk
        if owners:
            named = sorted(owners, key=lambda c: (c not in _WELL_KNOWN, len(c)))
            harmless = setting.name in _CARRIED or any(
                value is not None and same_content(value.data, d) for d in owners.values()
            )
            who = ", ".join(named[:3]) + (" …" if len(named) > 3 else "")
            story = f"a hidden key: it belongs to {who} and {case.component.cls} never reads it"
            fix = f"use one of {', '.join(named[:3])}, or remove {setting.name} from the config"
        else:
            harmless = setting.role == "component" and value is not None and value.data == [None, None]
            story, fix = unknown(case, setting)
        yield finding(
            "IPC104",
            case.where(setting.name),
            f"{setting.name}={literal(value)} is {story}",
            fix,
            setting=setting,
            severity="note" if harmless else None,
        )
    yield from near_miss(case)


def near_miss(case: Case) -> Iterator[Finding]:
    """A live attribute that no code of the class sets, one slip away from a setting: ``scheduler.use_karas_sigmas``."""
    rebuilt = case.component.rebuilt
    if rebuilt is None:
        return
    known = {*rebuilt.state.get("attributes", {}), *case.component.facts.get("per_run", ())}
    names = [s.name for s in case.component.settings if s.accepted and s.role == "value"]
    for name, data in case.component.state.get("attributes", {}).items():
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.9) if name not in known and name[0] != "_" else []
        meant = case.component.setting(near[0]) if near else None
        if meant is not None:
            yield finding(
                "IPC104",
                case.where(name),
                f"{case.name}.{name} = {data!r} made a new attribute that no code reads (did you mean {meant.name}?)",
                remedy(case, meant, Change(Value(type(data).__name__, data), "live")),
                places={"live": data},
                confidence="likely",
            )


def unknown(case: Case, setting: Setting) -> tuple[str, str]:
    """A typo, a removed key, or one of a newer library: say which is likelier, and from which versions."""
    names = [s.name for s in case.component.settings if s.accepted]
    near = difflib.get_close_matches(setting.name, names, n=1, cutoff=0.8)
    story = f"no parameter of {case.component.cls}: ignored"
    if near:
        fix = f"rename {setting.name} to {near[0]} in the config"
        value = setting.item or setting.attr
        if setting.disk is None and value is not None and near[0] != setting.name:
            change = Change(value, "item" if setting.item is not None else "attr")
            meant = case.component.setting(near[0])
            fix = remedy(case, meant, change) if meant is not None else fix
        return f"{story} (did you mean {near[0]}?)", fix
    elsewhere = [
        case.snapshot.expression(c)
        for c in case.snapshot.components
        if c is not case.component and (s := c.setting(setting.name)) is not None and s.accepted
    ]
    if elsewhere:
        return f"{story} (it is a setting of {', '.join(elsewhere)})", f"move {setting.name} to {elsewhere[0]}"
    return story + age(case, setting), f"remove {setting.name} from the config{newer_library(case)}"


def age(case: Case, setting: Setting) -> str:
    """What the versions say of an unknown key in a file."""
    written, running = versions(case)
    if setting.disk is None or not written or not running:
        return ""
    if written == running:
        return f" (the file says diffusers {written}, which has no such key: it was added by hand or by another tool)"
    kind = "a key of a newer library" if numbers(written) > numbers(running) else "a removed key, or added by hand"
    return f" (the file was written by diffusers {written}, this is {running}: {kind})"


def newer_library(case: Case) -> str:
    written, running = versions(case)
    return f", or use diffusers {written}" if written and running and numbers(written) > numbers(running) else ""


def versions(case: Case) -> tuple[str, str]:
    """The diffusers that wrote the component's file, and the one that reads it."""
    written = case.component.facts.get("version_on_disk")
    return written if isinstance(written, str) else "", case.snapshot.versions.get("diffusers", "")


def numbers(version: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", version)[:3]]


@rule("IPC105", "note", "the file lacks a key the class takes: this library version's default is in force")
def lacking(case: Case) -> Iterator[Finding]:
    """
    The JSON was written before the parameter existed, or by hand. The value comes from the installed version's
    defaults, and may be another one after an upgrade. Saving the object writes it out.

    wrong: a `scheduler_config.json` without `timestep_spacing`.
    right: the same file after `save_pretrained` with the installed version.
    """
    if (
        not any(s.disk for s in case.component.settings)
        or not same_class(case)
        or case.component.kind not in ("scheduler", "model", "pipeline")
    ):
        return
    for setting in case.component.settings:
        if setting.accepted and setting.disk is None and setting.default is not None and setting.role == "value":
            yield finding(
                "IPC105",
                case.where(setting.name),
                f"not in the file; the default of {case.component.cls} is in force: {literal(setting.default)}",
                setting=setting,
            )


@rule("IPC112", "warning", "the library itself changed the value while loading")
def replaced(case: Case) -> Iterator[Finding]:
    """
    The config item of a freshly loaded object differs from its file: a constructor (of the component or of its
    pipeline) rewrote it. Stable Diffusion pipelines do so with `steps_offset`, `clip_sample` and an old UNet's
    `sample_size`.

    wrong: a Stable Diffusion folder whose DDIM file says `clip_sample: true`.
    right: the same folder with `clip_sample: false`.
    """
    for setting in case.component.settings if same_class(case) else ():
        if (
            setting.role == "component"
            or setting.disk is None
            or setting.item is None
            or same(setting.disk, setting.item)
        ):
            continue
        twin = case.twin.setting(setting.name) if case.twin else None
        by_library = case.fresh or (twin is not None and same(twin.item, setting.item))
        if by_library:
            by = case.component.facts.get("registers", {}).get(setting.name, ["a constructor of the library"])
            yield finding(
                "IPC112",
                case.where(setting.name),
                f"the file says {literal(setting.disk)}, the loaded config {literal(setting.item)}: "
                f"rewritten by {by[-1]}",
                f"write {setting.name}: {json.dumps(setting.item.data)} into the file to make it explicit",
                setting=setting,
                severity="note" if setting.disk.data is None else None,  # None asks for it
            )


@rule("IPP210", "error", "weights saved while an adapter was active: they do not load back")
def adapter_in_the_weights(case: Case) -> Iterator[Finding]:
    """
    The safetensors header names `lora_` and `base_layer` tensors, as `save_pretrained` writes them while a LoRA is
    loaded. The config shows nothing of it; `from_pretrained` finds none of the plain names and leaves those weights
    uninitialised (huggingface/diffusers #6602, #9420).

    wrong: `pipe.load_lora_weights(...); pipe.save_pretrained(FOLDER)`.
    right: `pipe.fuse_lora(); pipe.unload_lora_weights(); pipe.save_pretrained(FOLDER)`, or `save_lora_weights`.
    """
    if found := case.component.facts.get("adapter_tensors"):
        count, example = found
        yield finding(
            "IPP210",
            case.component.path,
            f"{count} tensors of an adapter are in the weights ({example}): {case.component.cls} has no base_layer "
            "and lora_ names, so those weights stay uninitialised after loading",
            "pipe.fuse_lora(); pipe.unload_lora_weights(); pipe.save_pretrained(FOLDER)  # with its LoRA loaded",
            places={"disk": example},
        )


@rule("IPC113", "note", "another class would put another default in its place")
def other_default(case: Case) -> Iterator[Finding]:
    """
    The key is at this class's default without being in the file, so `OtherScheduler.from_config(config)` takes the
    other class's default. Stable Diffusion 1.5's file lacks `timestep_spacing`: "leading" for PNDM turns into
    "linspace" for Euler, and the first of 20 sigmas is 14.61 instead of 11.03; after a save and load the same line
    gives 11.03.

    wrong:
    ```python
    from diffusers import PNDMScheduler
    obj = PNDMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
    ```
    right:
    ```python
    from diffusers import DDPMWuerstchenScheduler
    obj = DDPMWuerstchenScheduler()
    ```
    """
    for row in case.component.facts.get("siblings", ()):
        classes = row.get("classes", {})
        if not classes:
            continue
        setting = case.component.setting(row["key"])
        yield finding(
            "IPC113",
            case.where(row["key"]),
            f"{row['key']}={row['value']!r} is {case.component.cls}'s default, not set explicitly; from_config would "
            f"take {told(classes)}",
            f"{next(iter(classes))}.from_config({case.name}.config, {row['key']}={row['value']!r})",
            setting=setting,
        )


def told(classes: dict[str, dict[str, object]]) -> str:
    """Classes grouped by what they would do: the value they take, and a first sigma that changes with it."""
    groups: dict[str, list[str]] = {}
    for name, facts in classes.items():
        effect = f"{facts.get('value')!r}"
        sigma, explicit = facts.get("first_sigma"), facts.get("first_sigma_if_explicit")
        if isinstance(sigma, float) and isinstance(explicit, float) and abs(sigma - explicit) > 1e-4 * abs(explicit):
            effect += f" (first sigma {sigma:.4f} instead of {explicit:.4f})"
        groups.setdefault(effect, []).append(name)
    # the groups whose sigmas change say most: they come first
    ordered = sorted(groups.items(), key=lambda g: "sigma" not in g[0])
    return "; ".join(f"{effect} for {', '.join(names)}" for effect, names in ordered)
