"""The real step loop on data whose every noise level is known: does it run, and does each step land where it should?

The data is one point x0 and the noise one draw eps, so the network's perfect answer is the same x0 and eps all along,
and a step from one noise level must land on the next: x' = alpha' x0 + sigma' eps. Higher orders have nothing to
correct on a straight line, so this holds for every solver. Three rows of the batch separate the parts: (x0, eps) =
(1, 0) gives alpha', (0, 1) gives sigma', and the third has neither, and unit noise wherever the step draws any, so that
it gives what noise adds to sigma'. Each step starts afresh from the level that the network is told, so one wrong step
does not spoil the next.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from inspect import signature
from typing import Any

from inspector.samplers.gaussian import Level, output
from inspector.samplers.quiet import quiet
from inspector.samplers.told import Truth, scheduler_level, truth_of, why_not
from inspector.samplers.widening import kept, widen

LANDED = 64.0
"""How many roundings of the sample's type a step may be off: a dozen operations on numbers of order one."""
_BATCH = ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
_REPORTED = 3
_USUAL = ("model_output", "timestep", "sample")


def straight(scheduler: Any, *, device: str = "cpu", dtype: str = "float32") -> dict[str, Any]:
    """Run ``.step`` over all timesteps.

    Args:
        scheduler: after ``set_timesteps``; its step counter moves, nothing else of it counts afterwards.
        device: where the sample lives.
        dtype: the sample's type, ``float32``, ``float16``, ``bfloat16`` or ``float64``.

    A landing that seems wrong is judged again in float64, tables, coefficients and sample: what is then within the same
    tolerance was rounding.

    Returns:
        ``ran``, else with ``reason``; ``steps`` that were made of how many ``calls``;
        ``raised`` with the step, timestep and error, or None; ``not_finite``, the first such step;
        ``dtype`` of the result; ``wrong`` and ``of``, how many steps land elsewhere than on the level of the next
        timestep; ``landings``, the first of them; ``tolerance``.
    """
    import torch

    if needs := wants_more(scheduler):
        return {"ran": False, "reason": f"its step wants {needs} too"}
    kind = getattr(torch, dtype)
    limit = LANDED * torch.finfo(kind).eps
    fresh = copy.deepcopy(scheduler) if judged(scheduler) and device != "mps" else None  # mps knows no float64
    said = _walked(scheduler, device, kind, limit)
    if said["wrong"] and fresh is not None:
        widen(fresh)
        with kept(len(_BATCH)):
            exact = _walked(fresh, device, torch.float64, limit)
        said |= {key: exact[key] for key in ("wrong", "landings") if exact["of"] == said["of"]}
    return said


def _walked(scheduler: Any, device: str, kind: Any, limit: float) -> dict[str, Any]:
    """One walk through the loop, with a sample of this type."""
    import torch

    said: dict[str, Any] = {"ran": True, "steps": 0, "calls": len(scheduler.timesteps), "raised": None}
    said |= {"not_finite": None, "dtype": None, "wrong": 0, "of": 0, "tolerance": limit, "landings": []}
    truth, sighted = truth_of(scheduler), judged(scheduler)
    straightly = truth.path == "flow" and not scheduler.config.get("use_flow_sigmas")
    one = torch.ones(1, dtype=kind, device=device)
    index, told, landed = 0, None, None
    before: deque[float] = deque([1.0], maxlen=3)
    with quiet():
        try:
            for index, told in enumerate(scheduler.timesteps):
                scale = (
                    float(scheduler.scale_model_input(one, told)) if hasattr(scheduler, "scale_model_input") else 1.0
                )
                at = scheduler_level(scheduler, truth, told, scale) if sighted else Level(1.0, 1.0)
                if landed is not None and sighted:
                    want = Level(at.alpha / scale, at.sigma / scale)
                    _judge(said, index, float(told), landed, want, limit * max(before))
                before.append(1.0 if straightly else magnified(at))
                x, out = (
                    torch.tensor(v, dtype=kind, device=device).reshape(3, 1, 1, 1) for v in _rows(at, scale, truth)
                )
                x = scheduler.step(out, told, x, return_dict=False)[0]
                landed = x.detach().cpu().reshape(3).tolist()
                said["steps"], said["dtype"] = index + 1, str(x.dtype).removeprefix("torch.")
                if said["not_finite"] is None and not all(map(math.isfinite, landed)):
                    said["not_finite"] = index
        except Exception as error:  # noqa: BLE001 (that it raises is the finding)
            where, message = None if told is None else float(told), " ".join(str(error).split())[:300]
            said["raised"] = {"step": index, "timestep": where, "type": type(error).__name__, "message": message}
    return said


def judged(scheduler: Any) -> bool:
    """Whether the class's levels are those of a straight line; of the others the loop is run, its landings not judged.

    IPNDM and PNDM average raw outputs of several timesteps, which only for epsilon are the same all along. KDPM2 goes
    by levels between those of its grid, which its scaling tells apart from the grid's only while they are large.
    """
    config, names = scheduler.config, [c.__name__ for c in type(scheduler).__mro__]
    if "PNDMScheduler" in names:
        return bool(config.get("skip_prk_steps")) and config.get("prediction_type", "epsilon") == "epsilon"
    return not any(name.startswith(("IPNDM", "KDPM2")) for name in names) and not why_not(scheduler)


def wants_more(scheduler: Any) -> str:
    """What ``step`` cannot do without beside output, timestep and sample."""
    taken = signature(scheduler.step).parameters.values()
    return ", ".join(p.name for p in taken if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
                     and p.name not in _USUAL)  # fmt: skip


def magnified(at: Level) -> float:
    """By how much a rounding at this level grows: x0 = (x - sigma eps) / alpha divides it by alpha.

    Later steps of a multistep solver use it again, so three of them are allowed for. A class of flow matching goes
    along the velocity and divides by nothing; the solvers in lambda divide on flow models too.
    """
    return math.hypot(1.0, at.sigma / at.alpha if at.alpha else 1.0)


def _rows(at: Level, scale: float, truth: Truth) -> tuple[list[float], list[float]]:
    """The samples and what the network answers to them."""
    inputs = [at.alpha * x0 + at.sigma * eps for x0, eps in _BATCH]
    answers = [
        output(x, at, x0, eps, truth.predicts, truth.sigma_data) for x, (x0, eps) in zip(inputs, _BATCH, strict=True)
    ]
    return [x / scale for x in inputs], answers


def _judge(said: dict[str, Any], index: int, told: float, landed: list[float], want: Level, limit: float) -> None:
    """Compare where the step before landed with the level of this timestep, relative to the size of the sample.

    Where a step draws noise and alpha tells the level, alpha alone is compared: DDPM's variances are a choice, and
    predictor-correctors draw twice.
    """
    alpha, sigma, drawn = landed
    if not all(map(math.isfinite, (*landed, want.alpha, want.sigma))):
        return
    said["of"] += 1
    reached = math.hypot(sigma, drawn)
    off = [abs(alpha - want.alpha)]
    if not drawn or abs(want.alpha - 1.0) < limit:
        off.append(abs(reached - want.sigma))
    if max(off) <= limit * max(1.0, math.hypot(want.alpha, want.sigma)):
        return
    said["wrong"] += 1
    if len(said["landings"]) < _REPORTED:
        said["landings"].append(
            {
                "step": index - 1,
                "next": told,
                "landed": reached / alpha if alpha else str(math.inf),
                "told": want.sigma / want.alpha if want.alpha else str(math.inf),
            }
        )
