# Classes that a v-prediction model with zero terminal SNR may be given drop rescale_betas_zero_snr
# code: IPS312
# classes: DDIM*, DDPM*, DEIS*, DPMSolver*, Euler*, Heun*, KDPM2*, LMS*, PNDM*, SASolver*, UniPC*
# options: prediction_type, beta_schedule
# related: #3664, #6024, #6305, #7097
# found by: sigmas DEIS --model zero-snr --steps 20
import diffusers


def shows(cls):
    config = dict(diffusers.DDIMScheduler(rescale_betas_zero_snr=True, timestep_spacing="trailing").config)
    config = {k: v for k, v in config.items() if not k.startswith("_")}
    left = cls.from_config(config).alphas_cumprod[-1].item()
    if left > 1e-6:
        return f"signal is left at the last timestep: alphas_cumprod ends at {left:.6f}"


if __name__ == "__main__":
    said = shows(diffusers.DEISMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
