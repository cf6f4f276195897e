# timestep_spacing="trailing" gives one timestep too many for some N, and the extra one is -1
from diffusers import DDIMScheduler

scheduler = DDIMScheduler(timestep_spacing="trailing")
scheduler.set_timesteps(61)
print(f"{len(scheduler.timesteps)} timesteps for 61 steps, the last are {scheduler.timesteps[-3:].tolist()}")
assert len(scheduler.timesteps) == 61
