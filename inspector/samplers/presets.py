"""The table of sampler presets: what people call them, and the diffusers scheduler that each name stands for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from math import exp
from types import MappingProxyType
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.naming import LONGEST, plain, shown, spellings
from inspector.samplers.owntables import load_table
from inspector.samplers.tables import ROWS, swapped
from inspector.samplers.tables.row import AYS, FLOW, PIPE, SHIFT, Kind, Preset

__all__ = [
    "AYS", "FLOW", "PIPE", "PRESETS", "SHIFT", "SWAPPED", "Kind", "Preset", "call_for", "find", "keyed", "kwargs_for",
    "load_table", "meanings", "plain", "suits",
]  # fmt: skip

PRESETS: Mapping[str, Preset] = MappingProxyType({p.key: p for p in ROWS})
"""Every preset by its key, in the order of the table."""
SWAPPED: Mapping[str, Preset] = MappingProxyType({p.key: p for p in swapped.ROWS})
"""Presets that are no part of the table, but of a run over everything; `find` knows them."""

_NOWHERE = (
    "DPM fast", "DPM adaptive", "Restart", "HeunPP2", "IPNDM_V", "DPM++ 2S a CFG++", "euler_cfg_pp", "dpmpp_2m_cfg_pp",
    "res_multistep", "res_multistep_ancestral", "gradient_estimation", "er_sde", "seeds_2", "seeds_3", "exp_heun_2_x0",
)  # fmt: skip
"""Samplers of A1111, Forge and ComfyUI that no scheduler of diffusers stands for; of the first two its docs say so."""
_AYS_SD15 = (999, 850, 736, 645, 545, 455, 343, 233, 124, 24)
_AYS_SDXL = (999, 845, 730, 587, 443, 310, 193, 116, 53, 13)


def find(name: str, own: Iterable[Preset] = ()) -> Preset:
    """The preset that a name commonly means.

    Capitals, spaces and punctuation do not count: ``DPM++ 2M Karras``, ``dpmpp_2m_karras`` and ``dpm++ 2m karras`` are
    one name, and so are ``Euler a``, ``k_euler_a`` and ``sample_euler_ancestral``.

    Args:
        name: a key, a display name, or a name in one of the projects.
        own: presets of the user's own (:func:`load_table`); they come before the table's.

    Raises:
        InspectError: no preset has this name (exit 2, with those that are near).
    """
    found = meanings(name, own)
    if found:
        return found[0]
    raise InspectError(f"no preset is called {shown(name)}", hint=_hint(name, own), exit_code=EXIT_USAGE)


def keyed(key: str) -> Preset | None:
    """The preset of the tool's own that has this key."""
    return PRESETS.get(key) or SWAPPED.get(key)


def meanings(name: str, own: Iterable[Preset] = ()) -> list[Preset]:
    """Every preset that somebody calls so, the common meaning first; empty when nobody does.

    Projects disagree: ``DPM++ SDE`` is one class in the docs of diffusers and another in SD.Next.
    """
    tables = [_index(tuple(own)), _table()]
    for spelling in spellings(name):
        ranked = [(rank, place, p) for place, t in enumerate(tables) for rank, p in t.get(spelling, ())]
        if ranked:
            ranked.sort(key=lambda r: (r[1], r[0]))  # a stable sort: the order of the table within one rank
            return list({id(p): p for _, _, p in ranked}.values())
    return []


def kwargs_for(preset: Preset, config: Mapping[str, Any], mu: float | None = None) -> dict[str, Any]:
    """What the preset's class gets beside the model's config, with ``SHIFT`` replaced by the model's own shift.

    Args:
        preset: the preset.
        config: the model's scheduler config. Of a flow model, a preset for models with betas takes its ``flow`` too.
        mu: the shift in log space of a model with dynamic shifting; ``exp(mu)`` is then its shift.

    Raises:
        InspectError: the preset cannot run on such a model (exit 2).
    """
    kwargs = dict(preset.kwargs)
    if _is_flow(config) and preset.kind != "flow":
        if preset.flow is None:
            message = f"{preset.name} is no preset for a flow model"
            raise InspectError(message, hint="take a preset of kind flow", exit_code=EXIT_USAGE)
        kwargs |= preset.flow
    if SHIFT in kwargs.values():
        dynamic = config.get("use_dynamic_shifting") and mu is not None
        shift = exp(mu) if dynamic and mu is not None else config.get("shift", config.get("flow_shift", 1.0))
        kwargs = {k: shift if v == SHIFT else v for k, v in kwargs.items()}
    return kwargs


def call_for(preset: Preset, steps: int, *, sdxl: bool = False) -> dict[str, Any]:
    """The keywords for ``set_timesteps`` beside the number of steps, with ``PIPE`` and ``AYS`` replaced.

    ``sigmas`` or ``timesteps``, where given, take the place of the number of steps. ``AYS`` is a list of ten timesteps,
    whatever ``steps`` says: those of Stable Diffusion XL with ``sdxl``, else those of Stable Diffusion 1.5.
    """
    call = dict(preset.call)
    for key, value in call.items():
        if value == AYS:
            call[key] = list(_AYS_SDXL if sdxl else _AYS_SD15)
        elif value == PIPE:
            import numpy as np

            call[key] = np.linspace(1.0, 1 / steps, steps).tolist()
    return call


def suits(preset: Preset, kind: Kind) -> bool:
    """Whether a preset claims to run on models of this kind (:attr:`Model.kind`)."""
    return preset.kind == kind or (kind == "flow" and preset.flow is not None)


def _is_flow(config: Mapping[str, Any]) -> bool:
    named = str(config.get("_class_name", "")).startswith("FlowMatch")
    return named or bool(config.get("use_flow_sigmas")) or config.get("prediction_type") == "flow_prediction"


def _index(rows: tuple[Preset, ...]) -> dict[str, list[tuple[int, Preset]]]:
    """Plain name -> the presets called so, with 0 for the key, 1 for the display name, 2 for a name of a project."""
    found: dict[str, list[tuple[int, Preset]]] = {}
    for preset in rows:
        said = [preset.key, preset.name, *(n for names in preset.names.values() for n in names)]
        ranks: dict[str, int] = {}
        for rank, name in enumerate(said):
            ranks.setdefault(plain(name), min(rank, 2))
        for name, rank in ranks.items():
            found.setdefault(name, []).append((rank, preset))
    return found


@cache
def _table() -> dict[str, list[tuple[int, Preset]]]:
    return _index((*ROWS, *swapped.ROWS))


def _hint(name: str, own: Iterable[Preset]) -> str:
    wanted = plain(name)[:LONGEST]
    rows = [*own, *ROWS]
    of_class = [p.name for p in rows if plain(p.cls) in (wanted, wanted + "scheduler")]
    if any(wanted.startswith(plain(n)) for n in _NOWHERE):
        return "no scheduler of diffusers does what A1111 or ComfyUI call so"
    if of_class:
        return f"that is a class; presets with it: {', '.join(of_class[:4])}"
    labels = {plain(n): n for p in reversed(rows) for n in (*(m for ns in p.names.values() for m in ns), p.name)}
    near = difflib.get_close_matches(wanted, labels, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(labels[n] for n in near)}?"
    return "inspect-pipe presets list shows them all"
