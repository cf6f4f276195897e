"""What a pipeline is called with: two steps, a fixed seed, and whatever it cannot be called without."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from inspector.observe.state import is_module, live

SIZE = 64
"""Height and width of the small run; a pipeline that does not take it is run at its own size."""
SHORT = 50
"""A pipeline without a number of steps makes as many as its scheduler was built with; more are too many here."""
_PROMPT = "a photograph of an astronaut riding a horse"

Way = tuple[int | None, tuple[str, ...]]
"""How a pipeline is called: the size, and the names of optional inputs that it cannot do without."""


def parameters_of(cls: type) -> dict[str, inspect.Parameter]:
    """The parameters of ``__call__``, and of the base classes' where it hands its ``**kwargs`` on to them."""
    found: dict[str, inspect.Parameter] = {}
    for base in cls.__mro__:
        if "__call__" in vars(base):
            own = list(inspect.signature(vars(base)["__call__"]).parameters.values())[1:]
            for parameter in own:
                if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                    found.setdefault(parameter.name, parameter)
            if not any(p.kind is p.VAR_KEYWORD for p in own):
                break
    return found


def needed(cls: type) -> list[str]:
    """The arguments without a default."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    own = list(inspect.signature(cls.__call__).parameters.values())[1:]
    return [p.name for p in own if p.default is p.empty and p.kind in named]


def counted(pipe: Any) -> list[str]:
    """The parameters that say how many steps to make."""
    names = ("num_inference_steps", "prior_num_inference_steps")
    found = parameters_of(type(pipe))
    return [n for n in found if n.endswith("num_inference_steps")] if any(n in found for n in names) else []


def ways(pipe: Any) -> Iterator[Way]:
    """How to call it, the cheapest and plainest first."""
    names = parameters_of(type(pipe))
    pictures = tuple(n for n in _OFFERS if n in names and n not in needed(type(pipe)))
    sizes = [SIZE, None] if {"height", "width"} <= names.keys() else [None]
    for extra in [(), pictures] if pictures else [()]:
        yield from ((size, extra) for size in sizes)


def missing(pipe: Any) -> list[str]:
    """What it needs and nothing here can stand for."""
    return [n for n in needed(type(pipe)) if n != "prompt" and offered(pipe, n) is None]


def arguments(pipe: Any, way: Way, steps: int = 2) -> dict[str, Any]:
    """The arguments of one call.

    Args:
        pipe: the pipeline.
        way: one of :func:`ways`.
        steps: how many to make, where it can be told.
    """
    import torch

    size, extra = way
    names = parameters_of(type(pipe))
    device = next((p.device for m in live(pipe).values() if is_module(m) for p in m.parameters()), "cpu")
    given: dict[str, Any] = dict.fromkeys(counted(pipe), steps)
    given |= {"prompt": _PROMPT} if "prompt" in names else {}
    given |= {"generator": torch.Generator(device).manual_seed(0)} if "generator" in names else {}
    given |= {"output_type": "np"} if "output_type" in names else {}
    given |= dict.fromkeys([n for n in ("height", "width") if size and n in names], size)
    return given | {n: offered(pipe, n) for n in [*needed(type(pipe)), *extra] if n != "prompt"}


def offered(pipe: Any, name: str) -> Any:
    """Something to hand in under this name; None where nothing is known to fit."""
    make = _OFFERS.get(name) or _MADE.get(name)
    return make(pipe) if make else None


def picture(seed: int, mode: str = "RGB") -> Callable[[Any], Any]:
    def make(pipe: Any) -> Any:
        import numpy as np
        from PIL import Image

        noise = np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
        return Image.fromarray(noise).convert(mode)

    return make


def embedding(pipe: Any, part: str, key: str, *shape: int) -> Any:
    import torch

    width = getattr(live(getattr(pipe, part, None)).get("_internal_dict"), key, None)
    if not isinstance(width, int):
        return None
    values = torch.linspace(-1, 1, width).reshape(1, width, *[1] * len(shape)).expand(1, width, *shape)
    return values.to(getattr(pipe, part).device, getattr(pipe, part).dtype)


def zeros(value: Any) -> Any:
    return None if value is None else value * 0


_OFFERS: dict[str, Callable[[Any], Any]] = {"image": picture(1), "mask_image": picture(2, "L")}
"""What some pipelines declare as optional and do not run without."""
_MADE: dict[str, Callable[[Any], Any]] = {
    "control_image": picture(3),
    "image_embeds": lambda pipe: embedding(pipe, "unet", "encoder_hid_dim"),
    "negative_image_embeds": lambda pipe: zeros(embedding(pipe, "unet", "encoder_hid_dim")),
    "image_embeddings": lambda pipe: embedding(pipe, "decoder", "effnet_embd", 4, 4),
    "obs": lambda pipe: pipe.env.reset() if hasattr(live(pipe).get("env"), "reset") else None,
}
