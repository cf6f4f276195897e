"""Looking changes nothing: every second scheduler class as made and as run and edited, and every demo, before and after
``capture``; with INSPECT_PIPE_FULL=1 every class, and schedulers that were only run too.

What "nothing" means is a fingerprint of its own, written without a line of the code under test.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import sys
import tempfile
import types
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Importing accelerate and the pipelines sets a warnings filter: before the first look, not during it.
import diffusers
import diffusers.pipelines.pipeline_loading_utils
import numpy as np
import pytest
import torch

from inspector import demo
from inspector.model import InspectError
from inspector.observe import capture

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


def scheduler_classes() -> list[Any]:
    from diffusers import SchedulerMixin

    names = [n for n in dir(diffusers) if n.endswith("Scheduler")]
    found = [c for c in (getattr(diffusers, n) for n in names) if isinstance(c, type) and issubclass(c, SchedulerMixin)]
    return sorted(set(found), key=lambda c: c.__name__)


EVERY = 1 if os.environ.get("INSPECT_PIPE_FULL") else 2

# What a class without defaults for everything is made with.
NEEDED: dict[str, dict[str, Any]] = {
    "AmusedScheduler": {"mask_token_id": 7},
    "VQDiffusionScheduler": {"num_vec_classes": 5},
    "RFD4ProteinaScheduler": {"schedule_mode": "log", "noise_mode": "tan", "tsr_k": 1.0, "tsr_sigma": 1.0},
}


def assert_untouched(obj: Any, *ways: dict[str, Any]) -> None:
    """In each way of looking, none being the ordinary one."""
    before, around = fingerprint(obj), surroundings(obj)
    snapshots = [capture(obj, **options) for options in ways or ({},)]
    assert difference(before, fingerprint(obj)) == {}
    assert difference(around, surroundings(obj)) == {}
    assert all(snapshot.components for snapshot in snapshots)
    # And looking has not made the next look see something else.
    assert capture(obj, **(ways[0] if ways else {})) == snapshots[0]


@pytest.mark.parametrize("cls", scheduler_classes()[::EVERY], ids=lambda c: c.__name__)
def test_a_scheduler(cls: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    scheduler = cls(**NEEDED.get(cls.__name__, {}))
    with caplog.at_level(logging.DEBUG):
        assert_untouched(scheduler, {}, {"fresh": True})
        silent(caplog)
        run(scheduler)
        caplog.clear()  # what the run itself has to say
        if os.environ.get("INSPECT_PIPE_FULL"):
            assert_untouched(scheduler)
        edit(scheduler)
        assert_untouched(scheduler)
        silent(caplog)
    assert capfd.readouterr().out == ""


def silent(caplog: pytest.LogCaptureFixture) -> None:
    libraries = ("diffusers", "transformers", "inspector", "root")
    assert [r for r in caplog.records if r.name.split(".")[0] in libraries] == []


def run(scheduler: Any) -> None:
    """Two steps, as far as the class takes this call: there is then per-run state to leave alone."""
    sample = torch.ones(1, 4, 8, 8)
    try:
        scheduler.set_timesteps(4)
        for t in list(scheduler.timesteps)[:2]:
            scheduler.step(scheduler.scale_model_input(sample, t), t, sample)
    except Exception:  # a class that refuses has still been run until then
        return


def edit(scheduler: Any) -> None:
    """The classic mistakes: one setting changed in the attribute, one in the item, one on the object."""
    names = [n for n in dict.keys(scheduler._internal_dict) if not n.startswith("_")]
    for name, place in zip(names, ("attr", "item", "live"), strict=False):
        if place == "attr":
            setattr(scheduler._internal_dict, name, 7)
        elif place == "item":
            scheduler._internal_dict[name] = 7
        else:
            object.__setattr__(scheduler, name, 7)


def test_the_fingerprint_sees_what_repr_does() -> None:
    scheduler = diffusers.DDIMScheduler()
    before = fingerprint(scheduler)
    repr(scheduler)
    assert difference(before, fingerprint(scheduler))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.betas.add_(0),
        lambda s: setattr(s, "betas", s.betas.clone()),
        lambda s: setattr(s, "_internal_dict", type(s._internal_dict)(s._internal_dict)),
        lambda s: vars(s._internal_dict).update(beta_end=0.5),
        lambda s: s._internal_dict.move_to_end("beta_start"),
        lambda s: s.config.__setattr__("num_train_timesteps", 1000.0),
    ],
    ids=["in place", "replaced tensor", "replaced config", "attribute", "order", "type"],
)
def test_the_fingerprint_sees_small_things(change: Any) -> None:
    scheduler = diffusers.DDIMScheduler()
    before = fingerprint(scheduler)
    change(scheduler)
    assert difference(before, fingerprint(scheduler))


@pytest.mark.parametrize("name", sorted(demo.NAMES))
def test_a_demo(name: str) -> None:
    torch.set_num_threads(1)
    try:
        folder = demo.path(name)
        pipe = demo.live(name) if name in demo.LIVE else loaded(folder)
    except InspectError as error:
        pytest.skip(error.message)
    assert_untouched(pipe)


def loaded(folder: Path) -> Any:
    """The pipeline as the user would have it; where the library cannot load it, as this project builds it."""
    from diffusers import DiffusionPipeline

    code = (folder / "pipeline.py").is_file()
    try:
        return DiffusionPipeline.from_pretrained(folder, local_files_only=True, trust_remote_code=code)
    except (AttributeError, ImportError, ValueError, OSError):
        from inspector.build import build_folder
        from inspector.lookup import Options
        from inspector.reading import Limits

        with tempfile.TemporaryDirectory() as private:
            return build_folder(folder, Limits(), Path(private), Options()).obj
