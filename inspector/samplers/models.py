"""The scheduler configs of well-known models, as their repositories ship them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.naming import LONGEST, plain, shown
from inspector.samplers.tables.row import Kind

_FORGE = "lllyasviel/stable-diffusion-webui-forge backend/huggingface/"


@dataclass(frozen=True, slots=True)
class Model:
    """A model's ``scheduler/scheduler_config.json``, and what a run of it needs beside.

    ``mu``: what the pipeline passes to ``set_timesteps`` where the config asks for dynamic shifting, else None.
    ``kind``: ``vp`` (betas), ``flow`` (flow matching) or ``edm`` (sigmas without betas). ``aliases``: other names.
    ``source``: where the config is from.
    """

    name: str
    config: Mapping[str, Any]
    mu: float | None
    source: str
    kind: Kind = "vp"
    aliases: tuple[str, ...] = ()


_SD: dict[str, Any] = {
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}
_THRESHOLDS: dict[str, Any] = {
    **_SD,
    "clip_sample_range": 1.0,
    "dynamic_thresholding_ratio": 0.995,
    "rescale_betas_zero_snr": False,
    "sample_max_value": 1.0,
    "thresholding": False,
    "timestep_spacing": "leading",
}
_SD21V = {"_class_name": "DDIMScheduler", "_diffusers_version": "0.8.0", **_SD, "prediction_type": "v_prediction"}
_FLUX = {
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "_diffusers_version": "0.30.0.dev0",
    "base_image_seq_len": 256,
    "base_shift": 0.5,
    "max_image_seq_len": 4096,
    "max_shift": 1.15,
    "num_train_timesteps": 1000,
}

_ROWS = (
    Model(
        "sd15",
        {"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", **_SD},
        None,
        _FORGE + "runwayml/stable-diffusion-v1-5",
        aliases=("sd1.5", "stable-diffusion-v1-5", "runwayml/stable-diffusion-v1-5"),
    ),
    Model(
        "sdxl",
        {
            "_class_name": "EulerDiscreteScheduler",
            "_diffusers_version": "0.19.0.dev0",
            **_SD,
            "interpolation_type": "linear",
            "prediction_type": "epsilon",
            "sample_max_value": 1.0,
            "timestep_spacing": "leading",
            "use_karras_sigmas": False,
        },
        None,
        _FORGE + "stabilityai/stable-diffusion-xl-base-1.0",
        aliases=("stable-diffusion-xl", "stabilityai/stable-diffusion-xl-base-1.0"),
    ),
    Model(
        "sd21-v",
        _SD21V,
        None,
        _FORGE + "stabilityai/stable-diffusion-2-1",
        aliases=("sd21v", "sd21", "sd2.1", "stable-diffusion-2-1", "stabilityai/stable-diffusion-2-1"),
    ),
    Model(
        "zero-snr",
        {**_SD21V, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"},
        None,
        "sd21-v with rescale_betas_zero_snr and trailing spacing, as the diffusers docs set them (Lin et al. 2023)",
        aliases=("sd21v_zsnr", "zsnr"),
    ),
    Model(
        "pixart",
        {
            "_class_name": "DPMSolverMultistepScheduler",
            "num_train_timesteps": 1000,
            "beta_start": 0.0001,
            "beta_end": 0.02,
            "beta_schedule": "linear",
            "algorithm_type": "dpmsolver++",
            "solver_order": 2,
            "solver_type": "midpoint",
            "lower_order_final": True,
            "prediction_type": "epsilon",
            "timestep_spacing": "linspace",
            "steps_offset": 0,
            "use_karras_sigmas": False,
            "thresholding": False,
        },
        None,
        "diffusers scripts/convert_pixart_sigma_to_diffusers.py: DPMSolverMultistepScheduler() with its defaults",
        aliases=("pixart-alpha", "pixart-sigma", "PixArt-alpha/PixArt-XL-2-1024-MS"),
    ),
    Model(
        "sd3",
        {
            "_class_name": "FlowMatchEulerDiscreteScheduler",
            "_diffusers_version": "0.29.0.dev0",
            "num_train_timesteps": 1000,
            "shift": 3.0,
        },
        None,
        _FORGE + "stabilityai/stable-diffusion-3-medium-diffusers",
        kind="flow",
        aliases=("stable-diffusion-3", "stabilityai/stable-diffusion-3-medium-diffusers"),
    ),
    Model(
        "flux-dev",
        {**_FLUX, "shift": 3.0, "use_dynamic_shifting": True},
        1.15,
        _FORGE + "black-forest-labs/FLUX.1-dev; mu for 1024 x 1024 pixels, which are 4096 tokens: max_shift",
        kind="flow",
        aliases=("flux", "flux.1-dev", "black-forest-labs/FLUX.1-dev"),
    ),
    Model(
        "flux-schnell",
        {**_FLUX, "shift": 1.0, "use_dynamic_shifting": False},
        None,
        _FORGE + "black-forest-labs/FLUX.1-schnell",
        kind="flow",
        aliases=("flux.1-schnell", "black-forest-labs/FLUX.1-schnell"),
    ),
    Model(
        "kolors",
        {
            "_class_name": "EulerDiscreteScheduler",
            "_diffusers_version": "0.18.0.dev0",
            **_THRESHOLDS,
            "beta_end": 0.014,
            "interpolation_type": "linear",
            "num_train_timesteps": 1100,
            "prediction_type": "epsilon",
            "use_karras_sigmas": False,
        },
        None,
        _FORGE + "Kwai-Kolors/Kolors",
        aliases=("Kwai-Kolors/Kolors", "Kwai-Kolors/Kolors-diffusers"),
    ),
    Model(
        "hunyuandit",
        {
            "_class_name": "DDPMScheduler",
            "_diffusers_version": "0.29.0.dev0",
            **_THRESHOLDS,
            "beta_end": 0.03,
            "prediction_type": "v_prediction",
            "variance_type": "fixed_small",
        },
        None,
        _FORGE + "Tencent-Hunyuan/HunyuanDiT-Diffusers",
        aliases=("hunyuan-dit", "Tencent-Hunyuan/HunyuanDiT-Diffusers"),
    ),
    Model(
        "playground-2.5",
        {
            "_class_name": "EDMDPMSolverMultistepScheduler",
            "_diffusers_version": "0.27.0.dev0",
            "algorithm_type": "dpmsolver++",
            "dynamic_thresholding_ratio": 0.995,
            "euler_at_final": False,
            "final_sigmas_type": "zero",
            "lower_order_final": True,
            "num_train_timesteps": 1000,
            "prediction_type": "epsilon",
            "rho": 7.0,
            "sample_max_value": 1.0,
            "sigma_data": 0.5,
            "sigma_max": 80.0,
            "sigma_min": 0.002,
            "solver_order": 2,
            "solver_type": "midpoint",
            "thresholding": False,
        },
        None,
        _FORGE + "playgroundai/playground-v2.5-1024px-aesthetic",
        kind="edm",
        aliases=("playground", "playground-v2.5", "playgroundai/playground-v2.5-1024px-aesthetic"),
    ),
    Model(
        "svd",
        {
            "_class_name": "EulerDiscreteScheduler",
            "_diffusers_version": "0.24.0.dev0",
            **_SD,
            "interpolation_type": "linear",
            "prediction_type": "v_prediction",
            "sigma_max": 700.0,
            "sigma_min": 0.002,
            "timestep_spacing": "leading",
            "timestep_type": "continuous",
            "use_karras_sigmas": True,
        },
        None,
        "stabilityai/stable-video-diffusion-img2vid, as public training code quotes its scheduler_config.json",
        aliases=("stable-video-diffusion", "svd-xt", "stabilityai/stable-video-diffusion-img2vid-xt"),
    ),
    Model(
        "ltx",
        {
            "_class_name": "FlowMatchEulerDiscreteScheduler",
            "_diffusers_version": "0.32.0.dev0",
            "base_image_seq_len": 1024,
            "base_shift": 0.95,
            "invert_sigmas": False,
            "max_image_seq_len": 4096,
            "max_shift": 2.05,
            "num_train_timesteps": 1000,
            "shift": 1.0,
            "shift_terminal": 0.1,
            "use_beta_sigmas": False,
            "use_dynamic_shifting": True,
            "use_exponential_sigmas": False,
            "use_karras_sigmas": False,
        },
        0.95 + (2.05 - 0.95) / (4096 - 1024) * (21 * 16 * 22 - 1024),
        "Lightricks/LTX-Video ltx_video/utils/diffusers_config_mapping.py; mu for the pipeline's own default size, "
        "161 frames of 704 x 512 pixels, which are 21 x 16 x 22 tokens",
        kind="flow",
        aliases=("ltx-video", "Lightricks/LTX-Video"),
    ),
    Model(
        "cosine",
        {"_class_name": "DDPMScheduler", "beta_schedule": "squaredcos_cap_v2", "clip_sample": False},
        None,
        "DDPMScheduler with the betas of Nichol & Dhariwal 2021 (arXiv:2102.09672), unclipped, else with its defaults",
        aliases=("squaredcos", "squared cosine", "squaredcos_cap_v2"),
    ),
)

MODELS: Mapping[str, Model] = MappingProxyType({m.name: m for m in _ROWS})
"""Every model by its name."""


def find_model(name: str) -> Model:
    """The model of this name or alias; capitals, spaces and punctuation do not count.

    Raises:
        InspectError: no such model (exit 2, with those that are near).
    """
    known = {plain(n): m for m in _ROWS for n in (m.name, *m.aliases)}
    wanted = plain(name)
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted[:LONGEST], known, n=3, cutoff=0.6)
    names = list(dict.fromkeys(known[n].name for n in near))
    hint = f"did you mean {' or '.join(names)}?" if names else f"there are: {', '.join(MODELS)}; or give a SOURCE"
    raise InspectError(f"no model is called {shown(name)}", hint=hint, exit_code=EXIT_USAGE)
