# set_timesteps rewrites the scheduler's own config
# code: IPR414
# related: #1866, #3413
import diffusers


def shows(cls):
    scheduler = cls()
    before = dict(scheduler.config)
    scheduler.set_timesteps(10)
    after = dict(scheduler.config)
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    if changed:
        return f"set_timesteps(10) changes {changed}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverSinglestepScheduler)
    print(said)
    raise SystemExit(said is not None)
