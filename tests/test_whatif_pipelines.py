"""``whatif`` on pipelines against what really happens: the line run by Python on a loaded demo, and two real steps.

As in ``test_whatif_truth``, nothing of the code under test finds the truth: real ``__call__`` with a fixed seed, real
``from_config`` and ``from_pipe``, real ``save_pretrained`` of everything and ``from_pretrained``.
"""

from __future__ import annotations

import copy
import inspect
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import diffusers
import numpy as np
import PIL.Image
import pytest
import torch

from inspector import demo
from inspector.trying.answers import answers
from tests.test_whatif_truth import behaviour


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So small a network is faster so."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def picture(seed: int, mode: str = "RGB") -> Any:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    return PIL.Image.fromarray(pixels).convert(mode)


GIVEN: dict[str, Callable[[Any], dict[str, Any]]] = {
    "sd-inpaint": lambda pipe: {"prompt": "a cat", "image": picture(1), "mask_image": picture(2, "L")},
    "t2i-adapter-sd": lambda pipe: {"prompt": "a cat", "image": picture(1)},
    "kandinsky22-decoder": lambda pipe: {
        "image_embeds": torch.linspace(-1, 1, pipe.unet.config.encoder_hid_dim)[None],
        "negative_image_embeds": torch.zeros(1, pipe.unet.config.encoder_hid_dim),
    },
    "ddim": lambda pipe: {},
}


def load(name: str) -> Any:
    path = demo.path(name)
    extra = {"custom_pipeline": str(path), "trust_remote_code": True} if name.startswith("community") else {}
    return diffusers.DiffusionPipeline.from_pretrained(path, **extra)


def run(name: str, pipe: Any) -> Any:
    """All outputs of two steps; what the run raises is an output too."""
    pipe = copy.deepcopy(pipe)
    pipe.set_progress_bar_config(disable=True)
    given = GIVEN[name](pipe) if name in GIVEN else {"prompt": "a cat"}
    given |= {} if name == "ddim" else {"height": 64, "width": 64}
    generator = torch.Generator().manual_seed(5)
    torch.manual_seed(3)
    try:
        output = pipe(num_inference_steps=2, output_type="np", generator=generator, **given)
    except Exception as error:
        return repr(error)
    return [np.asarray(value).tolist() for value in output.values()]


def remade(obj: Any) -> Any:
    obj = copy.deepcopy(obj)
    if isinstance(obj, diffusers.DiffusionPipeline):
        return type(obj).from_pipe(obj)
    made = type(obj).from_config(obj.config)
    if isinstance(obj, torch.nn.Module):
        made.load_state_dict(obj.state_dict())
        made.eval()
    return made


def saved(pipe: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        copy.deepcopy(pipe).save_pretrained(folder)
        return type(pipe).from_pretrained(folder)


def part_of(pipe: Any, path: str) -> Any:
    return pipe if path == "pipe" else getattr(pipe, path)


def has(obj: Any, key: str, value: Any) -> bool:
    return key in inspect.signature(type(obj).__init__).parameters and dict(obj.config).get(key) == value


def truth(name: str, lines: list[str], path: str, key: str, value: Any) -> tuple[bool, bool, bool]:
    names: dict[str, Any] = {**vars(diffusers), "copy": copy, "pipe": load(name)}
    for line in lines[:-1]:
        exec(line, names)
    before = copy.deepcopy(names["pipe"])
    exec(lines[-1], names)
    after = names["pipe"]

    def sees(one: Any, other: Any, first: Any, second: Any) -> bool:
        if has(other, key, value) and not has(one, key, value):
            return True
        kinds = type(one), type(other)
        if isinstance(other, diffusers.SchedulerMixin) and (kinds[0] != kinds[1] or behaviour(one) != behaviour(other)):
            return True
        return bool(run(name, first) != run(name, second))

    def by_config(pipe: Any) -> tuple[Any, Any]:
        made = remade(part_of(pipe, path))
        if path == "pipe":
            return made, made
        around = copy.copy(pipe)
        vars(around)[path] = made
        return made, around

    def by_file(pipe: Any) -> tuple[Any, Any]:
        loaded = saved(pipe)
        return part_of(loaded, path), loaded

    found = [ran(name, path, before, after)]
    for how in (by_config, by_file):
        try:
            other, second = how(after)
        except Exception:
            found.append(False)
            continue
        one, first = how(before)
        found.append(sees(one, other, first, second))
    return found[0], found[1], found[2]


def ran(name: str, path: str, before: Any, after: Any) -> bool:
    """Whether it behaves differently now; having another value is no behaviour."""
    one, other = part_of(before, path), part_of(after, path)
    if isinstance(other, diffusers.SchedulerMixin) and behaviour(one) != behaviour(other):
        return True
    return bool(run(name, before) != run(name, after))


# demo, lines, the object that the last is about, the setting and its value
LINES: list[tuple[str, list[str], str, str, Any]] = [
    ("sd15", ["pipe.vae.config['scaling_factor'] = 0.5"], "vae", "scaling_factor", 0.5),
    ("sd15", ["pipe.unet = None"], "pipe", "", None),
    ("sdxl", ["pipe.force_zeros_for_empty_prompt = False"] * 2, "pipe", "force_zeros_for_empty_prompt", False),
    ("sd3", ["pipe.scheduler.config.shift = 7.0"], "scheduler", "shift", 7.0),
    ("flux", ["pipe.vae.config.shift_factor = 0.5"], "vae", "shift_factor", 0.5),
    ("ddim", ["pipe.scheduler = DDPMScheduler.from_config(pipe.scheduler.config)"], "scheduler", "", None),
    ("sd-inpaint", ["pipe.mask_processor.config.do_binarize = False"], "pipe", "", None),
    ("t2i-adapter-sd", ["pipe.adapter = None"], "pipe", "", None),
    ("kandinsky22-decoder", ["pipe.unet.config.in_channels = 8"], "unet", "in_channels", 8),
    ("community-lpw", ["pipe.vae.config.scaling_factor = 0.5"], "vae", "scaling_factor", 0.5),
]


SOME = LINES[:: 1 if os.environ.get("INSPECT_PIPE_FULL") else 2]


@pytest.mark.parametrize(("name", "lines", "path", "key", "value"), SOME, ids=[f"{n}-{x[-1]}" for n, x, *_ in SOME])
def test_the_three_answers_are_true(name: str, lines: list[str], path: str, key: str, value: Any) -> None:
    row = answers(load(name), lines)["lines"][-1]
    logging.disable(logging.CRITICAL)
    try:
        expected = truth(name, lines, path, key, value)
    finally:
        logging.disable(logging.NOTSET)
    assert (row["object"], row["from_config"], row["saved"]) == expected
