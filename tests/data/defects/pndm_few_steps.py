# PNDM with its Runge-Kutta warm-up fails for fewer than four steps, and does not say that it needs them
# code: IPS307
# classes: PNDM*
# found by: sigmas 'PNDM (SD.Next)' --steps 3
import diffusers


def shows(cls):
    scheduler = cls(skip_prk_steps=False)
    try:
        scheduler.set_timesteps(3)
    except ValueError as error:
        return f"ValueError: {error}"


if __name__ == "__main__":
    said = shows(diffusers.PNDMScheduler)
    print(said)
    raise SystemExit(said is not None)
