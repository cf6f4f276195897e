# Leading spacing with steps_offset=1 and as many steps as training had asks for timestep 1000 of 0 to 999
# code: IPS318
# classes: DDIM*, DDPM*, Euler*, Heun*, KDPM2*, LMS*, PNDM*
# options: timestep_spacing, steps_offset
# found by: sigmas DDIM --steps 1000
import diffusers


def shows(cls):
    scheduler = cls(timestep_spacing="leading", steps_offset=1)
    scheduler.set_timesteps(1000)
    first, last = float(scheduler.timesteps[0]), len(scheduler.alphas_cumprod) - 1
    if first > last:
        return f"the first timestep is {first:.0f}, training ends at {last}"


if __name__ == "__main__":
    said = shows(diffusers.DDIMScheduler)
    print(said)
    raise SystemExit(said is not None)
