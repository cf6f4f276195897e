"""How a scheduler behaves, as plain data to compare: its betas, its schedule, and its steps on fixed inputs."""

from __future__ import annotations

import copy
from typing import Any

from inspector.observe.plain import plain
from inspector.observe.state import live
from inspector.trying.copies import quiet

STEPS = (20, 10, 5)
"""Several numbers of steps: some settings count below 15 steps only, or for an odd number."""
_SHAPE = (1, 4, 8, 8)
_DERIVED = ("betas", "alphas_cumprod")
_RUN = ("timesteps", "sigmas")


def scheduler(obj: Any) -> dict[str, Any]:
    """A scheduler's behaviour by name: betas, then timesteps, sigmas and what ``step`` makes of fixed inputs.

    The schedule is that of 20 steps; ``first`` says how it starts. ``10 steps`` and ``5 steps`` are what comes out of
    such runs. A failure is behaviour too: ``raises`` is its text, and stands for what it kept from being measured.
    """
    import numpy as np
    import torch

    found = {name: plain(live(obj)[name]) for name in _DERIVED if name in live(obj)}
    for steps in STEPS:
        try:
            with quiet():
                torch.manual_seed(0)
                np.random.seed(0)
                found |= one_run(obj, steps, found)
        except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
            found.setdefault("raises", said(error))
    return found


def one_run(obj: Any, steps: int, found: dict[str, Any]) -> dict[str, Any]:
    import torch

    probe = copy.deepcopy(obj)
    try:
        probe.set_timesteps(steps)
    except (TypeError, ValueError):  # with dynamic shifting it must be told by how much
        probe = copy.deepcopy(obj)
        probe.set_timesteps(steps, mu=1.0)
    run = {name: plain(live(probe)[name]) for name in _RUN if name in live(probe)}
    if steps == STEPS[0]:
        found |= {**run, "first": first(run)}
    sample = torch.randn(_SHAPE) * float(getattr(probe, "init_noise_sigma", 1.0))
    for t in list(live(probe)["timesteps"]):
        scaled = probe.scale_model_input(sample, t) if hasattr(type(probe), "scale_model_input") else sample
        try:
            sample = probe.step(torch.tanh(scaled), t, sample, return_dict=False)[0]
        except IndexError:  # some take a timestep for each member of the batch
            sample = probe.step(torch.tanh(scaled), t.reshape(1), sample, return_dict=False)[0]
    return {"step": plain(sample)} if steps == STEPS[0] else {f"{steps} steps": [run, plain(sample)]}


def first(found: dict[str, Any]) -> str:
    """What a reader recognises a schedule by: its first sigma, else its first timestep."""
    for name in reversed(_RUN):
        value = found.get(name)
        if isinstance(value, dict) and "first" in value:
            number = value["first"]
            return f"first {name[:-1]} {number:.6g}" if isinstance(number, float) else f"first {name[:-1]} {number}"
    return ""


def said(error: Exception) -> str:
    """The first line of an error, as Python ends a traceback."""
    text = next(iter(str(error).splitlines()), "")
    found = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return found if len(found) <= 200 else f"{found[:199]}…"


def different(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """The names of what is not the same."""
    from inspector.model import same

    return [name for name in dict.fromkeys([*a, *b]) if not same(a.get(name), b.get(name))]
