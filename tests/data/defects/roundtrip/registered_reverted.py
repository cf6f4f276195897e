# What register_to_config was given is reverted by from_config
# code: IPR417
# options: num_train_timesteps
# related: #7626
import diffusers


def shows(cls):
    scheduler = cls()
    scheduler.register_to_config(num_train_timesteps=500)
    made = cls.from_config(scheduler.config).config["num_train_timesteps"]
    if scheduler.config["num_train_timesteps"] == 500 != made:
        return f"num_train_timesteps is registered as 500, {made} in the scheduler that from_config makes"


if __name__ == "__main__":
    said = shows(diffusers.EulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
