"""Scheduler configs of the well-known checkpoints, as published: the values a user's own folder would hold.

Nothing is added or cleaned up: SD 1.5 and SDXL ship keys that their scheduler class does not take (``clip_sample`` in a
PNDM config), because another class takes them after a swap. Keys newer than the checkpoint are absent here, and the
installed library writes its own defaults for them when a demo is saved, as it would on a user's machine.
"""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]

#: runwayml/stable-diffusion-v1-5
SD15: Config = {
    "_class_name": "PNDMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}

#: runwayml/stable-diffusion-inpainting
SD_INPAINT: Config = SD15 | {"_class_name": "DDIMScheduler"}

#: stabilityai/stable-diffusion-xl-base-1.0
SDXL: Config = {
    "_class_name": "EulerDiscreteScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "interpolation_type": "linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 1.0,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "trained_betas": None,
    "use_karras_sigmas": False,
}

#: PixArt-alpha/PixArt-XL-2-1024-MS and PixArt-Sigma-XL-2-1024-MS: DPM-Solver++ over the linear betas of DDPM
PIXART: Config = {
    "_class_name": "DPMSolverMultistepScheduler",
    "algorithm_type": "dpmsolver++",
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "beta_start": 0.0001,
    "dynamic_thresholding_ratio": 0.995,
    "euler_at_final": False,
    "lambda_min_clipped": float("-inf"),
    "lower_order_final": True,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 1.0,
    "solver_order": 2,
    "solver_type": "midpoint",
    "steps_offset": 0,
    "thresholding": False,
    "timestep_spacing": "linspace",
    "trained_betas": None,
    "use_karras_sigmas": False,
    "use_lu_lambdas": False,
    "variance_type": None,
}

#: warp-ai/wuerstchen and wuerstchen-prior
WUERSTCHEN: Config = {"_class_name": "DDPMWuerstchenScheduler", "s": 0.008, "scaler": 1.0}

#: amused/amused-256; the mask token is the last of the vocabulary and follows its size
AMUSED: Config = {"_class_name": "AmusedScheduler", "masking_schedule": "cosine"}

#: kakaobrain/karlo-v1-alpha: one scheduler for each of its three stages
UNCLIP_PRIOR: Config = {
    "_class_name": "UnCLIPScheduler",
    "clip_sample": True,
    "clip_sample_range": 5.0,
    "num_train_timesteps": 1000,
    "prediction_type": "sample",
    "variance_type": "fixed_small_log",
}
UNCLIP_DECODER: Config = UNCLIP_PRIOR | {
    "clip_sample_range": 1.0,
    "prediction_type": "epsilon",
    "variance_type": "learned_range",
}
UNCLIP_SUPER_RES: Config = UNCLIP_DECODER | {"variance_type": "fixed_small_log"}

#: kandinsky-community/kandinsky-2-2-prior; the same as UnCLIP's prior
KANDINSKY22_PRIOR: Config = UNCLIP_PRIOR

#: kandinsky-community/kandinsky-2-2-decoder: DDPM with learned variance and dynamic thresholding
KANDINSKY22: Config = {
    "_class_name": "DDPMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "beta_start": 0.00085,
    "clip_sample": True,
    "clip_sample_range": 2.0,
    "dynamic_thresholding_ratio": 0.995,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 2.0,
    "thresholding": True,
    "trained_betas": None,
    "variance_type": "learned_range",
}

#: kandinsky-community/kandinsky-3: DDPM over the cosine schedule
KANDINSKY3: Config = {
    "_class_name": "DDPMScheduler",
    "beta_end": 0.02,
    "beta_schedule": "squaredcos_cap_v2",
    "beta_start": 0.0001,
    "clip_sample": True,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "trained_betas": None,
    "variance_type": "fixed_small",
}

#: google/ddpm-cifar10-32; its DDIM sampler takes the same betas
DDPM: Config = {
    "_class_name": "DDPMScheduler",
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "beta_start": 0.0001,
    "clip_sample": True,
    "num_train_timesteps": 1000,
    "trained_betas": None,
    "variance_type": "fixed_large",
}
DDIM: Config = {k: v for k, v in DDPM.items() if k != "variance_type"} | {"_class_name": "DDIMScheduler"}

#: bglick13/hopper-medium-v2-value-function-hor32: the network predicts the trajectory itself
VALUE_GUIDED: Config = {
    "_class_name": "DDPMScheduler",
    "beta_end": 0.02,
    "beta_schedule": "squaredcos_cap_v2",
    "beta_start": 0.0001,
    "clip_sample": False,
    "num_train_timesteps": 20,
    "prediction_type": "sample",
    "trained_betas": None,
    "variance_type": "fixed_small",
}

#: stabilityai/stable-diffusion-3-medium-diffusers
SD3: Config = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}

#: black-forest-labs/FLUX.1-schnell
FLUX: Config = {
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "base_image_seq_len": 256,
    "base_shift": 0.5,
    "max_image_seq_len": 4096,
    "max_shift": 1.15,
    "num_train_timesteps": 1000,
    "shift": 1.0,
    "use_dynamic_shifting": False,
}
