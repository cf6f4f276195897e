# DDIM goes to t - 1000 // N, which with linspace and trailing spacing is not the next timestep of its own list
# code: IPS310
# classes: DDIMScheduler, DDIMParallelScheduler
# options: timestep_spacing
# upstream: #11347, #12633, #9261, #14357
# related: #9384
# found by: sigmas 'DDIM trailing' --steps 13
import diffusers
import torch


def shows(cls):
    wrong = {}
    for spacing, steps in (("linspace", 10), ("trailing", 13)):
        scheduler = cls(timestep_spacing=spacing, clip_sample=False)
        scheduler.set_timesteps(steps)
        count = 0
        for t, following in zip(scheduler.timesteps, scheduler.timesteps[1:]):
            signal = scheduler.alphas_cumprod[t].sqrt().reshape(1, 1, 1, 1)  # x0 = 1, eps = 0: no noise to remove
            landed = scheduler.step(torch.zeros_like(signal), t, signal).prev_sample.item()
            count += abs(landed - scheduler.alphas_cumprod[following].sqrt().item()) > 1e-4
        if count:
            wrong[spacing] = f"{count} of {steps - 1} steps"
    if wrong:
        return f"land elsewhere than on the next timestep: {wrong}"


if __name__ == "__main__":
    said = shows(diffusers.DDIMScheduler)
    print(said)
    raise SystemExit(said is not None)
