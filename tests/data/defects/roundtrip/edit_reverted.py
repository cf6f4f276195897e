# An edited config is reverted by from_config where the edited value was a default
# code: IPR417
# options: num_train_timesteps
# upstream: #7626
# related: #3947
import diffusers


def shows(cls):
    config = dict(cls().config)
    config["num_train_timesteps"] = 500
    made = cls.from_config(config).config["num_train_timesteps"]
    if made != 500:
        return f"num_train_timesteps is 500 in the config, {made} in the scheduler that from_config makes of it"


if __name__ == "__main__":
    said = shows(diffusers.EulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
