"""A diffusers scheduler's own schedule as a recipe, from its class and config."""

from __future__ import annotations

from typing import Any

from inspector.samplers.build import Subject, Workshop, class_for
from inspector.samplers.expected import FAMILIES
from inspector.samplers.families import continuous, discrete, indexed, rectified
from inspector.samplers.families.tables import FLOORED, UNFLOORED
from inspector.samplers.recipes import OPTIONS, Recipe, beta_of


def own(subject: Subject, shop: Workshop) -> Recipe | None:
    """The recipe, or None for a class or option that has none. Whether it is right shows when it is run."""
    cls = subject.preset.cls
    config = dict(shop.get(class_for(subject.preset), subject.preset, subject.model, subject.kwargs).config)
    family = FAMILIES.get(cls)
    levels = next(
        (v for k, v in OPTIONS.items() if config.get(k) and cls != "EulerAncestralDiscreteScheduler"), "times"
    )
    snr = "kept"
    if config.get("rescale_betas_zero_snr"):
        snr = "floor" if cls in FLOORED else "infinite" if cls in UNFLOORED else "kept"
    base: dict[str, Any] = {
        "levels": levels,
        "beta": beta_of(config),
        "snr": snr,
        "offset": int(config.get("steps_offset") or 0),
    }
    if family is rectified.flow_match or family is rectified.heun:
        return _flow(subject, config, base)
    if family is discrete.discrete:
        return _discrete(cls, config, base, subject)
    if family is continuous.continuous:
        spaced = {"linspace": "both ends, from 0"}.get(
            config.get("timestep_spacing", ""), config.get("timestep_spacing")
        )
        return Recipe(spaced=str(spaced), ends="grid", **base)
    if family is indexed.indexed and cls not in indexed.DISTILLED:
        spaced = {"linspace": "both ends, from 0"}.get(
            config.get("timestep_spacing", ""), config.get("timestep_spacing")
        )
        final = "zero" if cls in indexed.TO_IMAGE or config.get("set_alpha_to_one") else "min"
        return Recipe(spaced=str(spaced), rounded=True, final=final, **base)
    return None


def _discrete(cls: str, config: dict[str, Any], base: dict[str, Any], subject: Subject) -> Recipe | None:
    final = "min" if cls in discrete.NEVER_ZERO or config.get("final_sigmas_type") == "sigma_min" else "zero"
    if config.get("use_flow_sigmas"):
        shift = float(config.get("flow_shift") or 1.0)
        spaced = "N of N+1" if cls == "UniPCMultistepScheduler" else "N of N+1, below 1"
        return Recipe(spaced=spaced, shift=shift, final=final, **base)
    name = "linspace" if cls == "DPMSolverSinglestepScheduler" else config.get("timestep_spacing", "linspace")
    spaced = {"linspace": "N of N+1", "leading": "leading open"}.get(name, name)
    return Recipe(spaced=spaced, rounded=True, final=final, **base)


def _flow(subject: Subject, config: dict[str, Any], base: dict[str, Any]) -> Recipe:
    import math

    mu = subject.model.mu if config.get("use_dynamic_shifting") else None
    shift = math.exp(mu) if mu is not None else float(config.get("shift") or 1.0)
    given = subject.preset.call.get("sigmas") is not None
    spaced = "1 to 1/N" if given else "twice" if mu is None else "both ends"
    return Recipe(spaced=spaced, shift=shift, ends="grid", **base)
