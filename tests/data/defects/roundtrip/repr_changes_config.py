# Printing a scheduler changes its config
# code: IPR406
# related: #7183, #7192
import diffusers


def shows(cls):
    scheduler = cls()
    before = dict(scheduler.config)
    repr(scheduler)
    after = dict(scheduler.config)
    if before != after:
        return f"repr(scheduler) adds {sorted(after.keys() - before.keys())} to its config"


if __name__ == "__main__":
    said = shows(diffusers.EulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
