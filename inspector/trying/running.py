"""How a pipeline behaves: two real steps with a fixed seed, and what it first hands its network at its own size."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from inspector.observe.plain import plain
from inspector.observe.settings import kind_of
from inspector.observe.state import is_module, live
from inspector.trying import inputs
from inspector.trying.copies import copied, quiet
from inspector.trying.inputs import Way
from inspector.trying.measure import said


class ArrivedError(Exception):
    """The network was reached: nothing more need be computed."""


def runnable(pipe: Any) -> str:
    """Why a pipeline cannot be run for two steps here; empty when it can."""
    modules = [p for p in live(pipe).values() if is_module(p)]
    if any("_inspect_pipe_standin" in live(p) for p in live(pipe).values()):
        return "not run, since a component of it is only a stand-in"
    if any(t.device.type == "meta" for m in modules for t in m.parameters()):
        return "not run, since it was built without weights (--weights runs it)"
    if not hasattr(type(pipe), "__call__"):  # noqa: B004 (the class's own signature is what is needed)
        return f"not run, since {type(pipe).__name__} cannot be called"
    if not inputs.counted(pipe):
        steps = live(live(pipe).get("scheduler")).get("timesteps")
        if steps is None or len(steps) > inputs.SHORT:
            return f"not run, since {type(pipe).__name__} takes no num_inference_steps"
    absent = inputs.missing(pipe)
    return f"not run, since {type(pipe).__name__} needs {', '.join(absent)}" if absent else ""


def length(pipe: Any, steps: int = 2) -> str:
    """How long the run is, as the subject of a sentence."""
    if not inputs.counted(pipe):
        return "a run with the same seed gives"
    return f"{'two' if steps == 2 else steps} steps with the same seed give"


def run(pipe: Any, way: Way, steps: int = 2) -> dict[str, Any]:
    """What two steps with a fixed seed and a fixed prompt give, by name of the output; or what it raises."""
    import torch

    try:
        with quiet():
            torch.manual_seed(0)
            twin = copied(pipe)
            twin.set_progress_bar_config(disable=True)
            output = twin(**inputs.arguments(twin, way, steps))
    except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
        return {"raises": said(error)}
    if not isinstance(output, dict):
        return {"output": plain(output)}
    return {name: plain(value) for name, value in dict.items(output)}


def entrance(pipe: Any, way: Way) -> dict[str, Any]:
    """What the network is first given at the size that the pipeline itself chooses: shapes and content.

    A whole run at that size takes long on a CPU, and differs from the small one in nothing else.
    """
    import torch

    try:
        with quiet():
            torch.manual_seed(0)
            twin = copied(pipe)
            twin.set_progress_bar_config(disable=True)
            with stopping(twin) as given:
                twin(**inputs.arguments(twin, (None, way[1])))
    except ArrivedError:
        return {"what the network is given at the default size": given}
    except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
        return {"raises": said(error)}
    return {}


@contextlib.contextmanager
def stopping(pipe: Any) -> Iterator[list[Any]]:
    """End the run at the first call of a diffusers model other than an autoencoder, and keep what it was given."""
    given: list[Any] = []

    def stop(module: Any, args: Any, kwargs: Any) -> None:
        given.append([plain(list(args)), plain(kwargs)])
        raise ArrivedError

    handles = [
        part.register_forward_pre_hook(stop, with_kwargs=True)
        for part in live(pipe).get("_modules", live(pipe)).values()
        if kind_of(part) == "model" and not type(part).__name__.startswith(("Autoencoder", "VQ", "Paella"))
    ]
    try:
        yield given
    finally:
        for handle in handles:
            handle.remove()


def way_of(pipe: Any) -> Way:
    """How to call a pipeline: small where it takes that, with the pictures that it does not run without."""
    found = list(inputs.ways(pipe))
    return next((way for way in found if "raises" not in run(pipe, way)), found[-1])


def pipeline(pipe: Any, way: Way, steps: int = 2) -> dict[str, Any]:
    """A pipeline's behaviour by name."""
    return {**run(pipe, way, steps), **(entrance(pipe, way) if way[0] else {})}
