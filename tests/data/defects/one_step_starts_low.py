# One step with the default linspace spacing starts at the smallest sigma, not at the largest
# code: IPS314
# classes: DEIS*, DPMSolverMultistepScheduler, DPMSolverSDE*, DPMSolverSinglestep*, EulerA*, EulerD*, Heun*, KDPM2*, LMS*
# found by: sigmas Euler --steps 1
import diffusers


def shows(cls):
    scheduler = cls(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(1)
    if len(scheduler.sigmas) >= len(scheduler.alphas_cumprod):
        raise NotImplementedError("its sigmas are those of training, not of the steps")
    largest = ((1 - scheduler.alphas_cumprod[-1]) / scheduler.alphas_cumprod[-1]) ** 0.5
    t, sigma = scheduler.timesteps[0], scheduler.sigmas[0]
    if sigma < 0.9 * largest:
        return f"one step starts at timestep {t:.0f}, sigma {sigma:.4f}; the largest is {largest:.4f}"


if __name__ == "__main__":
    said = shows(diffusers.EulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
