"""Stable Diffusion 3 and FLUX.1: transformers trained by flow matching."""

from __future__ import annotations

from pathlib import Path

from . import configs, parts


def sd3(folder: Path) -> None:
    tokenizer, tokenizer_2, tokenizer_3 = (
        parts.clip_tokenizer(),
        parts.clip_tokenizer(padding="!"),
        parts.t5_tokenizer(512),
    )
    both = 2 * parts.WIDTH  # the two CLIP embeddings side by side; T5's must be as wide
    parts.cls("StableDiffusion3Pipeline")(
        transformer=parts.seeded(
            parts.cls("SD3Transformer2DModel"),
            sample_size=128,
            num_layers=2,
            num_attention_heads=2,
            attention_head_dim=4,
            joint_attention_dim=both,
            caption_projection_dim=8,
            pooled_projection_dim=both,
            pos_embed_max_size=96,
        ),
        scheduler=parts.scheduler(configs.SD3),
        vae=parts.vae(
            1.5305, 1024, latent_channels=16, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False
        ),
        text_encoder=parts.clip_text(tokenizer, "CLIPTextModelWithProjection"),
        tokenizer=tokenizer,
        text_encoder_2=parts.clip_text(tokenizer_2, "CLIPTextModelWithProjection", hidden_act="gelu"),
        tokenizer_2=tokenizer_2,
        text_encoder_3=parts.t5_text(tokenizer_3, width=both),
        tokenizer_3=tokenizer_3,
    ).save_pretrained(folder)


def flux(folder: Path) -> None:
    tokenizer, tokenizer_2 = parts.clip_tokenizer(), parts.t5_tokenizer(512)
    parts.cls("FluxPipeline")(
        scheduler=parts.scheduler(configs.FLUX),
        vae=parts.vae(
            0.3611, 1024, latent_channels=16, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False
        ),
        text_encoder=parts.clip_text(tokenizer),
        tokenizer=tokenizer,
        text_encoder_2=parts.t5_text(tokenizer_2),
        tokenizer_2=tokenizer_2,
        transformer=parts.seeded(
            parts.cls("FluxTransformer2DModel"),
            in_channels=64,  # sixteen latent channels, folded two by two
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=parts.WIDTH,
            pooled_projection_dim=parts.WIDTH,
            axes_dims_rope=(2, 6, 8),
        ),
    ).save_pretrained(folder)
