"""What is added to a trained pipeline: T2I-Adapters beside its U-Net, a LoRA inside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import parts
from .stable_diffusion import components, components_xl, sd15

LORA = "lora"


def t2i_adapter_sd(folder: Path) -> None:
    # The adapter's channels are the U-Net's: it adds one feature map to each of its levels.
    adapter = parts.seeded(parts.cls("T2IAdapter"), channels=[8, 16, 16, 16], num_res_blocks=1)
    parts.cls("StableDiffusionAdapterPipeline")(**components(), adapter=adapter).save_pretrained(folder)


def t2i_adapter_sdxl(folder: Path) -> None:
    adapter = parts.seeded(
        parts.cls("T2IAdapter"),
        channels=[8, 16, 16],
        num_res_blocks=1,
        downscale_factor=16,
        adapter_type="full_adapter_xl",
    )
    parts.cls("StableDiffusionXLAdapterPipeline")(**components_xl(), adapter=adapter).save_pretrained(folder)


def sd_lora(folder: Path) -> None:
    """Stable Diffusion and, in its folder ``lora``, the file that DPO, ORPO, DreamBooth or RealFill training ends in.

    Made as those scripts make it: peft adapters on the attention layers, saved by ``save_lora_weights``.
    """
    import torch

    sd15(folder)
    pipeline = parts.cls("StableDiffusionPipeline")
    state_dict = parts.cls("get_peft_model_state_dict", "peft.utils")
    to_diffusers = parts.cls("convert_state_dict_to_diffusers", "diffusers.utils")
    lora_config = parts.cls("LoraConfig", "peft")
    found = components()
    targets = {
        "unet": ["to_k", "to_q", "to_v", "to_out.0"],
        "text_encoder": ["q_proj", "k_proj", "v_proj", "out_proj"],
    }
    trained = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for name, modules in targets.items():
            # Not peft's zeros: this LoRA has been trained, as it were, and changes the image.
            found[name].add_adapter(lora_config(r=4, lora_alpha=4, init_lora_weights=False, target_modules=modules))
            trained[f"{name}_lora_layers"] = to_diffusers(state_dict(found[name]))
    pipeline.save_lora_weights(folder / LORA, **trained)


def sd_lora_live(folder: Path, load: Callable[[Path], Any] | None = None) -> Any:
    """The pipeline with its LoRA loaded at four fifths of its strength, as users write it."""
    pipe = (load or parts.cls("DiffusionPipeline").from_pretrained)(folder)
    pipe.load_lora_weights(folder / LORA, adapter_name="dreambooth", local_files_only=True)
    pipe.set_adapters("dreambooth", 0.8)
    return pipe
