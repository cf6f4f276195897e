"""PixArt-α and PixArt-Σ: a diffusion transformer conditioned by T5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import configs, parts


def _components(scaling_factor: float, tokens: int, **transformer: Any) -> dict[str, Any]:
    tokenizer = parts.t5_tokenizer(tokens)
    return {
        "tokenizer": tokenizer,
        "text_encoder": parts.t5_text(tokenizer),
        "vae": parts.vae(scaling_factor, 512),
        "transformer": parts.seeded(
            parts.cls("PixArtTransformer2DModel"),
            sample_size=128,
            num_layers=2,
            num_attention_heads=2,
            attention_head_dim=12,  # the width must divide by three: the time, the size, the aspect ratio
            cross_attention_dim=24,
            caption_channels=parts.WIDTH,
            interpolation_scale=2,
            norm_num_groups=8,
            **transformer,
        ),
        "scheduler": parts.scheduler(configs.PIXART),
    }


def pixart_alpha(folder: Path) -> None:
    # At 1024 pixels the α model is also told size and aspect ratio; the class turns that on by sample_size 128.
    parts.cls("PixArtAlphaPipeline")(**_components(0.18215, 120)).save_pretrained(folder)


def pixart_sigma(folder: Path) -> None:
    found = _components(0.13025, 300, use_additional_conditions=False)
    parts.cls("PixArtSigmaPipeline")(**found).save_pretrained(folder)
