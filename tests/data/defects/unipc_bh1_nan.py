# UniPC with solver_type="bh1" gives NaN at the last step when the final sigma is zero, which is the default
import torch
from diffusers import UniPCMultistepScheduler

scheduler = UniPCMultistepScheduler(solver_type="bh1")
scheduler.set_timesteps(10)
sample = torch.ones(1, 1, 1, 1)
for t in scheduler.timesteps:
    sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
print(f"after the last of 10 steps the sample is {sample.item()}")
assert sample.isfinite().all()
