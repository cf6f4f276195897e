"""What a scheduler's settings amount to, measured on copies: its schedule, and whether it samples a flow."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.tracing.listening import unheard
from inspector.tracing.run import failure

STEPS = 20
_MU = 1.0
_FLOW_STEPS = 8
_SHAPE = (1, 4, 2, 2)
_FAR, _NOISE, _CLOSE = 100.0, 6.0, 1e-3
"""How far the point of the test flow lies, how many standard deviations are still its noise, and float32's share."""


def schedule(obj: Any, mu: float | None = None) -> dict[str, Any]:
    """The sigmas and timesteps of 20 steps; nothing for what is no scheduler.

    Args:
        obj: the live object; only read.
        mu: by how much to shift, where the class can be told; else only a class that insists is told.

    Returns:
        ``steps``; ``sigmas`` and ``timesteps`` (rounded), ``sigma_max``, ``first_sigma`` and ``first_timestep``, where
        the class has them; ``mu`` where it had to be told by how much to shift; ``error`` where it refuses.
    """
    if obj is None or not hasattr(type(obj), "set_timesteps"):
        return {}
    try:
        ready, mu = prepared(obj, mu)
    except Exception as error:  # noqa: BLE001 (some refuse the combination: that is told)
        return {"error": failure(error)}
    found: dict[str, Any] = {"steps": STEPS} | ({} if mu is None else {"mu": mu})
    for name, short in (("sigmas", "sigma"), ("timesteps", "timestep")):
        row = vars(ready).get(name)
        if row is not None and len(row):
            numbers = [float(x) for x in row]
            found[name] = [plain(round(x, 4)) for x in numbers]
            found[f"first_{short}"] = found[name][0]
            if name == "sigmas":
                found["sigma_max"] = plain(round(max(numbers), 4))
    return found


def prepared(obj: Any, mu: float | None = None, steps: int = STEPS) -> tuple[Any, float | None]:
    """A copy with its timesteps set, and the ``mu`` that it was given; whatever the library raises goes on."""
    takes = "mu" in inspect.signature(type(obj).set_timesteps).parameters
    with unheard():
        if mu is None or not takes:
            ready = copy.deepcopy(obj)
            try:
                ready.set_timesteps(steps)
                return ready, None
            except (TypeError, ValueError) as refused:  # with dynamic shifting it must be told by how much
                if not takes or "mu" not in str(refused):
                    raise
        ready = copy.deepcopy(obj)
        ready.set_timesteps(steps, mu=mu or _MU)
    return ready, mu or _MU


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two measured schedules are the same."""
    return all(same(one.get(k), other.get(k)) for k in ("sigmas", "timesteps", "error"))


def samples_a_flow(obj: Any) -> bool | None:
    """Whether the scheduler, told the velocity of a straight flow, stays on that flow; None: it cannot be told.

    The flow runs from noise at sigma 1 to one far point at sigma 0: at every sigma the sample is
    ``(1 - sigma) * point + sigma * noise``, and the model's answer ``(x - point) / sigma`` (flow matching, Lipman et
    al. 2023). A solver of flow matching stays within that noise at all of its sigmas, a random one too; whatever takes
    the answer for something else, or has other sigmas, leaves it.
    """
    import torch

    if not hasattr(type(obj), "set_timesteps") or not hasattr(type(obj), "step"):
        return None
    try:
        ready, _ = prepared(obj, steps=_FLOW_STEPS)
        sigmas = [float(x) for x in vars(ready)["sigmas"]]
        if max(sigmas) > 1 + _CLOSE:
            return False
        with unheard():
            random = torch.Generator().manual_seed(0)
            point, noise = _FAR * torch.randn(_SHAPE, generator=random), torch.randn(_SHAPE, generator=random)
            sample = (1 - sigmas[0]) * point + sigmas[0] * noise
            torch.default_generator.manual_seed(0)
            for i, t in enumerate(vars(ready)["timesteps"]):
                velocity = (sample - point) / max(sigmas[i], 1e-6)
                sample = ready.step(velocity, t, sample, return_dict=False)[0]
                sigma = sigmas[i + 1]
                if not bool(((sample - (1 - sigma) * point).abs() <= _NOISE * sigma + _FAR * _CLOSE).all()):
                    return False
    except Exception:  # noqa: BLE001 (a step of another kind: it cannot be told)
        return None
    return True


def apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The largest difference of two schedules of sigmas; what a solver of second order repeats counts once."""
    pairs = zip(distinct(one), distinct(other), strict=False)
    return max((abs(a - b) for a, b in pairs), default=float("inf"))


def distinct(measured: dict[str, Any]) -> list[float]:
    return list(dict.fromkeys(s for s in measured.get("sigmas", ()) if isinstance(s, float)))
