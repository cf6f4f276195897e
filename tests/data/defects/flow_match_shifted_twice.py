# The default grid of FlowMatchEuler is shifted twice: its end is shift(shift(1/1000)), where shift(1/1000) is meant
# code: IPS311
# classes: FlowMatch*
# options: shift
# upstream: #13243, #13706
# found by: sigmas 'Euler FlowMatch' --steps 28
import diffusers


def shows(cls):
    scheduler = cls(shift=3.0)
    once = scheduler.sigma_min
    scheduler.set_timesteps(28)
    last = scheduler.sigmas[-2].item()
    if abs(last - once) > 1e-4:
        return f"sigma_min is {once:.6f}, the last sigma of 28 steps is {last:.6f}"


if __name__ == "__main__":
    said = shows(diffusers.FlowMatchEulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
