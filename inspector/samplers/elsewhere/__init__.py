"""The schedules that other projects make for the same model: A1111 (and Forge), ComfyUI, k-diffusion.

What each does is told here in our own formulas and in float64; they compute in float32, see `precision`.
"""

from __future__ import annotations

from inspector.samplers.elsewhere.a1111 import A1111, AUTOMATIC, a1111
from inspector.samplers.elsewhere.comfyui import COMFYUI, DISCARDING, comfyui
from inspector.samplers.elsewhere.kdiffusion import K_DIFFUSION, k_diffusion
from inspector.samplers.elsewhere.precision import precision
from inspector.samplers.elsewhere.why import conventions

__all__ = [
    "A1111",
    "AUTOMATIC",
    "COMFYUI",
    "DISCARDING",
    "K_DIFFUSION",
    "a1111",
    "comfyui",
    "conventions",
    "k_diffusion",
    "precision",
]
