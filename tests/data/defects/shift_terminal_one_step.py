# With shift_terminal a single step has NaN as its sigma: the stretch divides by 1 - 1
# code: IPS302
# options: shift_terminal
# found by: sigmas 'Euler FlowMatch' --model ltx --steps 1
import math

import diffusers


def shows(cls):
    scheduler = cls(shift_terminal=0.1, **({"use_flow_sigmas": True} if hasattr(cls(), "alphas_cumprod") else {}))
    scheduler.set_timesteps(1)
    first = float(scheduler.sigmas[0])
    if math.isnan(first):
        return f"sigmas of one step: {scheduler.sigmas.tolist()}"


if __name__ == "__main__":
    said = shows(diffusers.FlowMatchEulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
