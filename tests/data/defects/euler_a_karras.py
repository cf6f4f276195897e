# from_config drops use_karras_sigmas for Euler ancestral without a word
# code: IPS308
# classes: EulerAncestralDiscreteScheduler
# related: #4167, #5002
# found by: sigmas 'Euler a Karras' --steps 20
import diffusers


def shows(cls):
    config = diffusers.EulerDiscreteScheduler(use_karras_sigmas=True).config
    asked = cls.from_config(config, use_karras_sigmas=True)
    plain = cls.from_config(diffusers.EulerDiscreteScheduler().config)
    asked.set_timesteps(20)
    plain.set_timesteps(20)
    if asked.sigmas.tolist() == plain.sigmas.tolist():
        return f"sigmas with use_karras_sigmas=True and without: both {asked.sigmas[:3].tolist()}"


if __name__ == "__main__":
    said = shows(diffusers.EulerAncestralDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
