"""What a scheduler does, in a form that compares: its grid, and every sample of a short run of its step loop."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from inspector.samplers.grid import observe
from inspector.samplers.loop import wants_more


def held(scheduler: Any, call: Mapping[str, Any]) -> Any:
    """What a working copy holds after ``set_timesteps``; an exception is an answer like any other."""
    mine = scheduler
    try:
        mine.set_timesteps(**call)
    except Exception as error:  # noqa: BLE001 (the exception is the answer)
        return f"{type(error).__name__}: {error}"
    grid = observe(mine)
    return grid.sigmas.tobytes(), grid.raw.tobytes(), float(getattr(mine, "init_noise_sigma", 1.0))


def trail(scheduler: Any, call: Mapping[str, Any]) -> Any:
    """Everything to be seen of one run with a network that is no denoiser, but the same every time.

    Two schedulers with equal trails behave alike: bit for bit, noise included, on four random numbers that are large
    enough to be clipped. An exception is an answer like any other.
    """
    import torch

    mine = copy.deepcopy(scheduler)
    seen: list[Any] = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(0)  # not the GPU's, which fork_rng does not give back here
        try:
            mine.set_timesteps(**call)
            grid = observe(mine)
            seen += [grid.sigmas.tobytes(), grid.raw.tobytes(), float(getattr(mine, "init_noise_sigma", 1.0))]
            if wants_more(mine):
                return seen
            x = torch.randn(1, 1, 2, 2) * max(1.0, seen[-1])
            for t in mine.timesteps:
                told = mine.scale_model_input(x, t) if hasattr(mine, "scale_model_input") else x
                x = mine.step(0.3 * told + 0.1 * torch.sin(7.0 * told), t, x, return_dict=False)[0]
                seen.append(x.numpy().tobytes())
        except Exception as error:  # noqa: BLE001 (the exception is the answer)
            seen.append(f"{type(error).__name__}: {error}")
    return seen
