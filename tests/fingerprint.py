"""Everything that looking at a live object could change, as one comparable value.

Written without a line of the code under test: its own walk over ``vars``, its own digests.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import sys
import types
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

# Objects that are what they are: nothing inside them is the library's state.
_ATOMS = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device, torch.Size, type)
_CALLABLES = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, types.CodeType)


def fingerprint(obj: Any) -> dict[str, Any]:
    """Path -> what is there, for everything that can be reached from an object; identities included."""
    found: dict[str, Any] = {}
    seen: dict[int, str] = {}
    todo: list[tuple[str, Any]] = [("", obj)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, _ATOMS):
            found[path] = (type(value).__name__, value if value == value else "nan")
        elif isinstance(value, _CALLABLES):
            found[path] = ("callable", id(value) if not isinstance(value, types.MethodType) else value.__func__)
        elif id(value) in seen:
            found[path] = ("same as", seen[id(value)])
        else:
            seen[id(value)] = path
            found[path] = (type(value), id(value), _content(value))
            todo += [(f"{path}{step}", inner) for step, inner in _inside(value)]
    return found


def _content(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        # _version counts writes in place, also those that leave the numbers as they were.
        data = b"" if value.device.type == "meta" else value.detach().cpu().contiguous().flatten().view(torch.uint8)
        digest = hashlib.sha256(data if isinstance(data, bytes) else data.numpy().tobytes()).hexdigest()
        return (value.shape, value.dtype, str(value.device), value._version, value.requires_grad, digest)
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.str, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest())
    if isinstance(value, torch.Generator):
        return bytes(value.get_state().numpy())
    if isinstance(value, dict):
        keys = OrderedDict.keys(value) if isinstance(value, OrderedDict) else dict.keys(value)  # in their order
        return [repr(k) if isinstance(k, _ATOMS) else id(k) for k in keys]
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, set | frozenset):
        return frozenset(v if isinstance(v, _ATOMS) else id(v) for v in value)
    return None


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"[{k if isinstance(k, _ATOMS) else id(k)!r}]", v) for k, v in dict.items(value))
    elif isinstance(value, list | tuple):
        yield from ((f"[{i}]", v) for i, v in enumerate(value))
    if isinstance(value, torch.Tensor):
        yield ".grad", value.grad if value.is_leaf else None
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    yield from ((f".{k}", v) for k, v in attributes.items())


def surroundings(obj: Any) -> dict[str, Any]:
    """The state of the process around an object: random numbers, logging, warnings, modes, the class itself."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    loggers = [logging.root, *(logging.getLogger(n) for n in ("diffusers", "transformers"))]
    return {
        "torch random": bytes(torch.get_rng_state().numpy()),
        "numpy random": str(np.random.get_state()),
        "random": random.getstate(),
        "logging": [(x.level, x.disabled, x.propagate, list(x.handlers), list(x.filters)) for x in loggers],
        "logging off": logging.root.manager.disable,
        "verbosity": (diffusers_logging.get_verbosity(), transformers_logging.get_verbosity()),
        "warnings": list(warnings.filters),
        "grad": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "defaults": (torch.get_default_dtype(), torch.get_default_device(), torch.get_num_threads()),
        "streams": (sys.stdout, sys.stderr),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "path": list(sys.path),
        "class": {base: {k: id(v) for k, v in vars(base).items()} for base in type(obj).__mro__[:-1]},
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is not the same: path -> (before, after)."""
    return {k: (before.get(k), after.get(k)) for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
