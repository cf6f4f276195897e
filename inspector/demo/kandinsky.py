"""Kandinsky 2.2 (prior, decoder, both in one) and Kandinsky 3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import configs, parts


def _prior() -> dict[str, Any]:
    tokenizer = parts.clip_tokenizer()
    return {
        "prior": parts.prior_transformer(),
        "image_encoder": parts.clip_vision(),
        "text_encoder": parts.clip_text(tokenizer, "CLIPTextModelWithProjection", hidden_act="gelu"),
        "tokenizer": tokenizer,
        "scheduler": parts.scheduler(configs.KANDINSKY22_PRIOR),
        "image_processor": parts.image_processor(),
    }


def _decoder() -> dict[str, Any]:
    unet = parts.seeded(
        parts.cls("UNet2DConditionModel"),
        sample_size=64,
        in_channels=4,
        out_channels=8,  # the latents and their learned variance
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("ResnetDownsampleBlock2D",) + ("SimpleCrossAttnDownBlock2D",) * 3,
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D",) * 3 + ("ResnetUpsampleBlock2D",),
        addition_embed_type="image",
        encoder_hid_dim=parts.WIDTH,
        encoder_hid_dim_type="image_proj",
        resnet_time_scale_shift="scale_shift",
        cross_attention_dim=16,
        attention_head_dim=8,
        layers_per_block=1,
        norm_num_groups=8,
    )
    return {"unet": unet, "scheduler": parts.scheduler(configs.KANDINSKY22), "movq": parts.movq()}


def kandinsky22_prior(folder: Path) -> None:
    parts.cls("KandinskyV22PriorPipeline")(**_prior()).save_pretrained(folder)


def kandinsky22_decoder(folder: Path) -> None:
    parts.cls("KandinskyV22Pipeline")(**_decoder()).save_pretrained(folder)


def kandinsky22(folder: Path) -> None:
    prior = {f"prior_{name}": part for name, part in _prior().items()}
    parts.cls("KandinskyV22CombinedPipeline")(**_decoder(), **prior).save_pretrained(folder)


def kandinsky3(folder: Path) -> None:
    tokenizer = parts.t5_tokenizer(512)
    unet = parts.seeded(
        parts.cls("Kandinsky3UNet"),
        in_channels=4,
        time_embedding_dim=8,
        groups=4,
        attention_head_dim=8,
        layers_per_block=2,  # with one, its upward blocks would not fit together
        block_out_channels=(8, 8, 16, 16),
        cross_attention_dim=16,
        encoder_hid_dim=parts.WIDTH,
    )
    parts.cls("Kandinsky3Pipeline")(
        tokenizer=tokenizer,
        text_encoder=parts.t5_text(tokenizer),
        unet=unet,
        scheduler=parts.scheduler(configs.KANDINSKY3),
        movq=parts.movq(),
    ).save_pretrained(folder)
