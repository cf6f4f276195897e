"""Stable Diffusion 1.5 and XL: text to image, inpainting, and perturbed-attention guidance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import configs, parts


def unet(**changes: Any) -> Any:
    """The U-Net of SD 1.5 (four levels, eight heads, 64x64 latents), a few channels wide."""
    sizes: dict[str, Any] = {
        "sample_size": 64,
        "block_out_channels": (8, 16, 16, 16),
        "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
        "attention_head_dim": 8,
        "cross_attention_dim": parts.WIDTH,
        "layers_per_block": 1,
        "norm_num_groups": 8,
    }
    return parts.seeded(parts.cls("UNet2DConditionModel"), **sizes | changes)


def unet_xl(**changes: Any) -> Any:
    """The U-Net of SDXL: three levels, text and time embeddings, 128x128 latents."""
    sizes: dict[str, Any] = {
        "sample_size": 128,
        "block_out_channels": (8, 16, 16),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": (1, 2, 4),
        "transformer_layers_per_block": (1, 1, 2),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        # six numbers for sizes and crops, embedded one by one, beside the pooled text
        "projection_class_embeddings_input_dim": 6 * 8 + parts.WIDTH,
        "cross_attention_dim": 2 * parts.WIDTH,
        "use_linear_projection": True,
        "layers_per_block": 1,
        "norm_num_groups": 8,
    }
    return parts.seeded(parts.cls("UNet2DConditionModel"), **sizes | changes)


def components(**unet_changes: Any) -> dict[str, Any]:
    """The components of SD 1.5, safety checker included."""
    tokenizer = parts.clip_tokenizer()
    return {
        "vae": parts.vae(0.18215, 512),
        "text_encoder": parts.clip_text(tokenizer),
        "tokenizer": tokenizer,
        "unet": unet(**unet_changes),
        "scheduler": parts.scheduler(configs.SD15),
        "safety_checker": parts.safety_checker(),
        "feature_extractor": parts.image_processor(),
    }


def components_xl(**unet_changes: Any) -> dict[str, Any]:
    """The components of SDXL."""
    tokenizer, tokenizer_2 = parts.clip_tokenizer(), parts.clip_tokenizer(padding="!")
    return {
        "vae": parts.vae(0.13025, 1024),
        "text_encoder": parts.clip_text(tokenizer),
        "text_encoder_2": parts.clip_text(tokenizer_2, "CLIPTextModelWithProjection", hidden_act="gelu"),
        "tokenizer": tokenizer,
        "tokenizer_2": tokenizer_2,
        "unet": unet_xl(**unet_changes),
        "scheduler": parts.scheduler(configs.SDXL),
    }


def sd15(folder: Path) -> None:
    parts.cls("StableDiffusionPipeline")(**components()).save_pretrained(folder)


def sdxl(folder: Path) -> None:
    parts.cls("StableDiffusionXLPipeline")(**components_xl()).save_pretrained(folder)


def sd_inpaint(folder: Path) -> None:
    # Nine channels: latents, the mask, and the latents of the masked image.
    found = components(in_channels=9) | {"scheduler": parts.scheduler(configs.SD_INPAINT)}
    parts.cls("StableDiffusionInpaintPipeline")(**found).save_pretrained(folder)


def sdxl_inpaint(folder: Path) -> None:
    parts.cls("StableDiffusionXLInpaintPipeline")(**components_xl(in_channels=9)).save_pretrained(folder)


def sd_pag(folder: Path) -> None:
    parts.cls("StableDiffusionPAGPipeline")(**components(), pag_applied_layers="mid").save_pretrained(folder)


def sdxl_pag(folder: Path) -> None:
    parts.cls("StableDiffusionXLPAGPipeline")(**components_xl(), pag_applied_layers="mid").save_pretrained(folder)
