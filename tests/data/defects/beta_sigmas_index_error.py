# use_beta_sigmas repeats the first whole timestep from N = 32 on; step looks up the second one and runs past the end
# code: IPS307
# options: use_beta_sigmas
# related: #12771, #12788, #9951, #9954
# found by: sigmas 'DPM++ 2M Beta' --steps 40
import diffusers
import torch


def shows(cls):
    scheduler = cls(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", use_beta_sigmas=True)
    scheduler.set_timesteps(40)
    sample = torch.ones(1, 1, 1, 1)
    try:
        for t in scheduler.timesteps:
            sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    except (IndexError, AssertionError) as error:
        return f"timesteps start {scheduler.timesteps[:3].tolist()}; the loop ends in {type(error).__name__}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
