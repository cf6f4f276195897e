"""How a scheduler behaves, as plain data to compare: its betas, its schedule, and its steps on fixed inputs."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from inspector.observe.plain import plain
from inspector.observe.state import live
from inspector.trying.copies import quiet

STEPS = (20, 10, 5)
"""Several numbers of steps: some settings count below 15 steps only, or for an odd number."""
LARGE = 8.0
"""The shorter runs have a network whose answers go this far: limits such as ``clip_sample_range`` count there only."""
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
                torch.default_generator.manual_seed(0)  # a GPU's numbers are not touched
                np.random.seed(0)
                one_run(obj, steps, found)
        except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
            found.setdefault("raises", said(error))
    return found


def one_run(obj: Any, steps: int, found: dict[str, Any]) -> None:
    """Add what one run gives to ``found``; where a step raises, the steps before it are there."""
    import torch

    probe, without = started(obj, steps)
    found |= {"without mu": without} if without else {}
    run = {name: plain(live(probe)[name]) for name in _RUN if name in live(probe)}
    if steps == STEPS[0]:
        found |= {**run, "first": first(run)}
    size = 1.0 if steps == STEPS[0] else LARGE
    sample = torch.randn(_SHAPE) * float(getattr(probe, "init_noise_sigma", 1.0))
    try:
        steps_to_go = list(calls(probe))
        for i, call in enumerate(steps_to_go):
            try:
                sample = call(lambda x: size * torch.tanh(x), sample)
            except IndexError:
                if i == 0 or i < len(steps_to_go) - 1:
                    raise
                # the last timestep is where some end: their pipelines go through timesteps[:-1]
    finally:
        found |= {"step": plain(sample)} if steps == STEPS[0] else {f"{steps} steps": [run, plain(sample)]}


def started(obj: Any, steps: int) -> tuple[Any, str]:
    """A copy that has its timesteps, and what is raised where it is not told ``mu``."""
    takes = inspect.signature(type(obj).set_timesteps).parameters
    more = {"stage_index": 0} if "stage_index" in takes else {}  # of a pyramid: its first stage
    tried = [(steps, more), (steps, {**more, "mu": 1.0})] if "mu" in takes else [(steps, more)]
    failure: Exception | None = None
    for count, given in [*tried, (2, more)]:  # with dynamic shifting it must be told by how much; some make two steps
        probe = copy.deepcopy(obj)
        try:
            probe.set_timesteps(count, **given)
        except (TypeError, ValueError) as error:
            failure = failure or error
        else:
            return probe, said(failure) if failure and "mu" in given else ""
    assert failure is not None
    raise failure


def calls(probe: Any) -> Iterator[Callable[[Any, Any], Any]]:
    """The steps of a run: each takes the network and the sample, and gives the next sample."""
    takes = inspect.signature(type(probe).step).parameters
    timesteps = list(live(probe)["timesteps"])
    if "sample_hat" in takes:  # Karras et al. 2022, Algorithm 2: noise is added before each step
        sigmas = [float(probe.schedule[t]) for t in timesteps]
        yield from (partial(churned, probe, *pair) for pair in itertools.pairwise(sigmas))
        return
    for i, t in enumerate(timesteps):
        more: dict[str, Any] = {}
        if "timestep_back" in takes:
            more = {"old_pred_original_sample": None, "timestep_back": timesteps[i - 1] if i else None}
        yield partial(stepped, probe, t, more, {"original_image", "mask"} & takes.keys())


def churned(probe: Any, sigma: float, after: float, network: Any, sample: Any) -> Any:
    hat, sigma_hat = probe.add_noise_to_input(sample, sigma)
    return probe.step(network(hat), sigma_hat, after, hat, return_dict=False)[0]


def stepped(probe: Any, t: Any, more: dict[str, Any], pictures: set[str], network: Any, sample: Any) -> Any:
    import torch

    scaled = probe.scale_model_input(sample, t) if hasattr(type(probe), "scale_model_input") else sample
    given = {"timestep": t, "sample": sample, **more, **{n: torch.full(_SHAPE, 0.5) for n in pictures}}
    try:
        return probe.step(network(scaled), **given, return_dict=False)[0]
    except IndexError:  # some take a timestep for each member of the batch
        return probe.step(network(scaled), **{**given, "timestep": t.reshape(1)}, return_dict=False)[0]


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
