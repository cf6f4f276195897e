# The inverse DPM solver adds noise step by step; with use_flow_sigmas its sigmas go down all the same
# code: IPS303
# classes: DPMSolverMultistepInverse*
# options: use_flow_sigmas
# found by: sigmas sdnext_dpmpp_2m_inverse --model sd3 --steps 20
import diffusers


def shows(cls):
    scheduler = cls(prediction_type="flow_prediction", use_flow_sigmas=True)
    scheduler.set_timesteps(10)
    first, last = float(scheduler.sigmas[0]), float(scheduler.sigmas[-2])
    if first > last:
        return f"from noise to image: sigma {first:.4f} first, {last:.4f} last"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepInverseScheduler)
    print(said)
    raise SystemExit(said is not None)
