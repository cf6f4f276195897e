# DEIS and SA-Solver end at the smallest sigma of training: they have no final_sigmas_type
from diffusers import DEISMultistepScheduler, SASolverScheduler

ends = {}
for cls in (DEISMultistepScheduler, SASolverScheduler):
    scheduler = cls(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(20)
    ends[cls.__name__] = scheduler.sigmas[-1].item()
print(", ".join(f"{name} ends at sigma {sigma:.4f}" for name, sigma in ends.items()))
assert not any(ends.values())
