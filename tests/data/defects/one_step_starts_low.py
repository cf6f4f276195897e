# One step with linspace spacing starts at the smallest sigma, not at the largest
from diffusers import EulerDiscreteScheduler

scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
scheduler.set_timesteps(1)
largest = ((1 - scheduler.alphas_cumprod[-1]) / scheduler.alphas_cumprod[-1]) ** 0.5
print(f"one step starts at timestep {scheduler.timesteps[0]:.0f}, sigma {scheduler.sigmas[0]:.4f}; largest: {largest:.4f}")
assert scheduler.sigmas[0] > 0.9 * largest
