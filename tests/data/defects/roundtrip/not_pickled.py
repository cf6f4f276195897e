# A scheduler that keeps a function of its __init__ cannot be pickled
# code: IPR408
import pickle

import diffusers


def shows(cls):
    scheduler = cls()
    try:
        pickle.loads(pickle.dumps(scheduler))
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    said = shows(diffusers.SASolverScheduler)
    print(said)
    raise SystemExit(said is not None)
