# The shift of a flow model is lost on the way to DPM++ and UniPC, which call it flow_shift
from diffusers import DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler

config = FlowMatchEulerDiscreteScheduler(shift=3.0).config
given = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
lost = []
for cls in (DPMSolverMultistepScheduler, UniPCMultistepScheduler):
    plain, meant = cls.from_config(config, **given), cls.from_config(config, **given, flow_shift=3.0)
    plain.set_timesteps(10)
    meant.set_timesteps(10)
    if plain.sigmas.tolist() != meant.sigmas.tolist():
        lost.append(cls.__name__)
        print(f"{cls.__name__}: sigma 5 is {plain.sigmas[5]:.4f}, with the model's shift it is {meant.sigmas[5]:.4f}")
assert not lost
