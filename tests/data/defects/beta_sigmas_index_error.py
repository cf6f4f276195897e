# use_beta_sigmas repeats the first whole timestep from N = 32 on; step looks up the second one and runs past the end
import torch
from diffusers import (
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    UniPCMultistepScheduler,
)

failed = []
for cls in (DPMSolverMultistepScheduler, DPMSolverSinglestepScheduler, DEISMultistepScheduler, UniPCMultistepScheduler):
    scheduler = cls(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", use_beta_sigmas=True)
    scheduler.set_timesteps(40)
    sample = torch.ones(1, 1, 1, 1)
    try:
        for t in scheduler.timesteps:
            sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    except (IndexError, AssertionError) as error:
        failed.append(cls.__name__)
        first = scheduler.timesteps[:3].tolist()
        print(f"{cls.__name__}: timesteps start {first}; the loop ends in {type(error).__name__}")
assert not failed
