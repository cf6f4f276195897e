"""Presets: DDIM, DDPM, PNDM, LCM."""

from __future__ import annotations

from inspector.samplers.tables.row import Preset

ROWS = (
    Preset(
        "ddim",
        "DDIM",
        "DDIMScheduler",
        {},
        order=1,
        a1111="ddim",
        comfy="ddim_uniform",
        comfy_sampler="ddim",
        names={
            "A1111": ("DDIM",),
            "Forge": ("DDIM",),
            "ComfyUI": ("ddim", "ddim ddim_uniform"),
            "Fooocus": ("ddim", "ddim ddim_uniform"),
            "InvokeAI": ("ddim",),
        },
        source="InvokeAI invokeai/backend/stable_diffusion/schedulers/schedulers.py",
    ),
    Preset(
        "ddim_trailing",
        "DDIM trailing",
        "DDIMScheduler",
        {"timestep_spacing": "trailing"},
        order=1,
        a1111="sgm_uniform",
        comfy="simple",
        comfy_sampler="ddim",
        names={"ComfyUI": ("ddim simple",), "Fooocus": ("ddim simple",)},
        source="diffusers docs/source/en/api/schedulers/ddim.md: timestep_spacing trailing (Lin et al. 2023)",
    ),
    Preset(
        "ddpm",
        "DDPM",
        "DDPMScheduler",
        {},
        order=None,
        stochastic=True,
        comfy=None,
        comfy_sampler="ddpm",
        names={"ComfyUI": ("ddpm",), "Fooocus": ("ddpm",), "InvokeAI": ("ddpm",)},
        source="InvokeAI invokeai/backend/stable_diffusion/schedulers/schedulers.py",
    ),
    Preset(
        "lcm",
        "LCM",
        "LCMScheduler",
        {},
        order=None,
        stochastic=True,
        comfy=None,
        comfy_sampler="lcm",
        names={"A1111": ("LCM",), "Forge": ("LCM",), "ComfyUI": ("lcm",), "Fooocus": ("lcm",), "InvokeAI": ("lcm",)},
        source="InvokeAI invokeai/backend/stable_diffusion/schedulers/schedulers.py",
    ),
    Preset(
        "pndm",
        "PNDM",
        "PNDMScheduler",
        {"skip_prk_steps": True},
        order=4,
        source="runwayml/stable-diffusion-v1-5 scheduler/scheduler_config.json: PLMS is PNDM without its PRK steps",
    ),
)
