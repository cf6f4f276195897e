"""``trace``: the fate of every key is its membership in what the real ``extract_init_dict`` returned, for all pairs."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from inspector.model import same
from inspector.observe.plain import plain
from inspector.tracing.run import Run, quietly
from inspector.tracing.story import Teller, names
from inspector.tracing.tasks import trace_of, traced_config

ODD = {"use_karras_sigmas": True, "no_such_key": 1, "timestep_spacing": "trailing"}


def schedulers() -> list[Any]:
    import diffusers
    from diffusers.schedulers.scheduling_utils import SchedulerMixin
    from diffusers.utils import DummyObject

    found = [getattr(diffusers, n) for n in dir(diffusers) if "Scheduler" in n]
    classes = [c for c in found if isinstance(c, type) and issubclass(c, SchedulerMixin) and c is not SchedulerMixin]
    return [c for c in dict.fromkeys(classes) if not isinstance(c, DummyObject)]


NEEDED: dict[str, dict[str, Any]] = {
    "AmusedScheduler": {"mask_token_id": 5},
    "VQDiffusionScheduler": {"num_vec_classes": 10},
    "RFD4ProteinaScheduler": {"schedule_mode": "log", "noise_mode": "tan", "tsr_k": 1.0, "tsr_sigma": 1.0},
}


def made(cls: Any) -> Any:
    obj = quietly(lambda: cls(**NEEDED.get(cls.__name__, {})), cls)
    assert obj is not None, cls
    return obj


def reloaded(obj: Any, folder: Any) -> Any:
    obj.save_pretrained(folder)
    return type(obj).from_pretrained(folder)


def pairs(old: Any) -> list[Any]:
    from diffusers.utils import DummyObject

    found = {c for c in old._get_compatibles() if not isinstance(c, DummyObject)} | {old}
    return sorted(found, key=lambda c: c.__name__)


def judge(into: Any, config: Any, keywords: dict[str, Any], old: Any) -> int:
    """Compare every row with a call of the real function; the rows cover all keys there are."""
    used, unused, hidden = into.extract_init_dict(dict(config), **keywords)
    run = Run(into, config, keywords)
    teller = Teller(run, type(old), type(old).__name__, {}, {})
    rows = [teller.row(name) for name in names(into, config, keywords)]
    for row in rows:
        name = row["name"]
        assert (row["fate"] == "used") == (name in used), (into, name)
        assert ("hidden" in row["returned"]) == (name in hidden) == (row["fate"] == "hidden"), (into, name)
        assert ("unused" in row["returned"]) == (name in unused), (into, name)
        left = name not in used and name not in hidden and name not in unused
        assert (row["fate"] == "dropped") == (name in config and left), (into, name)
        assert (row["fate"] == "default") == (name not in config and left), (into, name)
        if row["fate"] == "dropped" and name in config["_use_default_values"]:
            assert "used_defaults" in row["source"] and row["line"], (into, name)
        if "result" in row:
            assert same(row["result"], plain(run.obj.config[name])), (into, name)
        if name in used and run.obj is not None and "rewritten" not in row:
            assert same(row["result"], plain(used[name])), (into, name)
    assert {*used, *unused, *hidden, *config} - {"_use_default_values"} <= {r["name"] for r in rows}
    return len(rows)


@pytest.mark.parametrize("old", schedulers(), ids=lambda c: c.__name__)
def test_every_pair_in_memory_and_after_a_save(old: Any, tmp_path: Any) -> None:
    """Every fourth pair, and each class with itself; all of them with INSPECT_PIPE_FULL=1."""
    obj = made(old)
    again = quietly(lambda: reloaded(obj, tmp_path), old)
    assert again is not None
    for into in some(old):
        assert judge(into, obj.config, ODD, obj) > 3
        assert judge(into, again.config, ODD, again) > 3


def some(old: Any) -> list[Any]:
    """The pairs of a class that are tried: with itself, and with every fourth, which is another from class to class."""
    every = 1 if os.environ.get("INSPECT_PIPE_FULL") else 4
    place = {cls: number for number, cls in enumerate(schedulers())}
    return [into for into in pairs(old) if into is old or (place[old] + place[into]) % every == 0]


def test_there_are_many_pairs_and_those_tried_go_into_every_class() -> None:
    assert sum(len(pairs(old)) for old in schedulers()) > 300
    tried = [(old, into) for old in schedulers() for into in some(old)]
    assert len(tried) > 100 and {into for _, into in tried} == {into for old in schedulers() for into in pairs(old)}
    assert {old for old, _ in tried} == {*schedulers()}


MODELS: list[tuple[str, dict[str, Any], str]] = [
    ("UNet2DConditionModel", {"cross_attention_dim": 8}, "ControlNetModel"),
    ("UNet2DModel", {"sample_size": 8}, "UNet2DConditionModel"),
    ("AutoencoderKL", {"scaling_factor": 0.13025}, "AutoencoderTiny"),
    ("FluxTransformer2DModel", {"num_layers": 1, "num_single_layers": 1}, "SD3Transformer2DModel"),
    ("ControlNetModel", {}, "UNet2DConditionModel"),
    ("PNDMScheduler", {}, "UNet2DConditionModel"),
]


@pytest.mark.parametrize(("old", "given", "into"), MODELS)
def test_models(old: str, given: dict[str, Any], into: str) -> None:
    import diffusers

    cls = getattr(diffusers, old)
    obj = quietly(lambda: cls(**given), cls)
    for target in {old, into}:
        keywords = {"sample_size": 16, "no_such_key": 1}
        found = trace_of(obj, target, [f"{k}={v}" for k, v in keywords.items()])
        used, unused, hidden = getattr(diffusers, target).extract_init_dict(dict(obj.config), **keywords)
        for row in found["keys"]:
            where = [n for n, held in (("used", used), ("unused", unused), ("hidden", hidden)) if row["name"] in held]
            assert row["returned"] == where, (target, row["name"])


@pytest.mark.parametrize("into", ["StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "DiffusionPipeline"])
def test_pipelines(into: str) -> None:
    import diffusers

    from inspector import demo

    pipe = diffusers.StableDiffusionPipeline.from_pretrained(demo.path("sd15"))
    found = trace_of(pipe, into, ["requires_safety_checker=False", "no_such_key=1"])
    cls = getattr(diffusers, into)
    parts = {k: v for k, v in pipe.components.items() if v is not None and k in found["components"]}
    given = {**parts, "requires_safety_checker": False, "no_such_key": 1}
    used, unused, hidden = cls.extract_init_dict(dict(pipe.config), **given)
    for row in found["keys"]:
        where = [n for n, held in (("used", used), ("unused", unused), ("hidden", hidden)) if row["name"] in held]
        assert row["returned"] == where, row["name"]
    assert not found["raised"]


def test_a_config_that_was_read_from_json_is_traced_as_it_is() -> None:
    from diffusers import DDIMScheduler, PNDMScheduler

    config = json.loads(PNDMScheduler().to_json_string())
    found = traced_config(DDIMScheduler, config, {})
    used, _, hidden = DDIMScheduler.extract_init_dict(dict(config))
    fates = {r["name"]: r["fate"] for r in found["keys"]}
    assert {n for n, f in fates.items() if f == "used"} == used.keys()
    assert {n for n, f in fates.items() if f == "hidden"} == hidden.keys()


def test_only_the_outermost_call_counts() -> None:
    """A pipeline whose constructor makes a scheduler with from_config of its own: that is another story."""
    import diffusers

    from inspector import demo

    pipe = diffusers.StableDiffusionPipeline.from_pretrained(demo.path("sd15"))
    found = trace_of(pipe, "LEditsPPPipelineStableDiffusion", [])
    names_told = {r["name"] for r in found["keys"]}
    assert "beta_start" not in names_told and "algorithm_type" not in names_told
    assert all(s["source"] for r in found["keys"] for s in r["steps"])
