"""Würstchen: a prior that writes very small latents, and a decoder that unfolds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import configs, parts

HOMES = ("diffusers", "diffusers.pipelines.wuerstchen", "diffusers.pipelines.deprecated.wuerstchen")


def _prior() -> dict[str, Any]:
    tokenizer = parts.clip_tokenizer()
    return {
        "tokenizer": tokenizer,
        "text_encoder": parts.clip_text(tokenizer),
        "prior": parts.seeded(
            parts.cls("WuerstchenPrior", *HOMES), c_in=16, c=16, c_cond=parts.WIDTH, c_r=8, depth=2, nhead=2
        ),
        "scheduler": parts.scheduler(configs.WUERSTCHEN),
    }


def _decoder() -> dict[str, Any]:
    tokenizer = parts.clip_tokenizer()
    return {
        "tokenizer": tokenizer,
        "text_encoder": parts.clip_text(tokenizer),
        "decoder": parts.seeded(
            parts.cls("WuerstchenDiffNeXt", *HOMES),
            c_r=8,
            c_cond=16,
            c_hidden=[8, 8, 16, 16],
            nhead=[-1, 1, 2, 2],
            blocks=[1, 1, 1, 1],
            effnet_embd=16,
            clip_embd=parts.WIDTH,
        ),
        "scheduler": parts.scheduler(configs.WUERSTCHEN),
        "vqgan": parts.seeded(
            parts.cls("PaellaVQModel", *HOMES), bottleneck_blocks=1, embed_dim=16, num_vq_embeddings=64
        ),
    }


def wuerstchen_prior(folder: Path) -> None:
    # The published latents have mean 42 and a 42.67th of the image's size; they are the class's defaults.
    parts.cls("WuerstchenPriorPipeline", *HOMES)(**_prior()).save_pretrained(folder)


def wuerstchen_decoder(folder: Path) -> None:
    parts.cls("WuerstchenDecoderPipeline", *HOMES)(**_decoder(), latent_dim_scale=10.67).save_pretrained(folder)


def wuerstchen(folder: Path) -> None:
    prior = {f"prior_{name}": part for name, part in _prior().items()}
    parts.cls("WuerstchenCombinedPipeline", *HOMES)(**_decoder(), **prior).save_pretrained(folder)
