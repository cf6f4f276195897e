"""The classic mistakes, made on Stable Diffusion 1.5: every line runs without a word, and none does what it says."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import parts


def mistakes(pipe: Any) -> None:
    from diffusers import DPMSolverMultistepScheduler

    # The documented way to change the sampler; nothing is wrong with it.
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    # The config is not frozen: this changes the attribute, and what is saved or swapped next keeps False (case 1).
    pipe.scheduler.config.use_karras_sigmas = True
    # This changes the item: the sampler goes on as before, and from_config drops it as a default (cases 1 and 2).
    pipe.scheduler.config["algorithm_type"] = "sde-dpmsolver++"
    # The betas were computed when the scheduler was made, and nobody computes them again (case 12).
    pipe.scheduler.config.beta_end = 0.02
    # The same name on the object: step and set_timesteps read the config (case 11).
    pipe.scheduler.solver_order = 3
    # Folk advice: the name is read only while loading, and the checker goes on checking (case 14).
    pipe.requires_safety_checker = False
    # Meant to make 768x768 the default; the pipeline reads unet.config.sample_size, the other copy (case 1).
    pipe.unet.config["sample_size"] = 96


#: The same lines for the eye, as they stand above: what is shown is what ran.
TRAPS: list[str] = textwrap.dedent(inspect.getsource(mistakes).partition("\n")[2]).splitlines()


def sd15_traps_live(folder: Path, load: Callable[[Path], Any] | None = None) -> Any:
    """Stable Diffusion 1.5 from its folder, with the mistakes made on it."""
    pipe = (load or parts.cls("DiffusionPipeline").from_pretrained)(folder)
    mistakes(pipe)
    return pipe
