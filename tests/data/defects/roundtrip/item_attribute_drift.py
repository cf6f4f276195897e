# The config is not frozen: writing an attribute leaves the item of the same name as it was
# code: IPR416
# options: num_train_timesteps
# upstream: #3767, #9503
import diffusers


def shows(cls):
    config = cls().config
    try:
        config.num_train_timesteps = 500
    except Exception:  # frozen, as the name FrozenDict says
        return None
    if config["num_train_timesteps"] != config.num_train_timesteps:
        return f"attribute {config.num_train_timesteps}, item {config['num_train_timesteps']}"


if __name__ == "__main__":
    said = shows(diffusers.EulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
