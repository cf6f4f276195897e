"""Copies that share their weights, and the quiet in which the library is run on them."""

from __future__ import annotations

import copy
import logging
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from inspector.observe.state import is_module, live


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines, no warnings, the same random numbers afterwards."""
    import numpy as np
    import torch

    level, state = logging.root.manager.disable, np.random.get_state()
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        np.random.set_state(state)


def copied(obj: Any) -> Any:
    """A deep copy that shares the weights: they are large, and no line that is tried writes into them."""
    return copy.deepcopy(obj, weights_of([obj, *live(obj).values()]))


def weights_of(objects: Iterable[Any]) -> dict[int, Any]:
    """The memo with which ``copy.deepcopy`` takes weights as they are.

    Each gets a tensor of its own on the same data, so that ``to(dtype)`` on a copy leaves the original's alone.
    """
    memo: dict[int, Any] = {}
    for value in objects:
        for part in value if isinstance(value, list | tuple) else [value]:
            if is_module(part):
                for tensor in [*part.parameters(), *part.buffers()]:
                    memo[id(tensor)] = alias(tensor)
                # a module has a dozen such, all empty but for hooks, and copying them is most of what a copy costs
                for held in [v for m in part.modules() for v in vars(m).values()]:
                    if type(held) is OrderedDict and not held:
                        memo[id(held)] = OrderedDict()
    return memo


def alias(tensor: Any) -> Any:
    """Another tensor on the same data; a quantized weight of a class of its own is shared as it is."""
    import torch

    if type(tensor) is torch.nn.Parameter:
        return torch.nn.Parameter(tensor.detach(), tensor.requires_grad)
    return tensor.detach() if type(tensor) is torch.Tensor else tensor
