"""UnCLIP as Karlo published it: a prior, a decoder and two super-resolution U-Nets, each with its scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import configs, parts

HOMES = ("diffusers.pipelines.unclip", "diffusers.pipelines.deprecated.unclip")
CHANNELS = (8, 8, 8, 8)


def _super_res() -> Any:
    return parts.seeded(
        parts.cls("UNet2DModel"),
        sample_size=256,
        in_channels=6,  # the noise and the smaller image beside it
        out_channels=3,
        block_out_channels=CHANNELS,
        down_block_types=("ResnetDownsampleBlock2D",) * 4,
        up_block_types=("ResnetUpsampleBlock2D",) * 4,
        resnet_time_scale_shift="scale_shift",
        add_attention=False,
        layers_per_block=1,
        norm_num_groups=8,
    )


def unclip(folder: Path) -> None:
    pipeline = parts.cls("UnCLIPPipeline")
    tokenizer = parts.clip_tokenizer()
    decoder = parts.seeded(
        parts.cls("UNet2DConditionModel"),
        sample_size=64,
        in_channels=3,
        out_channels=6,  # the image and its learned variance
        block_out_channels=CHANNELS,
        down_block_types=("ResnetDownsampleBlock2D",) + ("SimpleCrossAttnDownBlock2D",) * 3,
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D",) * 3 + ("ResnetUpsampleBlock2D",),
        resnet_time_scale_shift="scale_shift",
        class_embed_type="identity",
        cross_attention_dim=parts.WIDTH,
        attention_head_dim=8,
        layers_per_block=1,
        norm_num_groups=8,
    )
    text_proj = parts.seeded(
        parts.cls("UnCLIPTextProjModel", *HOMES),
        clip_extra_context_tokens=4,
        clip_embeddings_dim=parts.WIDTH,
        time_embed_dim=4 * CHANNELS[0],
        cross_attention_dim=parts.WIDTH,
    )
    pipeline(
        prior=parts.prior_transformer(),
        decoder=decoder,
        text_encoder=parts.clip_text(tokenizer, "CLIPTextModelWithProjection"),
        tokenizer=tokenizer,
        text_proj=text_proj,
        super_res_first=_super_res(),
        super_res_last=_super_res(),
        prior_scheduler=parts.scheduler(configs.UNCLIP_PRIOR),
        decoder_scheduler=parts.scheduler(configs.UNCLIP_DECODER),
        super_res_scheduler=parts.scheduler(configs.UNCLIP_SUPER_RES),
    ).save_pretrained(folder)
