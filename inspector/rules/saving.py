"""What saving makes of a pipeline: a class that is not found again, a component that is left out."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Finding
from inspector.rules.pipeline import absent, entries, pair
from inspector.rules.registry import Case, finding, rule


@rule("IPP208", "warning", "saved and reloaded, this object would come back as another class")
def other_class_after_saving(case: Case) -> Iterator[Finding]:
    """
    The name under which the library saves the object leads to another class, or to none: a class of the user's own,
    or one that shadows a library class's name.

    wrong:
    ```python
    from diffusers import DDIMScheduler
    obj = type("DDPMScheduler", (DDIMScheduler,), {"__module__": "diffusers.schedulers.mine"})()
    ```
    right:
    ```python
    from diffusers import DDIMScheduler
    obj = DDIMScheduler()
    ```
    """
    found = case.component.facts.get("reload")
    if found is None or case.fresh or found == case.component.facts.get("class_path"):
        return
    library, name = case.component.facts.get("reloads_as") or (None, None)
    if case.snapshot.pipeline is None and "Error" in found.partition(":")[0]:
        return  # alone it is saved and loaded by its class, whatever a pipeline's index would say
    outcome = f"does not load ({found})" if "Error" in found.partition(":")[0] else f"loads as {found}"
    yield finding(
        "IPP208",
        case.component.path,
        f"{case.component.facts.get('class_path')} is saved as {pair((library, name))}, which {outcome}",
        f"pass it when loading: DiffusionPipeline.from_pretrained(FOLDER, {case.component.path}={case.component.path})"
        if case.component.kind != "pipeline"
        else f"load it with {name}.from_pretrained(FOLDER)",
        places={"live": case.component.facts.get("class_path")},
    )


@rule("IPP209", "warning", "declared without a folder, or in use but not saved")
def unsaved_component(case: Case) -> Iterator[Finding]:
    """
    A component that was None when the pipeline was built is not registered when it is assigned later: it runs,
    the config still says `(None, None)`, and `save_pretrained` leaves it out. `register_modules` registers it.
    On disk: the index names a component whose folder is not there.

    wrong:
    ```python
    from diffusers import LDMSuperResolutionPipeline, DDIMScheduler, UNet2DModel, VQModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = LDMSuperResolutionPipeline(None, unet, DDIMScheduler())
    obj.vqvae = VQModel()
    ```
    right:
    ```python
    from diffusers import LDMSuperResolutionPipeline, DDIMScheduler, UNet2DModel, VQModel
    unet = UNet2DModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    obj = LDMSuperResolutionPipeline(None, unet, DDIMScheduler())
    obj.register_modules(vqvae=VQModel())
    ```
    """
    for setting in entries(case):
        if setting.live and setting.item and not absent(setting.live.data) and absent(setting.item.data):
            yield finding(
                "IPP209",
                case.where(setting.name),
                f"pipe.{setting.name} is {pair(setting.live.data)} and in use, the config says (None, None): "
                "save_pretrained loses it",
                f"pipe.register_modules({setting.name}=pipe.{setting.name})",
                setting=setting,
            )
    if case.component.facts.get("folder") == "missing":
        yield finding(
            "IPP209",
            case.component.path,
            f"model_index.json declares {pair(case.component.facts.get('declared'))}, "
            f"but there is no folder {case.component.path}/",
            f"add the folder, or {without(case)}",
            places={"disk": case.component.facts.get("declared")},
        )


def without(case: Case) -> str:
    """How a pipeline is loaded whose folder lacks a component: [null, null] is refused for those it needs."""
    name, pipe = case.component.path, case.snapshot.pipeline
    if pipe is not None and name in pipe.facts.get("optional", ()):
        return f"write [null, null] for {name} into model_index.json"
    return f"pass it: DiffusionPipeline.from_pretrained(FOLDER, {name}={name})"
