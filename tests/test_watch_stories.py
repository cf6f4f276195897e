"""``watch``: for each way in which a setting goes wrong, the true story, with the user's line; and no false one."""

from __future__ import annotations

import copy
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.configuration_utils import FrozenDict

import inspector
from inspector import demo
from inspector.rules import RULES

Told = list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def loaded() -> Any:
    pipe = DiffusionPipeline.from_pretrained(demo.path("sd15"))
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture
def pipe(loaded: Any) -> Any:
    return copy.deepcopy(loaded)


def run(pipe: Any, **given: Any) -> None:
    with torch.no_grad():
        pipe("a", **{"num_inference_steps": 2, "output_type": "latent", "height": 64, "width": 64, **given})


def told(seen: Any) -> Told:
    return [(f.code, f.severity, f.where) for f in seen.report.findings]


def message(seen: Any, code: str, setting: str) -> str:
    (found,) = [f.message for f in seen.report.findings if f.code == code and f.where.rpartition(".")[2] == setting]
    return str(found)


def writes(seen: Any) -> list[tuple[str, str, Any, str]]:
    return [
        (e["where"].rpartition(".")[2], e["place"], e["value"], e.get("how", ""))
        for e in seen.data["events"]
        if e["kind"] == "write"
    ]


def edited(make: Callable[[], Any], edit: Callable[[Any], Any]) -> Any:
    """What is told of one edit of a new scheduler and a run of it."""
    scheduler = make()
    with inspector.watch(scheduler) as seen:
        edit(scheduler)
        scheduler.set_timesteps(5)
    return seen


def both(scheduler: Any) -> None:
    scheduler.config.use_karras_sigmas = True
    scheduler.config["use_karras_sigmas"] = True


def same_value(scheduler: Any) -> None:
    scheduler.config["use_karras_sigmas"] = False


def replaced(scheduler: Any) -> None:
    scheduler._internal_dict = FrozenDict({**scheduler.config, "use_karras_sigmas": True})


@pytest.mark.parametrize(
    ("make", "edit", "expected"),
    [
        # left alone
        (EulerDiscreteScheduler, lambda s: None, []),
        (EulerDiscreteScheduler, lambda s: setattr(s.config, "use_karras_sigmas", True), []),
        (EulerDiscreteScheduler, lambda s: s.register_to_config(use_karras_sigmas=True), []),
        (EulerDiscreteScheduler, both, []),
        (EulerDiscreteScheduler, same_value, []),
        (EulerDiscreteScheduler, replaced, []),
        (FlowMatchEulerDiscreteScheduler, lambda s: s.set_shift(7.0), [("IPW707", "note", "scheduler.shift")]),
        # told
        (
            EulerDiscreteScheduler,
            lambda s: s.config.__setitem__("use_karras_sigmas", True),
            [("IPW702", "error", "scheduler.use_karras_sigmas")],
        ),
        (
            EulerDiscreteScheduler,
            lambda s: setattr(s, "use_karras_sigmas", True),
            [("IPW702", "error", "scheduler.use_karras_sigmas")],
        ),
        (
            FlowMatchEulerDiscreteScheduler,
            lambda s: s.register_to_config(shift=7.0),
            [("IPW702", "error", "scheduler.shift")],
        ),
        (DDIMScheduler, lambda s: s.register_to_config(beta_end=0.5), [("IPW701", "warning", "scheduler.beta_end")]),
        (DDIMScheduler, lambda s: setattr(s.config, "typo", 1), [("IPW701", "warning", "scheduler.typo")]),
        (
            DDIMScheduler,
            lambda s: s.config.clear(),
            [("IPW702", "error", "scheduler"), ("IPW701", "warning", "scheduler")],
        ),
    ],
)
def test_one_edit(make: Any, edit: Callable[[Any], Any], expected: Told) -> None:
    assert told(edited(make, edit)) == expected


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda c: delattr(c, "steps_offset"), [("steps_offset", "attr", None, "del")]),
        (lambda c: c.popitem(), [("rescale_betas_zero_snr", "item", None, "popitem")]),
        (lambda c: c.__ior__({"steps_offset": 1}), [("steps_offset", "item", 1, "")]),
        (lambda c: c.move_to_end("beta_end"), [("beta_end", "item", 0.02, "move_to_end")]),
        (lambda c: c.__setitem__("steps_offset", 1), [("steps_offset", "item", 1, "")]),
    ],
)
def test_every_way_to_change_a_config(edit: Callable[[Any], Any], expected: Any) -> None:
    scheduler = DDIMScheduler()
    scheduler.config.move_to_end("_use_default_values", last=False)
    with inspector.watch(scheduler) as seen:
        edit(scheduler.config)
    assert writes(seen) == expected


def test_clear_takes_every_item_and_leaves_the_attributes() -> None:
    scheduler = DDIMScheduler()
    keys = [k for k in scheduler.config if k[0] != "_"]
    with inspector.watch(scheduler) as seen:
        scheduler.config.clear()
        assert scheduler.config.beta_end == 0.02
    assert [(k, how) for k, _, _, how in writes(seen)] == [(k, "clear") for k in keys]
    assert "config.clear()" in str(seen) and str(seen).count("config.clear()\n") == 1


def test_case_6_keywords_that_nobody_takes(tmp_path: Path) -> None:
    ddim = DDIMScheduler()
    ddim.save_pretrained(tmp_path)
    with inspector.watch(ddim) as seen:
        EulerAncestralDiscreteScheduler.from_config(ddim.config, use_karras_sigmas=True)
        DDIMScheduler.from_config(ddim.config, return_unused_kwargs=True, use_karras_sigma=True)
        DDIMScheduler.from_pretrained(tmp_path, typo=1)
        DDIMScheduler.from_pretrained(tmp_path, steps_offset=1)
    assert [(code, where) for code, _, where in told(seen)] == [
        ("IPW704", "EulerAncestralDiscreteScheduler.use_karras_sigmas"),
        ("IPW704", "DDIMScheduler.use_karras_sigma"),
        ("IPW704", "DDIMScheduler2.typo"),
    ]
    assert "takes no use_karras_sigmas" in message(seen, "IPW704", "use_karras_sigmas")
    line = test_case_6_keywords_that_nobody_takes.__code__.co_firstlineno + 6
    assert f"test_watch_stories.py:{line}:" in message(seen, "IPW704", "typo")


@pytest.mark.filterwarnings("ignore")
def test_case_9_the_deprecated_attribute_reads_the_item() -> None:
    scheduler = DDIMScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.config.beta_start = 0.5
        assert scheduler.beta_start == 0.0001
    assert told(seen) == [("IPW702", "error", "scheduler.beta_start")]
    assert "reads the item, which is 0.0001" in message(seen, "IPW702", "beta_start")
    line = test_case_9_the_deprecated_attribute_reads_the_item.__code__.co_firstlineno + 5
    assert [(w["line"], "is deprecated" in w["message"]) for w in seen.data["warnings"]] == [(line, True)]


def test_cases_10_and_28_the_library_writes_the_attribute_alone() -> None:
    scheduler = DPMSolverMultistepScheduler(
        use_flow_sigmas=True, use_dynamic_shifting=True, prediction_type="flow_prediction"
    )
    with inspector.watch(scheduler) as seen:
        scheduler.set_timesteps(5, mu=1.15)
        scheduler.set_timesteps(5, mu=1.15)
    assert told(seen) == [("IPW707", "note", "scheduler.flow_shift")]
    said = message(seen, "IPW707", "flow_shift")
    assert (
        "set_timesteps sets config.flow_shift to 3.158" in said and "only the attribute" in said and "2 times" in said
    )


def test_case_29_set_timesteps_edits_its_config() -> None:
    scheduler = DPMSolverSinglestepScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.set_timesteps(5)
    assert ("lower_order_final", "register_to_config", True, "") in writes(seen)
    assert told(seen) == [("IPW707", "note", "scheduler.lower_order_final")]
    assert [w["message"][:8] for w in seen.data["warnings"]] == ["Changing"]


def test_case_13_a_shift_that_only_set_shift_sets() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        with pytest.raises(AttributeError, match="no setter"):
            scheduler.shift = 2
        scheduler.set_shift(7.0)
        scheduler.set_timesteps(5)
        scheduler.save_config(tempfile.mkdtemp())
    assert writes(seen) == [("shift", "live", 7.0, "")]
    assert told(seen) == [("IPW703", "warning", "scheduler.shift")]


@pytest.mark.filterwarnings("ignore")
def test_case_17_what_a_constructor_rewrote_is_lost_by_from_config(pipe: Any) -> None:
    ddim = DDIMScheduler()
    with inspector.watch(ddim) as seen:
        made = StableDiffusionPipeline(**{**pipe.components, "scheduler": ddim})
        DDIMScheduler.from_config(made.scheduler.config)
    assert ("steps_offset", "register_to_config", 1, "replaced") in writes(seen)
    assert "listed in _use_default_values" in message(seen, "IPW703", "steps_offset")
    assert "listed in _use_default_values" in message(seen, "IPW701", "clip_sample")


def test_case_14_the_switch_that_switches_nothing(pipe: Any) -> None:
    with inspector.watch(pipe) as seen:
        pipe.requires_safety_checker = False
        run(pipe)
    assert told(seen) == [("IPW701", "warning", "pipe.requires_safety_checker")]
    assert seen.report.findings[0].fix == "pipe.safety_checker = None"


def test_case_15_the_first_assignment_is_read_nowhere() -> None:
    pipe = DiffusionPipeline.from_pretrained(demo.path("sdxl"))
    pipe.set_progress_bar_config(disable=True)
    with inspector.watch(pipe) as seen:
        pipe.force_zeros_for_empty_prompt = False
        run(pipe, negative_prompt=None)
    (first,) = [f for f in seen.report.findings if f.where == "pipe.force_zeros_for_empty_prompt"]
    assert (first.code, first.severity, first.places) == ("IPW702", "error", {"live": False, "attr": True})
    with inspector.watch(pipe) as seen:
        pipe.force_zeros_for_empty_prompt = False  # the second time the config follows
        run(pipe, negative_prompt=None)
    assert [f for f in seen.report.findings if f.code == "IPW702"] == []


def test_case_16_a_component_that_saving_loses(pipe: Any, tmp_path: Path) -> None:
    checker = pipe.safety_checker
    with inspector.watch(pipe) as seen:
        pipe.safety_checker = None
        pipe.safety_checker = checker
        run(pipe)
        pipe.save_pretrained(tmp_path)
    assert ("IPW705", "warning", "pipe.safety_checker") in told(seen)
    assert not (tmp_path / "safety_checker").exists()
    with inspector.watch(pipe) as seen:
        pipe.register_modules(safety_checker=checker)
        run(pipe)
    assert told(seen) == []


@pytest.mark.filterwarnings("ignore")
def test_case_19_what_was_computed_from_the_component_of_before(pipe: Any) -> None:
    two = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    other = AutoencoderKL(block_out_channels=(8, 8), norm_num_groups=4, **two)
    with inspector.watch(pipe) as seen:
        pipe.vae = other
    assert ("IPW708", "error", "pipe.vae_scale_factor") in told(seen)
    assert "makes it 2" in message(seen, "IPW708", "vae_scale_factor")
    with inspector.watch(pipe) as seen:
        pipe.vae = AutoencoderKL(**{k: v for k, v in dict.items(pipe.vae.config) if k[0] != "_"})
    assert pipe.vae_scale_factor == 8 and ("IPW708", "error", "pipe.vae_scale_factor") in told(seen)
    fresh = StableDiffusionPipeline(**pipe.components)
    with inspector.watch(fresh) as seen:
        fresh.vae = copy.deepcopy(fresh.vae)
    assert [t for t in told(seen) if t[0] == "IPW708"] == []


def test_case_18_a_scheduler_in_two_pipelines(pipe: Any) -> None:
    with inspector.watch(pipe) as seen:
        other = StableDiffusionImg2ImgPipeline(**pipe.components)
        other.scheduler.set_timesteps(3)
    assert {"where": "scheduler", "class": "PNDMScheduler", "held": ["pipe.scheduler", "pipe2.scheduler"]} in seen.data[
        "shared"
    ]
    assert "pipe.scheduler is pipe2.scheduler" in str(seen)


def test_seen_and_still_lost() -> None:
    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.set_timesteps(5)
        EulerDiscreteScheduler.from_config(scheduler.config)
    assert told(seen) == [("IPW703", "warning", "scheduler.use_karras_sigmas")]
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.set_timesteps(5)
        EulerDiscreteScheduler.from_config(scheduler.config, use_karras_sigmas=True)
    assert told(seen) == []


def test_undone_by_register_to_config_of_something_else() -> None:
    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.register_to_config(steps_offset=1)
        scheduler.set_timesteps(5)
        assert scheduler.config.use_karras_sigmas is False
    assert "overwritten at" in message(seen, "IPW701", "use_karras_sigmas")


def test_a_config_that_its_object_no_longer_has() -> None:
    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        config = scheduler.config
        scheduler.register_to_config(timestep_spacing="trailing")
        config.use_karras_sigmas = True
        scheduler.set_timesteps(5)
    (found,) = seen.report.findings
    assert found.code == "IPW701" and found.where.startswith("scheduler.config of before")


def test_what_is_written_is_seen_in_a_copy() -> None:
    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        copy.deepcopy(scheduler).set_timesteps(5)
    assert told(seen) == []
    with inspector.watch(scheduler) as seen:
        scheduler.config["timestep_spacing"] = "trailing"
        copy.deepcopy(scheduler).set_timesteps(5)
    assert told(seen) == [("IPW702", "error", "scheduler.timestep_spacing")]


def test_saved_and_pickled_is_read_and_printed_is_not(tmp_path: Path) -> None:
    scheduler = DDIMScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.config["beta_end"] = 0.5
        scheduler.save_pretrained(tmp_path)
    assert told(seen) == []
    with inspector.watch(scheduler) as seen:
        scheduler.config["beta_end"] = 0.4
        pickle.dumps(scheduler.config)
    assert told(seen) == []
    with inspector.watch(scheduler) as seen:
        scheduler.config["beta_end"] = 0.3
        str(scheduler)
        str(scheduler.config)
    assert "but what printed it" in message(seen, "IPW701", "beta_end")
    with inspector.watch(scheduler) as seen:
        scheduler.config["beta_end"] = 0.2
        assert dict(scheduler.config)["beta_end"] == 0.2
    assert told(seen) == []
    assert [e["where"] for e in seen.data["events"] if e["kind"] == "read"] == ["scheduler.*"]


def test_settings_of_models_inside_models(pipe: Any) -> None:
    with inspector.watch(pipe) as seen:
        pipe.unet.mid_block.attentions[0].config.in_channels = 3
        pipe.unet.config.center_input_sample = True
        run(pipe)
    assert told(seen) == [("IPW701", "warning", "unet.mid_block.attentions.0.in_channels")]
    assert "forward" in {e["function"] for e in seen.data["events"] if e["where"] == "unet.center_input_sample"}


@pytest.mark.parametrize(
    ("given", "unused"),
    [
        ({}, []),
        ({"guidance_scale": 1.0, "negative_prompt": "b"}, []),
        ({"callback_on_step_end_tensor_inputs": ["latents"]}, []),  # the default
        ({"callback_on_step_end_tensor_inputs": ["prompt_embeds"]}, ["callback_on_step_end_tensor_inputs"]),
        ({"callback_on_step_end": lambda p, i, t, k: k, "callback_on_step_end_tensor_inputs": ["prompt_embeds"]}, []),
    ],
)
def test_arguments_of_call(pipe: Any, given: dict[str, Any], unused: list[str]) -> None:
    with inspector.watch(pipe) as seen:
        run(pipe, **given)
    assert [f.where.rpartition(".")[2] for f in seen.report.findings] == unused
    (call,) = seen.data["coverage"]["calls"]
    assert {"prompt", "height", "num_inference_steps", "guidance_rescale"}.isdisjoint(call["never"])
    assert set(call["given"]) == {"prompt", "num_inference_steps", "output_type", "height", "width", *given}


class Custom(StableDiffusionPipeline):
    def __call__(self, prompt: Any, strength: float = 0.5, scale: float = 1.0, unused: int = 0, **rest: Any) -> Any:
        strength = 0.1
        scale += 1
        names = [scale * 1 for scale in (1, 2)]
        return strength, scale, names, locals()["prompt"]


def test_an_argument_that_is_overwritten_is_not_used(pipe: Any) -> None:
    mine = Custom(**pipe.components)
    with inspector.watch(mine) as seen:
        assert mine("a", strength=0.7, scale=2.0, unused=1) == (0.1, 3.0, [1, 2], "a")
    (call,) = seen.data["coverage"]["calls"]
    assert call["never"] == ["strength", "unused"]
    assert [f.code for f in seen.report.findings] == ["IPW706", "IPW706"]


def test_a_call_without_source_says_so(pipe: Any) -> None:
    namespace: dict[str, Any] = {"Base": StableDiffusionPipeline}
    exec("class Nowhere(Base):\n    def __call__(self, prompt, more=1):\n        return prompt", namespace)
    mine = namespace["Nowhere"](**pipe.components)
    with inspector.watch(mine) as seen:
        assert mine("a", more=2) == "a"
    (call,) = seen.data["coverage"]["calls"]
    assert call["never"] is None and "source" in call["reason"] and told(seen) == []


def test_a_compiled_model_is_not_judged(pipe: Any) -> None:
    with inspector.watch(pipe) as seen:
        pipe.unet.compile(backend="eager")
        pipe.unet.config.sample_size = 9
    assert [s.where for s in seen.report.skipped] == ["unet"] and told(seen) == []
    assert "unet" not in [row["path"] for row in seen.data["coverage"]["settings"]]


def test_what_is_let_go_of_is_gone_and_still_told() -> None:
    import gc
    import weakref

    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        one = EulerDiscreteScheduler.from_config(scheduler.config)
        one.config.typo = 1
        ref = weakref.ref(one)
        del one
        gc.collect()
        assert ref() is None
    assert told(seen) == [("IPW701", "warning", "EulerDiscreteScheduler.typo")]


def test_objects_without_a_name_are_told_apart() -> None:
    first = DDIMScheduler()
    with inspector.watch(first) as seen:
        one, other = EulerDiscreteScheduler(), EulerDiscreteScheduler()
        other.config["timestep_spacing"] = "trailing"
        for scheduler in (one, other):
            scheduler.set_timesteps(3)
    (found,) = seen.report.findings
    assert found.where == "EulerDiscreteScheduler2.timestep_spacing"
    assert found.fix == "scheduler = EulerDiscreteScheduler.from_config(scheduler.config, timestep_spacing='trailing')"


def test_every_code_has_its_page() -> None:
    pages = {code: rule for code, rule in RULES.items() if code.startswith("IPW")}
    assert len(pages) == 8
    for rule in pages.values():
        assert "wrong:" in rule.doc and "right:" in rule.doc


def test_loading_is_nobodys_write() -> None:
    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        DiffusionPipeline.from_pretrained(demo.path("sd15"))
        UNet2DConditionModel.from_pretrained(demo.path("sd15"), subfolder="unet", low_cpu_mem_usage=False)
    assert writes(seen) == [] and told(seen) == []
