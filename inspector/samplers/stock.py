"""What a run that names nothing checks: every preset, and what else it takes to see each kind of failure.

Every preset is checked on the usual model of its kind. Some failures need another model (a zero terminal SNR, a dynamic
shift, 1100 training steps) or the whole step loop: for these a few subjects more are checked, each at one or two
numbers of steps, and each says why it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from inspector.samplers.build import Subject
from inspector.samplers.models import MODELS
from inspector.samplers.presets import PRESETS, SWAPPED, Preset


@dataclass(frozen=True, slots=True)
class Extra:
    """``presets`` on ``model`` at ``steps``, with ``over`` laid over their kwargs; ``why``: what they are to show."""

    model: str
    presets: tuple[str, ...]
    steps: tuple[int, ...]
    why: str
    over: dict[str, Any] = field(default_factory=dict)


def one_a_class() -> tuple[str, ...]:
    """The first preset of each class that takes a model's betas from its config."""
    first: dict[str, str] = {}
    for preset in PRESETS.values():
        if preset.kind == "vp" and preset.built == "from_config":
            first.setdefault(preset.cls, preset.key)
    return tuple(first.values())


def flow_ones() -> tuple[str, ...]:
    return tuple(p.key for p in PRESETS.values() if p.kind == "flow" and p.built == "from_config")


_KARRAS = ("dpmpp_2m", "dpmpp_2s", "deis", "unipc", "sasolver", "euler")
EXTRAS = (
    Extra("zero-snr", one_a_class(), (20,), "does each class keep the model's zero terminal SNR?"),
    Extra("zero-snr", ("dpmpp_2m_karras", "unipc_karras", "euler_karras"), (30,),
          "does a whole timestep repeat with a zero terminal SNR and Karras sigmas?"),
    Extra("cosine", _KARRAS, (20,), "does a whole timestep repeat with squared-cosine betas and Karras sigmas?",
          {"use_karras_sigmas": True}),
    Extra("kolors", ("ddim_trailing", "euler_trailing", "dpmpp_2m_trailing", "unipc_trailing"), (15, 30),
          "does trailing spacing end where it should over 1100 training steps?"),
    Extra("pixart", ("ddim",), (10, 20), "does DDIM step to its own next timestep with linspace spacing?"),
    Extra("flux-dev", flow_ones(), (20,), "does a dynamic shift leave a mark? set_timesteps is given mu"),
    Extra("flux-dev", tuple(SWAPPED), (20,), "does mu stay in a class that took the flow flags alone?"),
    Extra("ltx", ("dpmpp_2m_flow", "unipc_flow", "fm_euler"), (60,),
          "does a whole timestep repeat under a strong shift?"),
    Extra("sd3", tuple(SWAPPED), (20,), "does the shift go over to a class that takes the flow flags alone?"),
)  # fmt: skip
SOLVED = (30,)
"""The numbers of steps at which the whole step loop of a third-order SDE solver is solved (as ``--solve`` does)."""
WHOLE = "solved, as with --solve: is the third order nearer than the second?"


def stock() -> list[Subject]:
    """Everything, in the order in which it is told: the presets on their usual models, then what is there to show."""
    from inspector.samplers.run import everything

    found = [replace(one, why=WHOLE, solve=SOLVED) if third_with_noise(one.preset) else one for one in everything()]
    for extra in EXTRAS:
        for key in extra.presets:
            preset = PRESETS.get(key) or SWAPPED[key]
            found.append(Subject(preset, MODELS[extra.model], extra.over, extra.why, extra.steps))
    return found


def third_with_noise(preset: Preset) -> bool:
    """Whether it asks for the third order of a solver that draws noise."""
    kwargs = preset.kwargs
    return str(kwargs.get("algorithm_type", "")).startswith("sde") and int(kwargs.get("solver_order") or 0) >= 3
