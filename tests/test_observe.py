"""Capture: every place of every setting, as plain data."""

from __future__ import annotations

import enum
import json
import logging
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

import numpy
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    MultiControlNetModel,
    UNet2DModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

from inspector.model import Component, Setting, Value, same
from inspector.observe import capture
from inspector.observe.plain import plain, value_of

TINY_UNET: dict[str, Any] = {
    "block_out_channels": (32,),
    "down_block_types": ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",),
}


def one(obj: Any) -> Component:
    return capture(obj).components[0]


def setting(obj: Any, name: str) -> Setting:
    found = one(obj).setting(name)
    assert found is not None
    return found


class Colour(enum.StrEnum):
    RED = "red"


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError("do not call me")


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ((1, (2,)), [1, [2]]),
        ({3, 1, 2}, [1, 2, 3]),
        ({1: "a", "b": 2}, {"1": "a", "b": 2}),
        (Colour.RED, "red"),
        (numpy.float64(0.5), 0.5),
        (numpy.int64(7), 7),
        (torch.float16, "float16"),
        (torch.device("cpu"), "cpu"),
        (PurePosixPath("a/b"), "a/b"),
        (DDIMScheduler, "diffusers.schedulers.scheduling_ddim.DDIMScheduler"),
        (Rude(), f"{__name__}.Rude"),
    ],
)
def test_plain_data(obj: Any, expected: Any) -> None:
    assert plain(obj) == expected and type(plain(obj)) is type(expected)
    json.dumps(plain(obj), allow_nan=False)


def test_nothing_nested_hangs_or_overflows() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert "nested deeper" in json.dumps(plain(deep))
    assert plain(list(range(10_000)))["shape"] == [10_000]


def test_tensors_compare_by_content() -> None:
    a, b = torch.tensor([1.0, float("nan")]), torch.tensor([1.0, float("nan")])
    assert value_of(a).same(value_of(b)) and not value_of(a).same(value_of(torch.tensor([1.0, 2.0])))
    assert plain(torch.tensor([1.0, 2.0]))["first"] == 1.0 and plain(torch.tensor([1.0, 2.0]))["last"] == 2.0
    assert plain(torch.empty(2, device="meta"))["digest"] is None
    assert plain(torch.ones(2, dtype=torch.bfloat16))["digest"] != plain(torch.zeros(2, dtype=torch.bfloat16))["digest"]


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1], (1,), True),
        ({"a": 1}, {"a": 1.0}, True),
        ("1", 1, False),
        (None, 0, False),
    ],
)
def test_equality_rules(a: Any, b: Any, equal: bool) -> None:
    assert same(a, b) is equal is same(b, a)


def test_every_place_of_a_setting() -> None:
    scheduler = EulerDiscreteScheduler(beta_start=0.001)
    scheduler.config.use_karras_sigmas = True
    scheduler.config["beta_end"] = 0.5
    scheduler.use_karras_sigmas = None
    karras, beta_end = setting(scheduler, "use_karras_sigmas"), setting(scheduler, "beta_end")
    assert karras.places() == {"default": False, "item": False, "attr": True, "live": None}
    assert beta_end.places() == {"default": 0.02, "item": 0.5, "attr": 0.02} and beta_end.defaulted
    assert not setting(scheduler, "beta_start").defaulted


def test_the_readers_are_attached() -> None:
    reads = setting(EulerDiscreteScheduler(), "use_karras_sigmas").reads
    assert any(r.place == "config.attr" and r.function == "set_timesteps" for r in reads)


def test_a_model_has_state() -> None:
    unet = UNet2DModel(**TINY_UNET).half().train()
    state = one(unet).state
    assert state["dtype"] == "float16" and state["device"] == "cpu" and state["training"] is True
    assert state["parameters"] == sum(p.numel() for p in unet.parameters())


def test_offload_hooks_are_seen() -> None:
    from accelerate.hooks import CpuOffload, add_hook_to_module

    unet = UNet2DModel(**TINY_UNET)
    add_hook_to_module(unet, CpuOffload(torch.device("cpu")))
    assert one(unet).state["offload"] == "model" and any("CpuOffload" in k for k in one(unet).state["hooks"])


def test_transformers_configs_have_their_places() -> None:
    model = CLIPTextModel(
        CLIPTextConfig(num_hidden_layers=1, hidden_size=32, intermediate_size=32, num_attention_heads=2)
    )
    found = setting(model, "num_hidden_layers")
    assert found.attr == Value("int", 1) and found.default == Value("int", 12) and found.item is None


def test_a_list_of_components_is_taken_apart() -> None:
    nets = [
        ControlNetModel(block_out_channels=(32,), down_block_types=("DownBlock2D",), cross_attention_dim=8)
        for _ in "ab"
    ]

    from inspector.observe import members

    assert [path for path, _ in members("controlnet", MultiControlNetModel(nets))] == ["controlnet[0]", "controlnet[1]"]
    assert [path for path, _ in members("controlnet", nets)] == ["controlnet[0]", "controlnet[1]"]


def test_rebuilding_is_silent_and_leaves_the_random_numbers_alone(caplog: pytest.LogCaptureFixture) -> None:
    vae = AutoencoderKL()
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    with caplog.at_level(logging.DEBUG):
        component = one(vae)
    assert component.rebuilt is not None and not caplog.records
    assert torch.equal(before, torch.random.get_rng_state())
    assert logging.root.manager.disable == logging.NOTSET


def test_a_class_that_cannot_be_rebuilt_is_a_skip_with_its_reason() -> None:
    class Stubborn(DDIMScheduler):
        built = False

        def __init__(self, beta_start: float = 0.1) -> None:
            if Stubborn.built:
                raise RuntimeError("only once")
            Stubborn.built = True
            self.register_to_config(beta_start=beta_start)

    snapshot = capture(Stubborn())
    assert snapshot.components[0].rebuilt is None
    assert any("only once" in s.reason for s in snapshot.skipped)


def test_a_snapshot_survives_json() -> None:
    from pydantic import TypeAdapter

    from inspector.model import Snapshot

    adapter = TypeAdapter(Snapshot)
    snapshot = capture(EulerDiscreteScheduler(), source="x")
    assert asdict(adapter.validate_json(adapter.dump_json(snapshot))) == asdict(snapshot)
