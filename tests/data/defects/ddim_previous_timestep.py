# DDIM goes to t - 1000 // N, which with linspace and trailing spacing is not the next timestep of its own list
import torch
from diffusers import DDIMScheduler

wrong = {}
for spacing, steps in (("linspace", 10), ("trailing", 13)):
    scheduler = DDIMScheduler(timestep_spacing=spacing, clip_sample=False)
    scheduler.set_timesteps(steps)
    count = 0
    for t, following in zip(scheduler.timesteps, scheduler.timesteps[1:]):
        signal = scheduler.alphas_cumprod[t].sqrt().reshape(1, 1, 1, 1)  # x0 = 1, eps = 0: no noise to remove
        landed = scheduler.step(torch.zeros_like(signal), t, signal).prev_sample.item()
        count += abs(landed - scheduler.alphas_cumprod[following].sqrt().item()) > 1e-4
    wrong[spacing] = f"{count} of {steps - 1} steps"
print(f"land elsewhere than on the next timestep: {wrong}")
assert all(text.startswith("0 ") for text in wrong.values())
