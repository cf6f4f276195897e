"""DDPM and DDIM without a condition: one U-Net, one scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import configs, parts


def _unet() -> Any:
    return parts.seeded(
        parts.cls("UNet2DModel"),
        sample_size=32,
        block_out_channels=(8, 16, 16, 16),
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
        layers_per_block=1,
        norm_num_groups=8,
    )


def ddpm(folder: Path) -> None:
    parts.cls("DDPMPipeline")(unet=_unet(), scheduler=parts.scheduler(configs.DDPM)).save_pretrained(folder)


def ddim(folder: Path) -> None:
    parts.cls("DDIMPipeline")(unet=_unet(), scheduler=parts.scheduler(configs.DDIM)).save_pretrained(folder)
