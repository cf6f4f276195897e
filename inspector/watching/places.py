"""Whose line it was: from a stack of frames, the code that reads or writes, and the user's own line behind it."""

from __future__ import annotations

import copy
import functools
import os
import site
import sys
import sysconfig
from pathlib import Path
from types import FrameType

_LIBRARIES = ("diffusers", "transformers", "torch", "accelerate", "peft", "huggingface_hub", "safetensors")
"""Told by where they are installed, never by a name in a path: scripts lie in folders named ``diffusers`` too."""
_HANDING_ON = ("__setattr__", "__getattr__")


def slashed(name: str) -> str:
    return name.replace("\\", "/")


OURS = slashed(str(Path(__file__).parents[1])) + "/"
COPY = slashed(copy.__file__)


@functools.cache
def plumbing_file(name: str) -> bool:
    """Code that reads and writes settings on behalf of its caller."""
    name = slashed(name)
    return name.endswith(("/diffusers/configuration_utils.py", "/torch/nn/modules/module.py")) or (
        name == COPY or name.startswith(OURS + "watching/")
    )


def is_plumbing(frame: FrameType) -> bool:
    return plumbing_file(frame.f_code.co_filename) or frame.f_code.co_name in _HANDING_ON


def outside(frame: FrameType) -> bool:
    """Whether the code that asked is not the library's own handling of configs."""
    return not plumbing_file(frame.f_code.co_filename) and frame.f_code.co_name != "__setattr__"


def acting(frame: FrameType) -> FrameType:
    """The frame whose code reads or writes: the first that is no plumbing."""
    while frame.f_back is not None and is_plumbing(frame):
        frame = frame.f_back
    return frame


def user_frame(frame: FrameType) -> FrameType:
    """The nearest line that is the user's own; the line itself where none is."""
    inner: FrameType | None = frame
    while inner is not None:
        if inner.f_code.co_name not in _HANDING_ON and not foreign(inner.f_code.co_filename):
            return inner
        inner = inner.f_back
    return frame


@functools.cache
def _stdlib() -> tuple[str, ...]:
    paths = {sysconfig.get_path(n) for n in ("stdlib", "platstdlib")} | {str(Path(os.__file__).parent)}
    return tuple(slashed(p) + "/" for p in paths if p)


@functools.cache
def _installed() -> tuple[str, ...]:
    """The folders that packages are installed in."""
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}
    return tuple(slashed(p) + "/" for p in {*paths, site.getusersitepackages()} if p)


@functools.cache
def foreign(name: str) -> bool:
    """Whether a file is a library's, the interpreter's or ours, rather than the user's."""
    plain = slashed(name)
    if plain.startswith(("<frozen ", *_installed(), *_stdlib(), OURS)):
        return True
    roots = (getattr(sys.modules.get(package), "__file__", None) for package in _LIBRARIES)
    return any(plain.startswith(slashed(str(Path(root).parent)) + "/") for root in roots if root)


Spot = tuple[str, int, str]
"""File, line, function."""


def spot(frame: FrameType, here: str) -> Spot:
    return shortened(frame.f_code.co_filename, here), frame.f_lineno, frame.f_code.co_name


@functools.lru_cache(maxsize=4096)
def shortened(name: str, here: str) -> str:
    """A library's file by its name; the user's from the current folder, or whole when it lies elsewhere."""
    if foreign(name):
        return Path(name).name
    with_here = os.path.join(here, "")
    return name.removeprefix(with_here) if name.startswith(with_here) else name
