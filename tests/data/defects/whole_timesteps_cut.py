# With exponential or beta sigmas whole timesteps are cut off instead of rounded: 999 becomes 998
# code: IPS319
# options: use_exponential_sigmas, beta_schedule
# found by: sigmas 'DPM++ 2M Exponential' --steps 20
import diffusers


def shows(cls):
    scheduler = cls(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", use_exponential_sigmas=True)
    scheduler.set_timesteps(20)
    if scheduler.timesteps.dtype.is_floating_point:
        return None
    bars = scheduler.alphas_cumprod
    largest, first = ((1 - bars[-1]) / bars[-1]) ** 0.5, int(scheduler.timesteps[0])
    if abs(scheduler.sigmas[0] / largest - 1) < 1e-6 and first < len(bars) - 1:
        return f"sigma {scheduler.sigmas[0]:.4f} is that of timestep {len(bars) - 1}, told is {first}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
