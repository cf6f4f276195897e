"""The options with which a class comes closest to given sigmas, found by trying them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from inspector.samplers.agreement import number, relative
from inspector.samplers.build import Subject, Workshop, call_of, class_for, parameters
from inspector.samplers.grid import observe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CHOICES: dict[str, tuple[Any, ...]] = {
    "timestep_spacing": ("linspace", "leading", "trailing"),
    "steps_offset": (0, 1),
    "spread": (None, "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"),
}
SPREADS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas")
EXACT = 2e-5
"""As near as float32 betas allow."""


def closest(subject: Subject, steps: int, shop: Workshop, theirs: Array, now: float | None) -> dict[str, Any] | None:
    """The nearest of all combinations of spacing and spread that the class takes, and of sigmas handed in.

    Args:
        now: how far the preset itself is; nothing that is farther is told.

    Returns:
        ``kwargs`` and ``call`` to add, ``relative``, and ``text`` to paste; None where nothing is nearer.
    """
    cls = class_for(subject.preset)
    best: tuple[float, dict[str, Any], dict[str, Any]] | None = None
    for extra in _candidates(parameters(cls), subject.kwargs):
        off = _try(subject, shop, cls, extra, call_of(subject, steps), theirs)
        if off is not None and (best is None or off < best[0]):
            best = off, extra, {}
    if (best is None or best[0] > EXACT) and "sigmas" in parameters(cls, "set_timesteps"):
        for values in (theirs.tolist(), theirs[:-1].tolist()):
            off = _try(subject, shop, cls, {}, {"sigmas": values}, theirs)
            if off is not None and (best is None or off < best[0]):
                best = off, {}, {"sigmas": len(values)}
    if best is None or (now is not None and best[0] >= now):
        return None
    off, extra, call = best
    changed = {k: v for k, v in extra.items() if subject.kwargs.get(k) != v}
    keywords = "".join(f", {k}={v!r}" for k, v in {**subject.kwargs, **extra}.items() if k in taken_by(cls))
    text = f"{cls.__name__}.from_config(pipe.scheduler.config{keywords})"
    if call:
        text = f"set_timesteps(sigmas=…), the {call['sigmas']} sigmas of that project"
    return {"kwargs": changed, "call": call, "relative": number(off), "text": text}


def taken_by(cls: Any) -> dict[str, Any]:
    return parameters(cls)


def _candidates(taken: dict[str, Any], kwargs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spreads = [s for s in CHOICES["spread"] if s is None or s in taken]
    spacings = CHOICES["timestep_spacing"] if "timestep_spacing" in taken else (None,)
    offsets = CHOICES["steps_offset"] if "steps_offset" in taken else (None,)
    for spacing, offset, spread in product(spacings, offsets, spreads):
        if offset and spacing != "leading":
            continue
        extra: dict[str, Any] = {} if spacing is None else {"timestep_spacing": spacing}
        if offset is not None and spacing == "leading":
            extra["steps_offset"] = offset
        off = {k: False for k in SPREADS if k in taken and k != spread and kwargs.get(k)}
        yield {**extra, **off, **({} if spread is None else {spread: True})}


def _try(subject: Subject, shop: Workshop, cls: Any, extra: Any, call: Any, theirs: Array) -> float | None:
    """How far the sigmas are with these options; None where it raises or makes another number of steps."""
    try:
        made = shop.working(shop.get(cls, subject.preset, subject.model, {**subject.kwargs, **extra}))
        made.set_timesteps(**call)
    except Exception:  # noqa: BLE001 (a combination that the class refuses is no candidate)
        return None
    held = observe(made).sigmas
    return float(relative(theirs, held).max(initial=0.0)) if len(held) == len(theirs) else None
