# The default grid of FlowMatchEuler is shifted twice: its end is shift(shift(1/1000)), where shift(1/1000) is meant
from diffusers import FlowMatchEulerDiscreteScheduler

scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
once = scheduler.sigma_min
scheduler.set_timesteps(28)
print(f"sigma_min is {once:.6f}, the last sigma of 28 steps is {scheduler.sigmas[-2]:.6f}")
assert abs(scheduler.sigmas[-2].item() - once) < 1e-4
