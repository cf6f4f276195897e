"""The three schedulers of IC-Light, as its demo builds them: by the class itself, whatever the model's config says."""

from __future__ import annotations

from inspector.samplers.tables.row import Preset

_SOURCE = "lllyasviel/IC-Light gradio_demo.py 0cada44"
_LINEAR = "no beta_schedule: the class's linear betas, whose sigmas end at 25.146 and not at the model's 14.615"

ROWS = (
    Preset(
        "iclight_ddim",
        "DDIM (IC-Light)",
        "DDIMScheduler",
        {
            "num_train_timesteps": 1000,
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "beta_schedule": "scaled_linear",
            "clip_sample": False,
            "set_alpha_to_one": False,
            "steps_offset": 1,
        },
        order=1,
        a1111="ddim",
        comfy="ddim_uniform",
        comfy_sampler="ddim",
        names={"IC-Light": ("ddim_scheduler",)},
        source=_SOURCE,
        built="constructor",
    ),
    Preset(
        "iclight_euler_a",
        "Euler a (IC-Light)",
        "EulerAncestralDiscreteScheduler",
        {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1},
        stochastic=True,
        a1111="uniform",
        comfy="normal",
        comfy_sampler="euler_ancestral",
        names={"IC-Light": ("euler_a_scheduler",)},
        source=_SOURCE,
        note=_LINEAR,
        built="constructor",
    ),
    Preset(
        "iclight_dpmpp_2m_sde_karras",
        "DPM++ 2M SDE Karras (IC-Light)",
        "DPMSolverMultistepScheduler",
        {
            "num_train_timesteps": 1000,
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "algorithm_type": "sde-dpmsolver++",
            "use_karras_sigmas": True,
            "steps_offset": 1,
        },
        stochastic=True,
        a1111="karras",
        comfy="karras",
        comfy_sampler="dpmpp_2m_sde",
        names={"IC-Light": ("dpmpp_2m_sde_karras_scheduler", "DPM++ 2M SDE Karras")},
        source=_SOURCE,
        note=_LINEAR,
        built="constructor",
    ),
)
