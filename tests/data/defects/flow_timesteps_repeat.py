# Under a strong flow shift the first whole timestep comes twice; step looks up the second one and runs past the end
# code: IPS307
# options: use_flow_sigmas, flow_shift, prediction_type
# related: #12771, #12788
# found by: sigmas 'DPM++ 2M flow' --model ltx --steps 60
import diffusers
import torch


def shows(cls):
    scheduler = cls(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=25.0)  # LTX-Video's own
    scheduler.set_timesteps(60)
    sample = torch.ones(1, 1, 1, 1)
    try:
        for t in scheduler.timesteps:
            sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    except (IndexError, AssertionError) as error:
        return f"timesteps start {scheduler.timesteps[:3].tolist()}; the loop ends in {type(error).__name__}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
