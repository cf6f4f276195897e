"""How a pipeline behaves: two real steps with a fixed seed, and what it first hands its network at its own size."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from inspector.observe.plain import plain
from inspector.observe.settings import kind_of
from inspector.observe.state import is_module, live
from inspector.trying.copies import copied, quiet
from inspector.trying.measure import said

SIZE = 64
"""Height and width of the small run; a pipeline that does not take it is run at its own size."""
_PROMPT = "a photograph of an astronaut riding a horse"


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
    parameters = inspect.signature(type(pipe).__call__).parameters
    if not {"num_inference_steps", "prior_num_inference_steps"} & parameters.keys():
        return f"not run, since {type(pipe).__name__} takes no num_inference_steps"
    empty = inspect.Parameter.empty
    needed = [n for n, p in parameters.items() if p.default is empty and n not in ("self", "prompt", "kwargs")]
    return f"not run, since {type(pipe).__name__} needs {', '.join(needed)}" if needed else ""


def arguments(pipe: Any, size: int | None) -> dict[str, Any]:
    import torch

    parameters = inspect.signature(type(pipe).__call__).parameters
    device = next((p.device for m in live(pipe).values() if is_module(m) for p in m.parameters()), "cpu")
    given: dict[str, Any] = {n: 2 for n in parameters if n.endswith("num_inference_steps")}
    given |= {"prompt": _PROMPT} if "prompt" in parameters else {}
    given |= {"generator": torch.Generator(device).manual_seed(0)} if "generator" in parameters else {}
    given |= {"output_type": "np"} if "output_type" in parameters else {}
    return given | dict.fromkeys([n for n in ("height", "width") if size and n in parameters], size)


def run(pipe: Any, size: int | None) -> dict[str, Any]:
    """What two steps with a fixed seed and a fixed prompt give, by name of the output; or what it raises."""
    import torch

    try:
        with quiet():
            torch.manual_seed(0)
            twin = copied(pipe)
            twin.set_progress_bar_config(disable=True)
            output = twin(**arguments(twin, size))
    except Exception as error:  # noqa: BLE001 (whatever the library raises is what the user would see)
        return {"raises": said(error)}
    return {name: plain(value) for name, value in dict.items(output)}


def entrance(pipe: Any) -> dict[str, Any]:
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
                twin(**arguments(twin, None))
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


def sized(pipe: Any) -> int | None:
    """The size to run a pipeline at: small where it takes that, else its own."""
    parameters = inspect.signature(type(pipe).__call__).parameters
    if not {"height", "width"} <= parameters.keys() or "raises" in run(pipe, SIZE):
        return None
    return SIZE


def pipeline(pipe: Any, size: int | None) -> dict[str, Any]:
    """A pipeline's behaviour by name."""
    return {**run(pipe, size), **(entrance(pipe) if size else {})}
