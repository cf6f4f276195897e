"""Imports the libraries without torch's compiler front end, which a build without weights never runs.

Diffusers and transformers touch ``torch._dynamo`` at import only to decorate functions and to tell a compiled
module from another. Answering these three questions here saves about a second and 100 MB a worker; the first
question beyond them loads the real thing, so nothing behaves differently.
"""

from __future__ import annotations

import importlib
import os
import sys
import types
from typing import Any

FRONT_END = "torch._dynamo"
DECORATORS = ("allow_in_graph", "assume_constant_result", "disable", "disallow_in_graph", "forbid_in_graph")


class OptimizedModule:
    """The type of a compiled module; in a process that compiles nothing, no object has it."""


def _same(function: Any = None, *_args: Any, **_options: Any) -> Any:
    """A decorator that leaves its function as it is, written with or without arguments."""
    return function if callable(function) else lambda inner: inner


class _FrontEnd(types.ModuleType):
    """Answers for ``torch._dynamo`` until something asks for more, then becomes the real module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(load_compiler(), name)


def load_compiler() -> Any:
    """Import the real front end in place of the answers given here."""
    import torch

    if isinstance(sys.modules.get(FRONT_END), _FrontEnd):
        for name in [m for m in sys.modules if m == FRONT_END or m.startswith(FRONT_END + ".")]:
            del sys.modules[name]
        vars(torch).pop("_dynamo", None)
    return importlib.import_module(FRONT_END)


def without_compiler() -> None:
    """From here on, ``torch._dynamo`` is imported only when it is really needed."""
    import torch

    if FRONT_END in sys.modules:
        return
    module = _FrontEnd(FRONT_END)
    module.__path__ = [os.path.join(path, "_dynamo") for path in torch.__path__]
    frame = types.ModuleType(FRONT_END + ".eval_frame")
    vars(frame)["OptimizedModule"] = OptimizedModule
    vars(module).update(dict.fromkeys(DECORATORS, _same), eval_frame=frame)
    sys.modules[FRONT_END] = module
    sys.modules[frame.__name__] = frame
    vars(torch)["_dynamo"] = module
