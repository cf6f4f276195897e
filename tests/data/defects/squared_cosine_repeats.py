# Squared-cosine betas with Karras sigmas: the first whole timestep comes twice, and the loop fails
# code: IPS303
# options: beta_schedule, use_karras_sigmas
# upstream: #12771, #10738, #10740, #13240, #14718
# found by: sigmas 'DPM++ 2M Karras' --set beta_schedule=squaredcos_cap_v2 --steps 10
import diffusers
import torch


def shows(cls):
    scheduler = cls(beta_schedule="squaredcos_cap_v2", use_karras_sigmas=True)
    scheduler.set_timesteps(10)
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
