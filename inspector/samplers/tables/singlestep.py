"""Presets: DPM++ 2S, the single step solvers."""

from __future__ import annotations

from inspector.samplers.tables.row import FLOW, Preset

ROWS = (
    Preset(
        "dpmpp_2s",
        "DPM++ 2S",
        "DPMSolverSinglestepScheduler",
        {},
        order=2,
        a1111="uniform",
        comfy="normal",
        comfy_sampler="dpmpp_2s_ancestral",
        flow=FLOW,
        names={
            "diffusers docs": ("DPM++ SDE", "DPM++ 2S a"),
        },
        source="diffusers docs/source/en/api/schedulers/overview.md: very similar to DPM++ 2S a",
        note="DPM++ 2S a adds noise in every step, this class adds none; the docs call the two very similar",
    ),
    Preset(
        "dpmpp_2s_exponential",
        "DPM++ 2S Exponential",
        "DPMSolverSinglestepScheduler",
        {"use_exponential_sigmas": True},
        order=2,
        a1111="exponential",
        comfy="exponential",
        comfy_sampler="dpmpp_2s_ancestral",
        source="diffusers docs/source/en/api/schedulers/overview.md: very similar to DPM++ 2S a",
        note="DPM++ 2S a adds noise in every step, this class adds none; the docs call the two very similar",
    ),
    Preset(
        "dpmpp_2s_karras",
        "DPM++ 2S Karras",
        "DPMSolverSinglestepScheduler",
        {"use_karras_sigmas": True},
        order=2,
        a1111="karras",
        comfy="karras",
        comfy_sampler="dpmpp_2s_ancestral",
        names={
            "Forge": ("DPM++ 2S a Automatic", "DPM++ 2S a"),
            "A1111": ("DPM++ 2S a Automatic", "DPM++ 2S a"),
            "diffusers docs": ("DPM++ SDE Karras", "DPM++ 2S a Karras"),
        },
        source="diffusers docs/source/en/api/schedulers/overview.md: very similar to DPM++ 2S a",
        note="DPM++ 2S a adds noise in every step, this class adds none; the docs call the two very similar",
    ),
    Preset(
        "dpmpp_2s_beta",
        "DPM++ 2S Beta",
        "DPMSolverSinglestepScheduler",
        {"use_beta_sigmas": True},
        order=2,
        a1111="beta",
        comfy="beta",
        comfy_sampler="dpmpp_2s_ancestral",
        source="diffusers docs/source/en/api/schedulers/overview.md: very similar to DPM++ 2S a, with beta",
        note="DPM++ 2S a adds noise in every step, this class adds none; the docs call the two very similar",
    ),
)
