# With as many steps as training had, the solvers in lambda take a whole timestep twice, and the sample becomes NaN
# code: IPS302
# classes: DEIS*, DPMSolverMultistepScheduler, SASolver*, UniPC*
# options: timestep_spacing
# found by: sigmas 'DPM++ 2M' --steps 1000
import diffusers
import torch


def shows(cls):
    scheduler = cls(timestep_spacing="linspace")
    scheduler.set_timesteps(1000)
    sample = torch.ones(1, 1, 1, 1)
    for t in scheduler.timesteps:
        sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    if not sample.isfinite().all():
        times = scheduler.timesteps.tolist()
        twice = next(a for a, b in zip(times, times[1:]) if a == b)
        return f"timestep {twice} comes twice, the sample ends as {sample.item()}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
