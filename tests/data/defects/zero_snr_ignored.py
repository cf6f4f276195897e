# Nine classes that a v-prediction model with zero terminal SNR may be given drop rescale_betas_zero_snr
import diffusers
from diffusers import DDIMScheduler

config = DDIMScheduler(rescale_betas_zero_snr=True, timestep_spacing="trailing").config
config = {k: v for k, v in config.items() if not k.startswith("_")}
ignored = []
for name in ("DEISMultistep", "DPMSolverSDE", "DPMSolverSinglestep", "HeunDiscrete", "KDPM2AncestralDiscrete",
             "KDPM2Discrete", "LMSDiscrete", "PNDM", "SASolver"):  # fmt: skip
    try:
        scheduler = getattr(diffusers, f"{name}Scheduler").from_config(config)
    except ImportError:  # DPMSolverSDE needs torchsde
        continue
    left = scheduler.alphas_cumprod[-1].item()
    if left > 1e-6:
        ignored.append(name)
print(f"signal is left at the last timestep: {', '.join(ignored)}")
assert not ignored
