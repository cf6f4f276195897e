"""One parameter of a scheduler's ``__init__`` → values that are worth passing, simplest first.

They come from the real signature: ``Literal`` and other annotations, and the default. Where a class only says ``str``,
the choices are those that other classes of the same library name for the same parameter.
"""

from __future__ import annotations

import inspect
import types
import typing
from functools import cache
from typing import Any

from inspector.strategies.classes import every, require, signature

CHOICES: dict[str, tuple[str, ...]] = {
    "beta_schedule": ("linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"),
    "prediction_type": ("epsilon", "sample", "v_prediction"),
    "timestep_spacing": ("linspace", "leading", "trailing"),
    "variance_type": ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"),
    "algorithm_type": ("dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++", "data_prediction"),
    "solver_type": ("midpoint", "heun", "logrho", "bh1", "bh2"),
    "final_sigmas_type": ("zero", "sigma_min"),
    "interpolation_type": ("linear", "log_linear"),
    "timestep_type": ("discrete", "continuous"),
    "masking_schedule": ("cosine", "linear"),
}
"""Parameter -> what it may be, where an older version has no annotation that says so."""

RANGES: dict[str, tuple[float, float]] = {
    "num_train_timesteps": (1, 1100),
    "solver_order": (1, 3),
    "predictor_order": (1, 4),
    "corrector_order": (1, 4),
    "steps_offset": (0, 1),
    "beta_start": (0.0, 0.02),
    "beta_end": (0.0, 0.1),
    "sigma_min": (0.002, 1.0),
    "sigma_max": (1.0, 1348.0),
    "dynamic_thresholding_ratio": (0.0, 1.0),
}
"""Parameter -> its range, where the default alone does not tell."""

REQUIRED: dict[str, Any] = {"mask_token_id": 10, "num_vec_classes": 8, "schedule_mode": "log", "noise_mode": "tan"}
"""Parameters without a default -> something to pass."""


def required(cls: Any) -> dict[str, Any]:
    """What has to be passed to make an object at all."""
    return {name: REQUIRED.get(name, 1) for name, p in signature(cls).items() if p.default is inspect.Parameter.empty}


@cache
def choices(name: str) -> tuple[Any, ...]:
    """What any class of the library names as the choices of a parameter, by its ``Literal`` annotations."""
    found: dict[Any, None] = {}
    for cls in every().values():
        parameter = signature(cls).get(name)
        for kind in kinds(parameter.annotation) if parameter else ():
            if typing.get_origin(kind) is typing.Literal:
                found |= dict.fromkeys(typing.get_args(kind))
    return tuple(found) or CHOICES.get(name, ())


def kinds(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the one annotation; text that could not be evaluated counts as no annotation."""
    if isinstance(annotation, str):
        return (inspect.Parameter.empty,)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(k for member in typing.get_args(annotation) for k in kinds(member))
    return (annotation,)


@cache
def values(cls: Any, name: str) -> Any:
    """A strategy for what can be passed for one parameter; the first values are not its default."""
    st = require()
    parameter = signature(cls)[name]
    default = parameter.default
    found: list[Any] = []
    listed: list[Any] = []
    for kind in kinds(parameter.annotation):
        if kind is type(None):
            listed.append(None)
        elif typing.get_origin(kind) is typing.Literal:
            listed += typing.get_args(kind)
        elif kind is bool:
            listed += [True, False]
        elif kind is str or (kind is inspect.Parameter.empty and isinstance(default, str)):
            listed += choices(name) or ([default] if isinstance(default, str) else [])
        elif kind in (int, float) or typing.get_origin(kind) is list or kind is list:
            found.append(numbers(name, kind, default))
        elif kind is inspect.Parameter.empty and isinstance(default, bool):
            listed += [True, False]
        elif kind is inspect.Parameter.empty and isinstance(default, int | float):
            found.append(numbers(name, type(default), default))
    first = [v for v in dict.fromkeys(listed) if not (v == default and type(v) is type(default))]
    if first or (listed and not found):
        found.insert(0, st.sampled_from([*first, *([default] if len(first) < len(listed) else [])]))
    if not found:
        return None
    return found[0] if len(found) == 1 else st.one_of(*found)


def numbers(name: str, kind: Any, default: Any) -> Any:
    """A strategy for an int, a float or a list of these."""
    st = require()
    inner = typing.get_args(kind)
    if kind is list or typing.get_origin(kind) is list:
        item = int if int in inner else float
        if name == "stage_range":
            return st.just([0, 0.5, 1])
        return st.lists(numbers(name, item, None), min_size=2, max_size=4)
    low, high = RANGES.get(name, (0, max(2 * default, 1) if isinstance(default, int | float) else 1))
    if name == "trained_betas":
        low, high = 0.0001, 0.1
    if kind is int:
        return st.integers(int(low), int(high)).filter(lambda v: v != default)
    return st.floats(float(low), float(high), allow_nan=False).filter(lambda v: v != default)


def exotic(cls: Any, name: str) -> tuple[Any, ...]:
    """What people pass that JSON has no word for: tuples, numpy scalars and arrays, numbers that are not finite."""
    import numpy as np

    parameter = signature(cls)[name]
    found: list[Any] = []
    default = parameter.default
    for kind in (*kinds(parameter.annotation), type(default)):
        if kind is float:
            found += [np.float32(0.5), np.float64(0.5), float("inf")]
        elif kind is int and not isinstance(default, bool):
            found += [np.int64(2)]
        elif kind is np.ndarray:
            found += [np.linspace(0.01, 0.02, 4), np.linspace(0.01, 0.02, 4, dtype=np.float32)]
        if kind is list or typing.get_origin(kind) is list:
            found += [(0.01, 0.02)] if name == "trained_betas" else [(0, 1)]
    return tuple(found)


@cache
def varied(cls: Any) -> tuple[str, ...]:
    """The parameters of a class for which there is something to try, in the order of its signature."""
    return tuple(name for name in signature(cls) if values(cls, name) is not None)
