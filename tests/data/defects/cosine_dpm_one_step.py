# One step of the cosine DPM solver starts at the smallest sigma, not at the largest
# code: IPS301
# classes: CosineDPMSolver*
# found by: sigmas 'DPM++ Cosine' --steps 1
import diffusers


def shows(cls):
    scheduler = cls()
    scheduler.set_timesteps(1)
    first, largest = float(scheduler.sigmas[0]), scheduler.config.sigma_max
    if first < 0.9 * largest:
        return f"one step starts at sigma {first:.4f}; the largest is {largest}"


if __name__ == "__main__":
    said = shows(diffusers.CosineDPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
