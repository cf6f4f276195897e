"""Schedulers observed: what they really do after an edit, so that the findings' claims can be compared with it."""

from __future__ import annotations

import copy
import hashlib
import inspect
import pickle
import tempfile
import types
import typing
import warnings
from collections.abc import Iterator
from typing import Any

import diffusers
import torch
from diffusers.utils import DummyObject

from inspector.observe.plain import plain

REQUIRED: dict[str, dict[str, Any]] = {
    "AmusedScheduler": {"mask_token_id": 5},
    "VQDiffusionScheduler": {"num_vec_classes": 16},
    "RFD4ProteinaScheduler": {"schedule_mode": "uniform", "noise_mode": "tan", "tsr_k": 0.3, "tsr_sigma": 0.1},
}
OTHERWISE: dict[str, Any] = {
    "algorithm_type": "sde-dpmsolver++", "base_shift": 0.7, "beta_schedule": "scaled_linear",
    "num_train_timesteps": 500,
    "corrector_selection": "random", "disable_corrector": [0], "editing_threshold": 0.5, "lambda_min_clipped": -5.1,
    "interpolation_type": "log_linear", "max_shift": 1.5, "noise_mode": "const", "noise_sampler_seed": 3,
    "prediction_type": "v_prediction", "scale_factors": [0.5, 1.0], "schedule_mode": "power", "scheduler_type": "euler",
    "shift_terminal": 0.1, "sigma_max": 20.0, "sigma_min": 0.05, "solver_type": "heun",
    "stage_range": [0, 0.25, 0.5, 1],
    "timestep_spacing": "trailing", "trained_betas": [0.0001 + 0.02 * i / 999 for i in range(1000)],
    "variance_type": "learned_range",
}  # fmt: skip
"""Another value for settings whose default does not suggest one."""
EDITS = ("item", "attr", "both", "live")
BEFORE = ("nothing", "explicit", "repr", "deepcopy", "pickle", "set_timesteps", "saved")
AFTER = ("nothing", "set_timesteps", "repr")


def schedulers() -> Iterator[Any]:
    for name in dir(diffusers):
        cls = getattr(diffusers, name)
        is_scheduler = isinstance(cls, type) and hasattr(cls, "from_config") and name.endswith("Scheduler")
        if is_scheduler and not isinstance(cls, DummyObject):
            yield cls


def settings(cls: Any) -> dict[str, Any]:
    """The settings of a class with another valid value than their default."""
    found = {}
    for name, parameter in list(inspect.signature(cls.__init__).parameters.items())[1:]:
        value = another(parameter)
        if value is None or name in REQUIRED.get(cls.__name__, {}):
            continue
        try:
            if same(make(cls, **{name: value}).config.get(name), value):
                found[name] = value
        except Exception:  # the class does not take this value
            continue
    return found


def another(parameter: inspect.Parameter) -> Any:
    choices, default = list(literals(parameter.annotation)), parameter.default
    if choices:
        known = OTHERWISE.get(parameter.name)
        return known if known in choices and known != default else next((c for c in choices if c != default), None)
    if isinstance(default, bool):
        return not default
    if parameter.name in OTHERWISE:
        return OTHERWISE[parameter.name] if OTHERWISE[parameter.name] != default else None
    if isinstance(default, int):
        return default + 1
    return (default * 0.5 if default else 0.25) if isinstance(default, float) else None


def literals(annotation: Any) -> Iterator[Any]:
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        yield from typing.get_args(annotation)
    elif origin in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            yield from literals(part)


def make(cls: Any, **given: Any) -> Any:
    return cls(**{**REQUIRED.get(cls.__name__, {}), **given})


def edited(cls: Any, name: str, value: Any, how: str, before: str = "nothing", after: str = "nothing") -> Any:
    """A scheduler on which one setting was changed in one of the ways people change settings."""
    if how == "positional":
        parameters = inspect.signature(cls.__init__).parameters
        names = list(parameters)[1:]
        required = REQUIRED.get(cls.__name__, {})
        obj = cls(*(required.get(n, parameters[n].default) for n in names[: names.index(name)]), value)
    else:
        obj = prepared(cls, name, before)
        if how == "item":
            obj.config[name] = value
        elif how == "attr":
            setattr(obj.config, name, value)
        elif how == "both":
            obj.register_to_config(**{name: value})
        else:
            setattr(obj, name, value)
    if after == "set_timesteps":
        obj.set_timesteps(10)
    elif after == "repr":
        repr(obj)
    return obj


def prepared(cls: Any, name: str, how: str) -> Any:
    obj = make(cls)
    if how == "explicit":
        return make(cls, **{name: inspect.signature(cls.__init__).parameters[name].default})
    if how == "repr":
        repr(obj)
    if how == "set_timesteps":
        obj.set_timesteps(10)
    copies = {"deepcopy": copy.deepcopy, "pickle": lambda o: pickle.loads(pickle.dumps(o)), "saved": saved}
    return copies.get(how, lambda o: o)(obj)


def saved(obj: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        copy.deepcopy(obj).save_pretrained(folder)  # saving writes into the config
        return type(obj).from_pretrained(folder)


def same(a: Any, b: Any) -> bool:
    from inspector.model import same as same_content

    return same_content(plain(a), plain(b))


def digest(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return hashlib.sha256(value.detach().contiguous().float().numpy().tobytes()).hexdigest()[:12]
    return [digest(v) for v in value] if isinstance(value, list | tuple) else plain(value)


def state(obj: Any) -> dict[str, Any]:
    return {k: digest(v) for k, v in vars(obj).items() if k != "_internal_dict"}


def behaviour(obj: Any) -> list[Any]:
    """What a scheduler does: its schedule and its steps on fixed inputs, or how it refuses."""
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        plans: list[tuple[int, dict[str, Any], int]] = [(10, {}, 1), (10, {}, 2), (7, {}, 1)]
        if "mu" in inspect.signature(obj.set_timesteps).parameters:
            plans.append((10, {"mu": 0.7}, 1))
        return [list(run(copy.deepcopy(obj), *plan)) for plan in plans]


def run(obj: Any, steps: int, more: dict[str, Any], channels: int) -> Iterator[Any]:
    generator = torch.Generator().manual_seed(0)
    sample, noise = (torch.randn(1, 4, 8, 8, generator=generator) for _ in "ab")
    torch.manual_seed(0)
    try:
        obj.set_timesteps(steps, **more)
        yield from (digest(vars(obj).get("timesteps")), digest(vars(obj).get("sigmas")))
        x = sample
        for step in list(vars(obj)["timesteps"])[:steps]:
            scaled = obj.scale_model_input(x, step) if hasattr(obj, "scale_model_input") else x
            output = torch.sin(scaled) * 0.5 + 0.3 * noise
            output = torch.cat([output, 0.1 * noise], 1) if channels == 2 else output
            x = obj.step(output, step, x, return_dict=False)[0]
            yield digest(x)
            if not torch.isfinite(x).all():
                return
        yield digest(obj.add_noise(sample, noise, torch.as_tensor(list(vars(obj)["timesteps"])[1:2])))
    except Exception as error:
        yield f"{type(error).__name__}: {error}"[:150]
