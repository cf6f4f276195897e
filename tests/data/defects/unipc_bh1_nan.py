# UniPC with solver_type="bh1" gives NaN at the last step when the final sigma is zero, which is the default
# code: IPS302
# classes: UniPC*
# options: solver_type
# related: #7517
# found by: sigmas UniPC --set solver_type=bh1 --steps 10
import diffusers
import torch


def shows(cls):
    scheduler = cls(solver_type="bh1")
    scheduler.set_timesteps(10)
    sample = torch.ones(1, 1, 1, 1)
    for t in scheduler.timesteps:
        sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    if not sample.isfinite().all():
        return f"after the last of 10 steps the sample is {sample.item()}"


if __name__ == "__main__":
    said = shows(diffusers.UniPCMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
