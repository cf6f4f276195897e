# With a zero terminal SNR and Karras sigmas the first whole timestep comes twice from 22 steps on; the loop fails
# code: IPS307
# options: rescale_betas_zero_snr, use_karras_sigmas
# related: #12771, #12788
# found by: sigmas 'DPM++ 2M Karras' --model zero-snr --steps 30
import diffusers
import torch


def shows(cls):
    scheduler = cls(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        rescale_betas_zero_snr=True,
        use_karras_sigmas=True,
    )
    scheduler.set_timesteps(30)
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
