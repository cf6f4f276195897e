"""Pipelines and models after the edits people make: what must be told, what must not, and whether the fix works."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from inspector import demo
from inspector.live import known_disk
from inspector.model import Finding
from inspector.observe import capture
from inspector.reading import Limits
from inspector.rules import judge

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")


def serious(obj: Any) -> list[Finding]:
    return [f for f in judge(capture(obj, disk=known_disk(obj, Limits()))) if f.severity != "note"]


def sd(**given: Any) -> Any:
    return diffusers.StableDiffusionPipeline.from_pretrained(demo.path("sd15"), local_files_only=True, **given)


def xl(**given: Any) -> Any:
    return diffusers.StableDiffusionXLPipeline.from_pretrained(demo.path("sdxl"), local_files_only=True, **given)


def pixart() -> Any:
    return diffusers.PixArtAlphaPipeline.from_pretrained(demo.path("pixart-alpha"), local_files_only=True)


def marigold() -> Any:
    parts = {k: v for k, v in sd().components.items() if k in ("unet", "vae", "text_encoder", "tokenizer")}
    return diffusers.MarigoldDepthPipeline(
        **parts, scheduler=diffusers.DDIMScheduler(), prediction_type="depth", default_denoising_steps=4
    )


def done(pipe: Any, *steps: Callable[[Any], Any]) -> Any:
    for step in steps:
        step(pipe)
    return pipe


def ran(pipe: Any) -> Any:
    pipe.set_progress_bar_config(disable=True)
    pipe(prompt="a", num_inference_steps=2, output_type="latent")
    return pipe


def swapped(name: str) -> Any:
    pipe = sd()
    pipe.scheduler = getattr(diffusers, name).from_config(pipe.scheduler.config)
    return pipe


def vae(blocks: int) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=[8] * blocks,
        norm_num_groups=8,
        down_block_types=["DownEncoderBlock2D"] * blocks,
        up_block_types=["UpDecoderBlock2D"] * blocks,
    )


QUIET: dict[str, Callable[[], Any]] = {
    "loaded": sd,
    "without checker": lambda: sd(safety_checker=None),
    "without checker, told so": lambda: sd(safety_checker=None, requires_safety_checker=False),
    "checker switched off": lambda: done(sd(), lambda p: setattr(p, "safety_checker", None)),
    "half precision": lambda: sd(torch_dtype=torch.float16),
    "deep copy": lambda: copy.deepcopy(xl()),
    "pickled": lambda: pickle.loads(pickle.dumps(sd())),
    "from_pipe": lambda: diffusers.StableDiffusionImg2ImgPipeline.from_pipe(sd()),
    "from_pipe with pag": lambda: diffusers.AutoPipelineForText2Image.from_pipe(sd(), enable_pag=True),
    "scalar by keyword": lambda: xl(force_zeros_for_empty_prompt=False),
    "scalar registered": lambda: done(xl(), lambda p: p.register_to_config(force_zeros_for_empty_prompt=False)),
    "scaling factor registered": lambda: done(sd(), lambda p: p.vae.register_to_config(scaling_factor=0.13)),
    "swapped and run": lambda: ran(swapped("EulerDiscreteScheduler")),
    "swapped and run, UniPC": lambda: ran(swapped("UniPCMultistepScheduler")),
    "swapped twice": lambda: done(
        swapped("EulerDiscreteScheduler"),
        lambda p: setattr(p, "scheduler", diffusers.DDIMScheduler.from_config(p.scheduler.config)),
    ),
    "another vae of the same shape": lambda: done(sd(), lambda p: setattr(p, "vae", xl().vae)),
    "tiling": lambda: done(xl(), lambda p: p.vae.enable_tiling(), lambda p: p.enable_attention_slicing()),
    "lora": lambda: demo.live("sd-lora"),
    "lora fused": lambda: done(demo.live("sd-lora"), lambda p: p.fuse_lora(), lambda p: p.unload_lora_weights()),
    "marigold": marigold,
}


@pytest.mark.parametrize("name", QUIET)
def test_no_false_alarm(name: str) -> None:
    assert [(f.code, f.where, f.message) for f in serious(QUIET[name]())] == []


def none_and_back(pipe: Any, name: str) -> None:
    part = getattr(pipe, name)
    setattr(pipe, name, None)
    setattr(pipe, name, part)


def with_item(part: str, name: str, value: Any) -> Callable[[Any], Any]:
    return lambda p: dict.__setitem__(vars(p)[part]._internal_dict if part else p._internal_dict, name, value)


def with_attr(part: str, name: str, value: Any) -> Callable[[Any], Any]:
    return lambda p: setattr(vars(p)[part]._internal_dict if part else p._internal_dict, name, value)


FORCE, STEPS = "force_zeros_for_empty_prompt", "default_denoising_steps"
TOLD: dict[str, tuple[Callable[[], Any], Callable[[Any], Any], str, str, Callable[[Any], bool] | None]] = {
    "scalar once": (
        xl,
        lambda p: setattr(p, FORCE, False),
        "IPC103",
        f"pipe.{FORCE}",
        lambda p: p.config[FORCE] is False is p.config.force_zeros_for_empty_prompt,
    ),
    "scalar item": (xl, with_item("", FORCE, False), "IPC101", f"pipe.{FORCE}", lambda p: p.config[FORCE] is False),
    "scalar attribute": (
        xl,
        with_attr("", FORCE, False),
        "IPC101",
        f"pipe.{FORCE}",
        lambda p: p.config[FORCE] is False,
    ),
    "scalar misspelt": (
        xl,
        lambda p: setattr(p, "force_zeros_for_empty_promt", False),
        "IPC104",
        "pipe.force_zeros_for_empty_promt",
        None,
    ),
    "read live, registered": (
        marigold,
        lambda p: p.register_to_config(default_denoising_steps=9),
        "IPC103",
        f"pipe.{STEPS}",
        lambda p: p.default_denoising_steps == p.config[STEPS] == 9,
    ),
    "read live, attribute": (
        marigold,
        with_attr("", STEPS, 9),
        "IPC101",
        f"pipe.{STEPS}",
        lambda p: p.default_denoising_steps == p.config[STEPS] == 9,
    ),
    "model item": (
        sd,
        with_item("vae", "scaling_factor", 0.13),
        "IPC101",
        "vae.scaling_factor",
        lambda p: p.vae.config.scaling_factor == p.vae.config["scaling_factor"] == 0.13,
    ),
    "model, built with it": (
        sd,
        with_item("unet", "act_fn", "gelu"),
        "IPC107",
        "unet.act_fn",
        lambda p: p.unet.config.act_fn == "gelu" and isinstance(p.unet.conv_act, torch.nn.GELU),
    ),
    "model, other shapes": (
        sd,
        with_attr("unet", "in_channels", 9),
        "IPC107",
        "unet.in_channels",
        lambda p: p.unet.conv_in.weight.shape[1] == 9,
    ),
    "transformer": (
        pixart,
        with_attr("transformer", "norm_eps", 0.5),
        "IPC107",
        "transformer.norm_eps",
        lambda p: p.transformer.config["norm_eps"] == 0.5,
    ),
    "model live": (
        sd,
        lambda p: setattr(p.unet, "sample_size", 96),
        "IPC103",
        "unet.sample_size",
        lambda p: p.unet.config["sample_size"] == 96,
    ),
    "vae of other depth": (
        sd,
        lambda p: setattr(p, "vae", vae(5)),
        "IPC107",
        "pipe.vae_scale_factor",
        lambda p: p.vae_scale_factor == 16 == p.image_processor.config.vae_scale_factor,
    ),
    "vae around setattr": (
        sd,
        lambda p: vars(p).update(vae=diffusers.AutoencoderTiny()),
        "IPP201",
        "pipe.vae",
        lambda p: p.config.vae == ("diffusers", "AutoencoderTiny"),
    ),
    "none and back": (
        sd,
        lambda p: none_and_back(p, "scheduler"),
        "IPP209",
        "pipe.scheduler",
        lambda p: p.config.scheduler[1] == "PNDMScheduler",
    ),
    "one half": (
        sd,
        lambda p: p.unet.to(torch.float16),
        "IPP206",
        "pipe.dtype",
        lambda p: p.vae.dtype == torch.float16,
    ),
    "refused value": (
        sd,
        with_item("scheduler", "beta_schedule", "cosine"),
        "IPC101",
        "scheduler.beta_schedule",
        lambda p: p.scheduler.config["beta_schedule"] == "scaled_linear",
    ),
    "checker": (
        sd,
        lambda p: setattr(p, "requires_safety_checker", False),
        "IPC103",
        "pipe.requires_safety_checker",
        lambda p: p.safety_checker is None,
    ),
    "ddim patched by the pipeline": (
        lambda: diffusers.StableDiffusionPipeline(**{**sd().components, "scheduler": diffusers.DDIMScheduler()}),
        lambda p: None,
        "IPC102",
        "scheduler.steps_offset",
        lambda p: p.scheduler.config["steps_offset"] == 1 and p.scheduler.config["clip_sample"] is False,
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_told_and_mended(name: str) -> None:
    made, spoil, code, where, holds = TOLD[name]
    pipe = made()
    spoil(pipe)
    findings = serious(pipe)
    hits = [f for f in findings if (f.code, f.where) == (code, where)]
    assert len(hits) == 1, [(f.code, f.where, f.message) for f in findings]
    names = {"pipe": pipe, "torch": torch, **{n: getattr(diffusers, n) for n in classes(pipe)}}
    exec(hits[0].fix, names)
    mended: Any = names["pipe"]
    assert holds is None or holds(mended), hits[0].fix
    left = [(f.code, f.where, f.message) for f in serious(mended) if f.code != "IPC104"]
    assert left == [], hits[0].fix


def classes(pipe: Any) -> set[str]:
    parts = [type(p).__name__ for p in pipe.components.values() if p is not None]
    return {n for n in (type(pipe).__name__, *parts) if hasattr(diffusers, n)}


def test_a_model_alone_is_read_by_pipelines() -> None:
    model = sd().vae
    model.config["scaling_factor"] = 0.13
    findings = {f.code: f for f in judge(capture(model, disk=known_disk(model, Limits())))}
    assert "no code of AutoencoderKL reads either" in findings["IPC101"].message
    assert findings["IPC101"].fix == "model.register_to_config(scaling_factor=0.13)"
    assert findings["IPC106"].severity == "note" and "pipelines do" in findings["IPC106"].message
