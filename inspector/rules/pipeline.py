"""The pipeline as a whole: its components against its index, its versions, its safety checker, its devices."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Component, Finding, Setting
from inspector.rules.changes import same
from inspector.rules.registry import Case, finding, rule

_SWITCH = "requires_safety_checker"


def pair(value: object) -> str:
    """``[library, class]`` as a reader says it."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return "None" if value[1] is None else f"{value[0]}.{value[1]}"
    return repr(value)


def absent(data: object) -> bool:
    return data is None or (isinstance(data, list | tuple) and len(data) == 2 and data[1] is None)


def entries(case: Case) -> Iterator[Setting]:
    """The entries of a pipeline's config that name components."""
    if case.component.kind == "pipeline":
        yield from (s for s in case.component.settings if s.role == "component")


@rule("IPP201", "error", "a component's class is not the one declared")
def not_as_declared(case: Case) -> Iterator[Finding]:
    """
    What the pipeline holds is not what its config or its file declares: the attribute was set around
    `__setattr__`, or the index names one scheduler and the scheduler's own file another (the index wins, silently).

    wrong:
    ```python
    from diffusers import DDIMPipeline, DDIMScheduler, DDPMScheduler, UNet2DModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = DDIMPipeline(unet, DDIMScheduler())
    vars(obj)["scheduler"] = DDPMScheduler()
    ```
    right:
    ```python
    from diffusers import DDIMPipeline, DDIMScheduler, DDPMScheduler, UNet2DModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = DDIMPipeline(unet, DDIMScheduler())
    obj.scheduler = DDIMScheduler.from_config(DDPMScheduler().config)
    ```
    """
    for setting in entries(case):
        live, item = setting.live, setting.item
        if live is None or item is None or absent(live.data) or absent(item.data) or same(live, item):
            continue
        yield finding(
            "IPP201",
            case.where(setting.name),
            f"pipe.{setting.name} is {pair(live.data)}, the pipeline's config declares {pair(item.data)}",
            f"pipe.register_modules({setting.name}=pipe.{setting.name})",
            setting=setting,
        )
    for component in case.snapshot.components if case.component.kind == "pipeline" else ():
        yield from other_architecture(component)
        declared, own = component.facts.get("declared"), component.facts.get("class_on_disk")
        if not declared or not isinstance(own, str) or declared[1] == own or component.kind == "transformers":
            continue
        yield finding(
            "IPP201",
            component.path,
            f"model_index.json declares {declared[1]}, the component's own config was written by {own}: "
            f"the index wins, and {component.cls} is built",
            f"write {own!r} into model_index.json, or {declared[1]!r} into the component's config",
            places={"disk": own, "item": declared},
        )


def other_architecture(component: Component) -> Iterator[Finding]:
    """Transformers writes the class it saved into ``architectures``; loading it as another one is often meant."""
    declared, written = component.facts.get("declared"), component.setting("architectures")
    names = written.disk.data if written is not None and written.disk is not None else None
    if component.kind == "transformers" and declared and isinstance(names, list) and names and declared[1] not in names:
        yield finding(
            "IPP201",
            component.path,
            f"model_index.json declares {declared[1]}, the component's own config was written by "
            f"{', '.join(map(str, names))}: "
            "weights that only one of the two classes has are left out, or made anew at random",
            f"check that {declared[1]} is meant",
            severity="note",
            places={"disk": names, "item": declared},
        )


@rule("IPP202", "warning", "a component the pipeline declares is missing")
def missing(case: Case) -> Iterator[Finding]:
    """
    The pipeline's `__init__` asks for the component and it is absent or None, and it is not among
    `_optional_components`. Saved like this, the pipeline cannot be loaded again without passing it.

    wrong:
    ```python
    from diffusers import DDIMPipeline, DDIMScheduler
    obj = DDIMPipeline(None, DDIMScheduler())
    ```
    right:
    ```python
    from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = DDIMPipeline(unet, DDIMScheduler())
    ```
    """
    if case.component.kind != "pipeline":
        return
    facts = case.component.facts
    optional = set(facts.get("optional", ()))
    for name in facts.get("expected", ()):
        setting = case.component.setting(name)
        now = setting and (setting.live or setting.item or setting.disk)
        if name in optional or (now and not absent(now.data)) or case.snapshot.component(name) is not None:
            continue
        if any(c.path.startswith(f"{name}[") for c in case.snapshot.components):
            continue
        if any(s.where in (name, f"pipe.{name}") for s in case.snapshot.skipped):
            continue  # it is declared; that it could not be loaded is said elsewhere
        yield finding(
            "IPP202",
            case.where(name),
            f"{case.component.cls} needs {name}, which is {'None' if setting and now else 'not in the index'}: "
            "a saved copy cannot be loaded again without passing it",
            f"pipe.register_modules({name}={name})  # one that you have loaded"
            if setting is not None and setting.live is not None and not case.fresh
            else f"{case.component.cls}.from_pretrained(FOLDER, {name}={name})",
            setting=setting,
        )


@rule("IPP203", "note", "saved by another diffusers version than the one that reads it")
def other_version(case: Case) -> Iterator[Finding]:
    """
    `_diffusers_version` in the file is not the installed version. The library never mentions it, not even for
    a file from a version that does not exist yet. Keys may be missing (IPC105) or unknown (IPC104) because of it.

    wrong: a `model_index.json` with `"_diffusers_version": "0.6.0"`.
    right: a folder saved by the installed version.
    """
    running = case.snapshot.versions.get("diffusers")
    first = case.snapshot.components[:1] == (case.component,)
    if not running or not first:
        return
    written: dict[str, list[str]] = {}
    for component in case.snapshot.components:
        version = component.facts.get("version_on_disk")
        if isinstance(version, str) and version != running:
            written.setdefault(version, []).append(component.path)
    if written:
        story = ", ".join(f"{v} ({', '.join(p[:3])}{' …' if len(p) > 3 else ''})" for v, p in written.items())
        yield finding(
            "IPP203",
            case.component.path,
            f"written by diffusers {story}; read by {running}",
            f"{case.name}.save_pretrained(FOLDER)  # writes every default of {running} out",
            places={"disk": next(iter(written)), "live": running},
        )


@rule("IPP205", "warning", "requires_safety_checker and safety_checker tell different stories")
def safety(case: Case) -> Iterator[Finding]:
    """
    `requires_safety_checker` only decides about a warning while the pipeline is built; no pipeline reads it
    afterwards. What counts is whether `pipe.safety_checker` is there: with a checker, images are checked
    whatever the flag says. A flag that is left at True without a checker is a note, since it does nothing.

    wrong: `pipe.requires_safety_checker = False` on a pipeline that has a safety checker: it goes on checking.
    right: `pipe.safety_checker = None`.
    """
    setting = case.component.setting(_SWITCH)
    checker = case.component.setting("safety_checker")
    if case.component.kind != "pipeline" or setting is None or checker is None or checker.live is None:
        return
    present = not absent(checker.live.data)
    values = [v.data for v in (setting.item, setting.attr, setting.live) if v is not None]
    if present and False in values:
        yield finding(
            "IPP205",
            case.where(_SWITCH),
            f"{_SWITCH} is False, but pipe.safety_checker is {pair(checker.live.data)}: every image is still checked",
            "pipe.safety_checker = None",
            setting=setting,
            severity="note" if case.fresh else None,
        )
    elif not present and values and all(v is True for v in values):
        yield finding(
            "IPP205",
            case.where(_SWITCH),
            f"{_SWITCH} is True, but there is no safety checker: nothing is checked (the flag is read by nobody)",
            f"pipe.register_to_config({_SWITCH}=False)  # for the record only",
            setting=setting,
            severity="note",
        )


@rule("IPP206", "warning", "components on different devices or dtypes")
def scattered(case: Case) -> Iterator[Finding]:
    """
    The models of one pipeline are on different devices, or in different floating-point dtypes, without offloading. The
    first call fails, or casts silently. Right after loading it is a note: the library chose so itself.

    wrong:
    ```python
    import torch
    from diffusers import LDMSuperResolutionPipeline, DDIMScheduler, UNet2DModel, VQModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = LDMSuperResolutionPipeline(VQModel().half(), unet, DDIMScheduler())
    ```
    right:
    ```python
    from diffusers import LDMSuperResolutionPipeline, DDIMScheduler, UNet2DModel, VQModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = LDMSuperResolutionPipeline(VQModel(), unet, DDIMScheduler())
    ```
    """
    if case.component.kind != "pipeline":
        return
    # a component that was only read from its file has no device: its dtype says nothing of a live one
    models = [c for c in case.snapshot.components if c.state.get("parameters") and c.state.get("device")]
    if any(c.state.get("offload") or c.state.get("quantization") for c in models):
        return
    for what, example in (("device", "pipe.to('cuda')"), ("dtype", "pipe.to(torch.float16)")):
        groups: dict[str, list[Component]] = {}
        for component in models:
            groups.setdefault(str(component.state.get(what)), []).append(component)
        if len(groups) > 1:
            story = "; ".join(f"{', '.join(c.path for c in cs)}: {name}" for name, cs in groups.items())
            yield finding(
                "IPP206",
                case.where(what),
                f"{what}s differ: {story}",
                example,
                severity="note" if case.fresh else None,
                places={"live": {c.path: c.state.get(what) for c in models}},
            )
