# Squared-cosine betas with Karras sigmas: the first whole timestep comes twice and the loop fails, in five classes
import torch
from diffusers import (
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    SASolverScheduler,
    UniPCMultistepScheduler,
)

failed = []
for cls in (DPMSolverMultistepScheduler, DPMSolverSinglestepScheduler, DEISMultistepScheduler, UniPCMultistepScheduler,
            SASolverScheduler):  # fmt: skip
    scheduler = cls(beta_schedule="squaredcos_cap_v2", use_karras_sigmas=True)
    scheduler.set_timesteps(10)
    sample = torch.ones(1, 1, 1, 1)
    try:
        for t in scheduler.timesteps:
            sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    except (IndexError, AssertionError) as error:
        failed.append(cls.__name__)
        print(f"{cls.__name__}: timesteps start {scheduler.timesteps[:3].tolist()}, {type(error).__name__}")
assert not failed
