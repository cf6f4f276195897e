# A class without final_sigmas_type ends at the smallest sigma of training, not at zero
# code: IPS304
# classes: DEIS*, DPMSolverMultistepScheduler, DPMSolverSDE*, DPMSolverSinglestep*, EulerA*, EulerD*, Heun*, KDPM2*, LMS*, SASolver*, UniPC*
# related: #6477, #7517
# found by: sigmas DEIS --steps 20
import diffusers


def shows(cls):
    scheduler = cls(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(20)
    if len(scheduler.sigmas) >= len(scheduler.alphas_cumprod):
        raise NotImplementedError("its sigmas are those of training, not of the steps")
    if scheduler.sigmas[-1] > 0:
        return f"20 steps end at sigma {scheduler.sigmas[-1]:.4f}"


if __name__ == "__main__":
    said = shows(diffusers.DEISMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
