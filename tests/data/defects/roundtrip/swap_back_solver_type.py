# A swap to UniPC and back loses solver_type
# code: IPR404
# options: solver_type
import diffusers


def shows(cls):
    first = cls(solver_type="heun")
    other = diffusers.UniPCMultistepScheduler.from_config(first.config)
    again = cls.from_config(other.config)
    if first.config["solver_type"] == "heun" != again.config["solver_type"]:
        return f"'heun' becomes {other.config['solver_type']!r} and then {again.config['solver_type']!r}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
