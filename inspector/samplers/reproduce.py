"""The shortest script that shows a failure of a step loop to someone who has diffusers and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.samplers.solve import Solved


def reproduction(cls: str, kwargs: Mapping[str, Any], steps: int, solved: Solved, call: Mapping[str, Any]) -> str:
    """Python code that raises what ``solved`` raised, or asserts that the sample stays finite where it did not.

    Args:
        cls: the scheduler's class in diffusers.
        kwargs: what its constructor gets.
        steps: number of inference steps.
        solved: the failure.
        call: more keywords for ``set_timesteps``.
    """

    def arguments(*first: str, named: Mapping[str, Any]) -> str:
        return ", ".join([*first, *(f"{k}={v!r}" for k, v in named.items())])

    given = () if "timesteps" in call or "sigmas" in call else (str(steps),)
    lines = [
        "import torch",
        f"from diffusers import {cls}",
        "",
        f"scheduler = {cls}({arguments(named=kwargs)})",
        f"scheduler.set_timesteps({arguments(*given, named=call)})",
        "sample = torch.ones(1, 1, 1, 1)",
        "for i, t in enumerate(scheduler.timesteps):",
        "    if hasattr(scheduler, 'scale_model_input'):",
        "        scheduler.scale_model_input(sample, t)",
        "    sample = scheduler.step(torch.ones_like(sample), t, sample, return_dict=False)[0]",
        "    assert sample.isfinite().all(), f'not finite at step {i}, t={t}'",
    ]
    if solved.raised is not None:
        lines.append(f"# {solved.raised}".replace("\n", " "))
    return "\n".join(lines) + "\n"
