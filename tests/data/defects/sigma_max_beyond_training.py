# Sigmas above the largest of training share its timestep; step looks up the second one, and the loop fails or gives NaN
# code: IPS307
# classes: Heun*
# options: use_karras_sigmas, timestep_spacing
# related: #12771
# found by: sigmas Heun --model svd --steps 20
import diffusers
import torch

SVD = {  # Stable Video Diffusion's scheduler, from which a pipeline's other scheduler is made
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": "v_prediction",
    "sigma_max": 700.0, "sigma_min": 0.002, "timestep_spacing": "leading", "use_karras_sigmas": True,
}  # fmt: skip


def shows(cls):
    scheduler = cls.from_config(SVD)
    scheduler.set_timesteps(20)
    sample = torch.ones(1, 1, 1, 1)
    try:
        for t in scheduler.timesteps:
            sample = scheduler.step(torch.zeros_like(sample), t, sample).prev_sample
    except IndexError as error:
        return f"timesteps start {scheduler.timesteps[:6].tolist()}; the loop ends in {type(error).__name__}"
    if not sample.isfinite().all():
        return f"timesteps start {scheduler.timesteps[:6].tolist()}; the sample is {sample.item()}"


if __name__ == "__main__":
    said = shows(diffusers.HeunDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
