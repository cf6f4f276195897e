# timestep_spacing="trailing" gives one timestep too many for some N, and the extra one is -1
# code: IPS304
# options: timestep_spacing
# found by: sigmas 'DDIM trailing' --steps 61
import diffusers


def shows(cls):
    scheduler = cls(timestep_spacing="trailing")
    scheduler.set_timesteps(61)
    if (scheduler.timesteps < 0).any():
        last = scheduler.timesteps[-3:].tolist()
        return f"{len(scheduler.timesteps)} timesteps for 61 steps, the last are {last}"


if __name__ == "__main__":
    said = shows(diffusers.DDIMScheduler)
    print(said)
    raise SystemExit(said is not None)
