"""``whatif`` against what really happens: the same line run by Python itself on a real object, and looked at here.

Nothing of the code under test is used to find the truth: real ``set_timesteps`` and ``step``, real ``from_config``,
real ``save_pretrained`` and ``from_pretrained``.
"""

from __future__ import annotations

import copy
import inspect
import logging
import tempfile
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from inspector.trying.answers import answers

_CHOICES = {
    "beta_schedule": ("linear", "scaled_linear"),
    "prediction_type": ("epsilon", "v_prediction"),
    "timestep_spacing": ("leading", "trailing"),
    "algorithm_type": ("dpmsolver++", "sde-dpmsolver++"),
    "solver_type": ("midpoint", "heun", "bh1", "bh2"),
    "final_sigmas_type": ("zero", "sigma_min"),
    "variance_type": ("fixed_small", "fixed_large"),
    "interpolation_type": ("linear", "log_linear"),
    "time_shift_type": ("exponential", "linear"),
}


def behaviour(obj: Any) -> dict[str, Any]:
    found: dict[Any, Any] = {n: vars(obj)[n].tolist() for n in ("betas", "alphas_cumprod") if n in vars(obj)}
    for steps in (20, 9, 6):
        torch.manual_seed(1)
        run = copy.deepcopy(obj)
        try:
            run.set_timesteps(steps, **({"mu": 0.7} if run.config.get("use_dynamic_shifting") else {}))
            for name in ("timesteps", "sigmas"):
                if name in vars(run):
                    found[steps, name] = torch.as_tensor(vars(run)[name]).tolist()
            sample = torch.randn(1, 2, 4, 4) * float(run.init_noise_sigma if hasattr(run, "init_noise_sigma") else 1)
            for t in run.timesteps:
                scaled = run.scale_model_input(sample, t) if hasattr(run, "scale_model_input") else sample
                sample = run.step(1.5 * torch.sin(scaled), t, sample, return_dict=False)[0]
            found[steps, "sample"] = sample.tolist()
        except Exception as error:
            found[steps, "raises"] = repr(error)
    return {k: np.array(v, dtype=object).astype(str).tolist() for k, v in found.items()}


def from_config(obj: Any) -> Any:
    obj = copy.deepcopy(obj)
    return type(obj).from_config(obj.config)


def saved(obj: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        copy.deepcopy(obj).save_pretrained(folder)
        return type(obj).from_pretrained(folder)


def sees(how: Any, before: Any, after: Any, key: str, value: Any) -> bool:
    try:
        made = how(after)
    except Exception:
        return False
    old = how(before)
    if behaviour(made) != behaviour(old):
        return True
    takes = key in inspect.signature(type(after).__init__).parameters
    return bool(takes and dict(made.config)[key] == value and dict(old.config)[key] != value)


def truth(cls: Any, line: str, key: str, value: Any) -> tuple[bool, bool, bool]:
    before, after = cls(), cls()
    logging.disable(logging.CRITICAL)
    try:
        exec(line, {"scheduler": after})
        return (
            behaviour(before) != behaviour(after),
            sees(from_config, before, after, key, value),
            sees(saved, before, after, key, value),
        )
    except AttributeError:  # a property without a setter: the line itself raises
        return (False, False, False)
    finally:
        logging.disable(logging.NOTSET)


def other(key: str, value: Any) -> Any:
    if key in _CHOICES:
        return next(c for c in _CHOICES[key] if c != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return 500 if value == 1000 else value + 1
    return round(value * 0.5 + 0.003, 6)


# a few keys of each kind: read in set_timesteps, in step, in __init__ only, on the object, on condition, hidden
KEYS = {
    "DDIMScheduler": ["beta_end", "timestep_spacing", "clip_sample", "set_alpha_to_one", "thresholding"],
    "EulerDiscreteScheduler": ["use_karras_sigmas", "prediction_type", "beta_schedule", "final_sigmas_type"],
    "DPMSolverMultistepScheduler": ["solver_order", "algorithm_type", "lower_order_final", "euler_at_final"],
    "DDPMScheduler": ["variance_type", "num_train_timesteps"],
    "FlowMatchEulerDiscreteScheduler": ["shift", "invert_sigmas", "base_shift"],
    "UniPCMultistepScheduler": ["predict_x0", "solver_type"],
    "PNDMScheduler": ["skip_prk_steps", "steps_offset"],
}
FORMS = {"attr": "scheduler.config.{} = {!r}", "item": "scheduler.config[{!r}] = {!r}", "live": "scheduler.{} = {!r}"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "key"), [(n, k) for n, keys in KEYS.items() for k in keys])
def test_the_three_answers_are_true(name: str, key: str, form: str) -> None:
    cls = getattr(diffusers, name)
    value = other(key, dict(cls().config)[key])
    line = (FORMS[form].replace("{}", key, 1) if form != "item" else FORMS[form].replace("{!r}", repr(key), 1)).replace(
        "{!r}", repr(value)
    )
    (row,) = answers(cls(), [line])["lines"]
    assert (row["object"], row["from_config"], row["saved"]) == truth(cls, line, key, value)


@pytest.mark.parametrize(("name", "key"), [(n, k) for n, keys in KEYS.items() for k in keys])
def test_the_line_instead_does_it(name: str, key: str) -> None:
    """Everywhere, or, where nothing depends on the setting in this configuration, in every place."""
    cls = getattr(diffusers, name)
    value = other(key, dict(cls().config)[key])
    (row,) = answers(cls(), [f"scheduler.config.{key} = {value!r}"])["lines"]
    (again,) = answers(cls(), [row["instead"]])["lines"]
    assert (again["from_config"], again["saved"], again["lost"]) == (True, True, [])
    before, held = cls(), {"scheduler": cls()}
    exec(row["instead"], {**vars(diffusers)}, held)
    assert dict(held["scheduler"].config)[key] == value
    assert again["object"] is (behaviour(before) != behaviour(held["scheduler"]))
