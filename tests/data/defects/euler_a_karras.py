# from_config drops use_karras_sigmas for Euler ancestral without a word
from diffusers import EulerAncestralDiscreteScheduler, EulerDiscreteScheduler

config = EulerDiscreteScheduler(use_karras_sigmas=True).config
asked = EulerAncestralDiscreteScheduler.from_config(config, use_karras_sigmas=True)
plain = EulerAncestralDiscreteScheduler.from_config(EulerDiscreteScheduler().config)
asked.set_timesteps(20)
plain.set_timesteps(20)
print(f"with use_karras_sigmas=True: {asked.sigmas[:3].tolist()}, without: {plain.sigmas[:3].tolist()}")
assert asked.sigmas.tolist() != plain.sigmas.tolist()
