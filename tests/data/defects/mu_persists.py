# set_timesteps(mu=...) writes config.flow_shift: a later call without mu keeps the old shift
from diffusers import DPMSolverMultistepScheduler

given = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "use_dynamic_shifting": True}
used, fresh = DPMSolverMultistepScheduler(**given), DPMSolverMultistepScheduler(**given)
used.set_timesteps(10, mu=1.15)
used.set_timesteps(10)
fresh.set_timesteps(10)
print(f"sigma 5 is {used.sigmas[5]:.4f} after a call with mu, {fresh.sigmas[5]:.4f} on a fresh scheduler")
assert used.sigmas.tolist() == fresh.sigmas.tolist()
