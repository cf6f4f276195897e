"""What a project's schedule does differently, in words: the reasons behind a difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inspector.samplers.elsewhere import models
from inspector.samplers.elsewhere.a1111 import a1111
from inspector.samplers.elsewhere.comfyui import DISCARDING, comfyui


@dataclass(frozen=True, slots=True)
class Convention:
    """One convention: ``key`` names it, ``says`` is a sentence for people."""

    key: str
    says: str


FULL_RANGE = Convention(
    "full range", "it spans the model's whole training range, not the ends of the steps' own spaced grid"
)
LOG_BETWEEN = Convention("log between", "between two training timesteps it reads sigma linearly in ln(sigma)")
BOTH_ENDS = Convention("both ends", "its N timesteps include the first and the last of training, then zero")
DROPPED_LAST = Convention("dropped last", "it spaces N+1 timesteps over training and drops the last one")
EVERY_NTH = Convention("every nth", "it picks every T/N-th training timestep from the noisiest down, without rounding")
FROM_ONE = Convention("from one", "it picks every T//N-th training timestep from t = 1 up, as leading with offset 1")
PENULTIMATE = Convention("discarded penultimate", "it makes one step more and drops the last sigma before zero")
BETA_TIMES = Convention(
    "beta of timesteps", "its Beta(0.6, 0.6) quantiles are of timesteps, N of N+1, rounded to whole"
)
BETA_SIGMAS = Convention("beta of sigmas", "its Beta(0.6, 0.6) quantiles are of sigma, both ends included")
SHIFTED_TWICE = Convention("shifted twice", "it spaces the shifted sigmas evenly and shifts them a second time")
ZERO_SNR = Convention("zero-SNR floor", "its terminal ᾱ is 4.897e-8 (sigma 4518.8), not 2⁻²⁴ (sigma 4096)")
ABOVE_ZERO = Convention("ends above zero", "it ends at the smallest sigma; there is no step to zero")
PUBLISHED = Convention("published levels", "it reads published levels, which do not depend on the model's betas")
ROUNDED = Convention("rounded levels", "its published levels have three digits: sigma_max 14.615, sigma_min 0.029")
FINE_TABLE = Convention(
    "fine table", "its table has 10000 levels, so that its smallest sigma is a tenth of the usual one"
)

OF_SCHEDULE: dict[str, dict[str, tuple[Convention, ...]]] = {
    "a1111": {
        "uniform": (BOTH_ENDS, LOG_BETWEEN),
        "normal": (BOTH_ENDS, LOG_BETWEEN),
        "sgm_uniform": (DROPPED_LAST, LOG_BETWEEN),
        "karras": (FULL_RANGE,),
        "exponential": (FULL_RANGE,),
        "polyexponential": (FULL_RANGE,),
        "kl_optimal": (FULL_RANGE, ABOVE_ZERO),
        "beta": (FULL_RANGE, BETA_SIGMAS),
        "simple": (EVERY_NTH,),
        "ddim": (FROM_ONE,),
        "turbo": (),
        "align_your_steps": (PUBLISHED, ROUNDED),
        "align_your_steps_GITS": (PUBLISHED,),
        "align_your_steps_11": (PUBLISHED, ROUNDED),
        "align_your_steps_32": (PUBLISHED,),
    },
    "comfyui": {
        "normal": (BOTH_ENDS, LOG_BETWEEN),
        "sgm_uniform": (DROPPED_LAST, LOG_BETWEEN),
        "karras": (FULL_RANGE,),
        "exponential": (FULL_RANGE,),
        "kl_optimal": (FULL_RANGE,),
        "beta": (BETA_TIMES,),
        "simple": (EVERY_NTH,),
        "ddim_uniform": (FROM_ONE,),
        "linear_quadratic": (FULL_RANGE,),
        "AYS": (PUBLISHED,),
    },
    "k-diffusion": {
        "karras": (FULL_RANGE,),
        "exponential": (FULL_RANGE,),
        "polyexponential": (FULL_RANGE,),
        "vp": (PUBLISHED,),
    },
}
"""Project -> schedule -> its conventions, whatever the model."""

FLOW_SPACED = ("normal", "sgm_uniform")


def conventions(
    project: str,
    schedule: str,
    config: Mapping[str, Any],
    steps: int,
    *,
    discard: bool = False,
    sampler: str | None = None,
) -> tuple[Convention, ...]:
    """What sets a project's schedule apart for this model and N, the most telling first.

    Args:
        project: "a1111", "comfyui" or "k-diffusion".
        schedule: its name there.
        config: the model's scheduler configuration.
        steps: N.
        discard: whether the project drops the last sigma before zero for the sampler in question.
        sampler: ComfyUI's name of the sampler, which decides ``discard`` there.

    Raises:
        NoReference: as `a1111` and `comfyui` do.
        KeyError: for a project or schedule that is not in `OF_SCHEDULE`.
    """
    known = OF_SCHEDULE[project][schedule]
    return tuple(_of_run(project, schedule, config, steps, discard or sampler in DISCARDING)) + known


def _of_run(project: str, schedule: str, config: Mapping[str, Any], steps: int, discard: bool) -> Iterator[Convention]:
    if project == "k-diffusion":
        return
    made = len(_made(project, schedule, config, steps, discard)) - 1
    if made != steps:
        yield Convention("step count", f"it makes {made} steps for N = {steps}")
    if discard:
        yield PENULTIMATE
    if models.is_flow(config):
        if schedule in FLOW_SPACED:
            yield SHIFTED_TWICE
        if config.get("use_dynamic_shifting"):
            yield FINE_TABLE
    elif config.get("rescale_betas_zero_snr"):
        yield ZERO_SNR


def _made(project: str, schedule: str, config: Mapping[str, Any], steps: int, discard: bool) -> tuple[float, ...]:
    if project == "a1111":
        return a1111(schedule, config, steps, discard=discard)
    return comfyui(schedule, config, steps, discard=discard)
