"""How an object behaves, as plain data to compare: a scheduler by its schedule and its steps, a pipeline by its output.

Everything runs on copies with fixed inputs and leaves the process's random numbers alone.
"""

from __future__ import annotations

import copy
import inspect
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inspector.observe.plain import plain
from inspector.observe.state import is_module, live

STEPS = 10
_SHAPE = (1, 4, 8, 8)
_DERIVED = ("betas", "alphas_cumprod")
_RUN = ("timesteps", "sigmas")
SIZE: int | None = None
"""Height and width of what a pipeline is run for; its own default when None."""
_PROMPT = "a photograph of an astronaut riding a horse"


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines, no warnings, the same random numbers afterwards."""
    import torch

    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def copied(obj: Any) -> Any:
    """A deep copy that shares the weights: they are large, and no line of the grammar writes into them."""
    memo: dict[int, Any] = {}
    for part in [obj, *live(obj).values()]:
        if is_module(part):
            memo |= {id(p): p for p in [*part.parameters(), *part.buffers()]}
    return copy.deepcopy(obj, memo)


def scheduler(obj: Any) -> dict[str, Any]:
    """A scheduler's behaviour by name: betas, then timesteps, sigmas and what ``step`` makes of fixed inputs.

    A failure is behaviour too: its text stands for what it kept from being measured.
    """
    import torch

    found = {name: plain(live(obj)[name]) for name in _DERIVED if name in live(obj)}
    try:
        with quiet():
            torch.manual_seed(0)
            probe = copy.deepcopy(obj)
            try:
                probe.set_timesteps(STEPS)
            except (TypeError, ValueError):  # with dynamic shifting it must be told by how much
                probe.set_timesteps(STEPS, mu=1.0)
            found |= {name: plain(live(probe)[name]) for name in _RUN if name in live(probe)}
            found["first"] = first(found)
            sample = torch.randn(_SHAPE) * float(getattr(probe, "init_noise_sigma", 1.0))
            for t in list(live(probe)["timesteps"]):
                scaled = probe.scale_model_input(sample, t) if hasattr(type(probe), "scale_model_input") else sample
                sample = probe.step(torch.tanh(scaled), t, sample, return_dict=False)[0]
            found["step"] = plain(sample)
    except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
        found["raises"] = f"{type(error).__name__}: {error}".splitlines()[0]
    return found


def first(found: dict[str, Any]) -> str:
    """What a reader recognises a schedule by: its first sigma, else its first timestep."""
    for name in reversed(_RUN):
        value = found.get(name)
        if isinstance(value, dict) and "first" in value:
            number = value["first"]
            return f"first {name[:-1]} {number:.6g}" if isinstance(number, float) else f"first {name[:-1]} {number}"
    return ""


def runnable(pipe: Any) -> str:
    """Why a pipeline cannot be run for two steps here; empty when it can."""
    modules = [p for p in live(pipe).values() if is_module(p)]
    if any("_inspect_pipe_standin" in live(p) for p in live(pipe).values()):
        return "a component of it is only a stand-in"
    if any(t.device.type == "meta" for m in modules for t in m.parameters()):
        return "it was built without weights; --weights runs it"
    parameters = inspect.signature(type(pipe).__call__).parameters
    if "num_inference_steps" not in parameters:
        return f"{type(pipe).__name__} takes no num_inference_steps"
    empty = inspect.Parameter.empty
    needed = [n for n, p in parameters.items() if p.default is empty and n not in ("self", "prompt", "kwargs")]
    return f"{type(pipe).__name__} needs {', '.join(needed)}" if needed else ""


def pipeline(pipe: Any) -> dict[str, Any]:
    """What two steps with a fixed seed and a fixed prompt give, by name of the output; or what it raises."""
    import torch

    parameters = inspect.signature(type(pipe).__call__).parameters
    device = next((p.device for m in live(pipe).values() if is_module(m) for p in m.parameters()), "cpu")
    given: dict[str, Any] = {"num_inference_steps": 2}
    given |= {"prompt": _PROMPT} if "prompt" in parameters else {}
    given |= {"generator": torch.Generator(device).manual_seed(0)} if "generator" in parameters else {}
    given |= {"output_type": "np"} if "output_type" in parameters else {}
    given |= dict.fromkeys([n for n in ("height", "width") if SIZE and n in parameters], SIZE)
    try:
        with quiet():
            torch.manual_seed(0)
            run = copied(pipe)
            run.set_progress_bar_config(disable=True)
            output = run(**given)
    except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
        return {"raises": f"{type(error).__name__}: {error}".splitlines()[0]}
    return {name: plain(value) for name, value in dict.items(output)}


def different(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """The names of what is not the same."""
    from inspector.model import same

    return [name for name in dict.fromkeys([*a, *b]) if not same(a.get(name), b.get(name))]
