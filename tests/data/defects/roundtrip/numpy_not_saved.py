# A numpy integer is taken by the constructor and cannot be saved
# code: IPR409
# options: num_train_timesteps
import diffusers
import numpy


def shows(cls):
    scheduler = cls(num_train_timesteps=numpy.int64(500))
    try:
        scheduler.to_json_string()
    except TypeError as error:
        return f"num_train_timesteps=numpy.int64(500): {error}"


if __name__ == "__main__":
    said = shows(diffusers.DDIMScheduler)
    print(said)
    raise SystemExit(said is not None)
