"""Changes that do nothing, derived state that is stale or contradicts the config, state that saving loses."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Finding, Setting
from inspector.rules.changes import Change, change_of, effects_of, later, nobody, told
from inspector.rules.registry import Case, finding, literal, rule
from inspector.rules.remedies import changes_of, moot, rebuilt_pipeline, rebuilt_scheduler, remedy


@rule("IPC106", "warning", "a changed setting that no code reads: changing it does nothing")
def unread(case: Case) -> Iterator[Finding]:
    """
    The setting was changed and nothing in the class, its pipeline or the pipeline's other components reads it after
    construction, nor does building the class with the new value give another object. `requires_safety_checker` is the
    classic: it only decides about a warning at construction; the switch is `pipe.safety_checker`.

    wrong:
    ```python
    from diffusers import StableDiffusionPipeline, DDIMScheduler
    obj = StableDiffusionPipeline(None, None, None, None, DDIMScheduler(steps_offset=1, clip_sample=False), None, None)
    obj.requires_safety_checker = False
    ```
    right:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    obj.config.use_karras_sigmas = True  # split, but read by set_timesteps
    ```
    """
    for setting, change in changed(case):
        effects = effects_of(case, setting)
        if later(setting) or effects.get("changes") or stale_by_reading(case, setting):
            continue
        if outside := case.component.facts.get("read_outside", {}).get(setting.name):
            yield finding(
                "IPC106",
                case.where(setting.name),
                f"{setting.name} was changed to {either(change)}; {nobody(case)} reads it after __init__, "
                f"but pipelines do: {outside}",
                remedy(case, setting, change),
                setting=setting,
                severity="note",
            )
            continue
        yield finding(
            "IPC106",
            case.where(setting.name),
            f"{setting.name} was changed to {either(change)}, and {nobody(case)} reads it after __init__: "
            "it does nothing",
            remedy(case, setting, change),
            setting=setting,
            severity="note" if moot(case, setting) else None,
            confidence="likely" if case.component.facts.get("read_whole") else "certain",
        )


def either(change: Change) -> str:
    """The new value; both where nothing tells which is the newer."""
    if change.sure or change.other is None:
        return literal(change.new)
    return f"{literal(change.new)} or to {literal(change.other)} (nothing tells which is newer)"


def changed(case: Case) -> Iterator[tuple[Setting, Change]]:
    """The changed settings; not those for which the object has a setter, which is not the same as building it anew."""
    if case.component.facts.get("unread"):
        return  # the class's source is not there, so nobody may say that nothing reads a setting
    yield from ((s, c) for s, c in changes_of(case) if c.place != "private")


def stale_by_reading(case: Case, setting: Setting) -> bool:
    """Where the class could not be built anew to see: ``__init__`` reads the setting, so state may derive from it."""
    built = setting.name in case.component.facts.get("effects", {}) or case.component.rebuilt is not None
    return not built and case.component.kind != "pipeline" and any(r.place == "init" for r in setting.reads)


@rule("IPC107", "error", "changed after construction, but only __init__ uses it: derived state is stale")
def stale(case: Case) -> Iterator[Finding]:
    """
    The constructor computed something from this setting (betas, layers, `vae_scale_factor`), and changing the setting
    later does not compute it again. Proved by building the class with the new value and comparing.

    wrong:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler()
    obj.config.beta_end = 0.5
    ```
    right:
    ```python
    from diffusers import EulerDiscreteScheduler
    obj = EulerDiscreteScheduler.from_config(EulerDiscreteScheduler().config, beta_end=0.5)
    ```
    """
    for setting, change in changed(case):
        names = effects_of(case, setting).get("stale", [])
        if names or (stale_by_reading(case, setting) and not later(setting)):
            after = f"; other code still reads it ({told(later(setting), 1)})" if later(setting) else ""
            yield finding(
                "IPC107",
                case.where(setting.name),
                f"{setting.name} was changed to {literal(change.new)} after construction, but __init__ already "
                f"computed {', '.join(names) or 'what depends on it'} from the old value{after}",
                remedy(case, setting, change),
                setting=setting,
                confidence="certain" if names else "likely",
            )
    yield from stale_pipeline(case)


def stale_pipeline(case: Case) -> Iterator[Finding]:
    """What a pipeline computed from a component that was exchanged since (``vae_scale_factor``)."""
    if case.component.kind != "pipeline" or case.component.rebuilt is None:
        return
    now, built = case.component.state.get("attributes", {}), case.component.rebuilt.state.get("attributes", {})
    for name in now.keys() & built.keys() - set(case.component.facts.get("per_run", ())):
        if not name.startswith("_") and now[name] != built[name]:
            yield finding(
                "IPC107",
                case.where(name),
                f"pipe.{name} is {apart(now[name], built[name])}, computed by __init__; built around the present "
                f"components it is {apart(built[name], now[name])}",
                rebuilt_pipeline(case),
                places={"live": now[name]},
            )


def apart(one: object, other: object) -> str:
    """A value; of a helper with a config of its own (``image_processor``) only what differs."""
    if isinstance(one, dict) and isinstance(other, dict):
        return ", ".join(f"{k}={v!r}" for k, v in one.items() if v != other.get(k)) or repr(one)
    return repr(one)


@rule("IPC108", "error", "derived tensors contradict the config")
def contradiction(case: Case) -> Iterator[Finding]:
    """
    Betas, alphas or other tensors that the constructor derives are not what the present config yields. Proved by
    building the class anew from the object's own config items and comparing every derived tensor (those which
    `set_timesteps` or `step` rewrite are left out).

    wrong:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler()
    obj.register_to_config(beta_schedule="squaredcos_cap_v2")
    ```
    right:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler(beta_schedule="squaredcos_cap_v2")
    obj.set_timesteps(10)
    ```
    """
    rebuilt = case.component.rebuilt
    if rebuilt is None or case.component.kind != "scheduler":
        return
    now, built = case.component.state.get("tensors", {}), rebuilt.state.get("tensors", {})
    names = sorted((now.keys() & built.keys()) - set(case.component.facts.get("per_run", ())))
    different = [n for n in names if not content_equal(now[n], built[n])]
    if different:
        worst = different[0]
        yield finding(
            "IPC108",
            case.where(worst),
            f"{', '.join(different)} are not what the config yields: {worst} {ends(now[worst])} on the object, "
            f"{ends(built[worst])} from its config",
            rebuilt_scheduler(case),
            places={"live": now[worst]},
        )


def content_equal(a: object, b: object) -> bool:
    """Equal but for the device: sigmas moved to a GPU are the same sigmas."""
    if isinstance(a, dict) and isinstance(b, dict):
        return {k: v for k, v in a.items() if k != "device"} == {k: v for k, v in b.items() if k != "device"}
    return a == b


def ends(tensor: object) -> str:
    if isinstance(tensor, dict) and "first" in tensor:
        return f"{tensor['first']:.6g} … {tensor['last']:.6g} ({tensor['shape'][0]} values)"
    return str(tensor)


@rule("IPC109", "warning", "live state that saving would lose")
def unsaved(case: Case) -> Iterator[Finding]:
    """
    The object carries state that is in no config and in no file that `save_pretrained` writes as such: the shift
    set by `FlowMatchEulerDiscreteScheduler.set_shift` (the config keeps the old one), or a loaded LoRA
    (a note: save it with `pipe.save_lora_weights`, or `fuse_lora` and `unload_lora_weights` before saving;
    `save_pretrained` with an active adapter writes weights that do not load back).

    wrong:
    ```python
    from diffusers import FlowMatchEulerDiscreteScheduler
    obj = FlowMatchEulerDiscreteScheduler()
    obj.set_shift(7.0)
    ```
    right:
    ```python
    from diffusers import FlowMatchEulerDiscreteScheduler
    obj = FlowMatchEulerDiscreteScheduler.from_config(FlowMatchEulerDiscreteScheduler().config, shift=7.0)
    ```
    """
    for name, adapter in case.component.state.get("adapters", {}).items():
        yield finding(
            "IPC109",
            f"{case.component.path}.{name}",
            f"adapter {name!r} ({adapter.get('type')}, scale {adapter.get('scale')}) is loaded; no config records it, "
            "and weights saved while it is active do not load back",
            "pipe.fuse_lora(); pipe.unload_lora_weights()  # before saving; or pipe.save_lora_weights(FOLDER)",
            severity="note",
            places={"live": adapter},
        )
    rebuilt = case.component.rebuilt
    if rebuilt is None or case.component.kind != "scheduler":
        return
    now, built = case.component.state.get("attributes", {}), rebuilt.state.get("attributes", {})
    told_already = {n for s, _ in changed(case) for n in effects_of(case, s).get("stale", ())}
    for name in sorted((now.keys() & built.keys()) - set(case.component.facts.get("per_run", ())) - told_already):
        if now[name] == built[name]:
            continue
        public = name.lstrip("_")
        setting = case.component.setting(public)
        change = change_of(case, setting) if setting is not None else None
        if change is not None and change.place != "private":
            continue  # the config was changed, the attribute is what it was: IPC107
        changes = effects_of(case, setting).get("changes", ()) if setting is not None else ()
        follows = [n for n in changes if n != name and n not in case.component.facts.get("per_run", ())]
        yield finding(
            "IPC109",
            case.where(public if setting else name),
            f"{case.name}.{name} is {now[name]!r}, its config yields {built[name]!r}: "
            "save_pretrained and from_config keep the config's",
            f"{remedy(case, setting, change)}  # {', '.join(follows)} will follow too"
            if setting is not None and change is not None and follows
            else remedy(case, setting, change)
            if setting is not None and change is not None
            else rebuilt_scheduler(case),
            setting=setting,
            places={**(setting.places() if setting else {}), "live": now[name]},
        )
