# set_timesteps does not take the mu that every pipeline with dynamic shifting passes
# code: IPS307
# classes: FlowMatch*
# found by: sigmas 'Heun FlowMatch' --model flux-dev --steps 20
import diffusers


def shows(cls):
    try:
        cls().set_timesteps(10, mu=1.15)
    except TypeError as error:
        return f"TypeError: {error}"


if __name__ == "__main__":
    said = shows(diffusers.FlowMatchHeunDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
