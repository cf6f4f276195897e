"""The scheduler configs of well-known models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector import classes
from inspector.model import InspectError
from inspector.samplers.models import MODELS, find_model

REAL = Path(__file__).parents[2] / "shared/real"


def test_the_promised_models_are_there():
    assert list(MODELS) == [
        "sd15", "sdxl", "sd21-v", "zero-snr", "pixart", "sd3", "flux-dev", "flux-schnell", "kolors", "hunyuandit",
        "playground-2.5", "svd", "ltx", "cosine",
    ]  # fmt: skip
    kinds = {kind: {m.name for m in MODELS.values() if m.kind == kind} for kind in ("flow", "edm")}
    assert kinds == {"flow": {"sd3", "flux-dev", "flux-schnell", "ltx"}, "edm": {"playground-2.5"}}


@pytest.mark.parametrize("name", MODELS)
def test_a_config_is_one_that_its_class_reads(name):
    model = MODELS[name]
    scheduler = next(c for c in classes.schedulers() if c.name == model.config["_class_name"])
    foreign = {k for k in model.config if k not in scheduler.parameters and not k.startswith("_")}
    # what the repositories ship beside what their class takes: settings of the classes the files were copied from
    assert foreign <= {
        "clip_sample", "clip_sample_range", "dynamic_thresholding_ratio", "interpolation_type", "sample_max_value",
        "set_alpha_to_one", "skip_prk_steps", "steps_offset", "thresholding",
    }  # fmt: skip
    assert model.source
    assert (model.mu is not None) is bool(model.config.get("use_dynamic_shifting"))


@pytest.mark.parametrize("name", MODELS)
def test_a_config_builds_the_scheduler_of_its_own_class(name):
    import diffusers

    model = MODELS[name]
    scheduler = getattr(diffusers, model.config["_class_name"]).from_config(dict(model.config))
    scheduler.set_timesteps(20, **({} if model.mu is None else {"mu": model.mu}))
    assert len(scheduler.timesteps) in (20, 21)  # PNDM repeats one
    for key, value in model.config.items():
        if not key.startswith("_") and key != "skip_prk_steps":
            assert scheduler.config[key] == value


@pytest.mark.parametrize(
    ("name", "folder"), [("sd15", "stable-diffusion-v1-5"), ("sdxl", "stable-diffusion-xl-base-1.0")]
)
def test_a_config_is_the_repositorys_own_file(name, folder):
    file = REAL / folder / "scheduler/scheduler_config.json"
    if not file.exists():
        pytest.skip(f"the real repository, {file}, is not on this machine")
    assert json.loads(file.read_text(encoding="utf-8")) == dict(MODELS[name].config)


@pytest.mark.parametrize(
    ("name", "module", "tokens"),
    [
        ("flux-dev", "diffusers.pipelines.flux.pipeline_flux", (1024 // 16) ** 2),
        ("ltx", "diffusers.pipelines.ltx.pipeline_ltx", ((161 - 1) // 8 + 1) * (512 // 32) * (704 // 32)),
    ],
)
def test_mu_is_what_the_pipeline_computes(name, module, tokens):
    from importlib import import_module

    shift, config = import_module(module).calculate_shift, MODELS[name].config
    keys = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
    assert MODELS[name].mu == pytest.approx(shift(tokens, *(config[k] for k in keys)), rel=1e-12)


def test_the_default_size_of_ltx_is_the_one_that_mu_is_for():
    import inspect

    from diffusers import LTXPipeline

    defaults = {k: p.default for k, p in inspect.signature(LTXPipeline.__call__).parameters.items()}
    assert (defaults["num_frames"], defaults["height"], defaults["width"]) == (161, 512, 704)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("SD15", "sd15"),
        ("sd 1.5", "sd15"),
        ("sd21v", "sd21-v"),
        ("sd21v_zsnr", "zero-snr"),
        ("flux_dev", "flux-dev"),
        ("black-forest-labs/FLUX.1-dev", "flux-dev"),
        ("PixArt-alpha", "pixart"),
        ("HunyuanDiT", "hunyuandit"),
        ("playground-v2.5", "playground-2.5"),
        ("svd-xt", "svd"),
    ],
)
def test_a_model_is_found_however_it_is_written(name, model):
    assert find_model(name).name == model


@pytest.mark.parametrize(
    ("name", "hint"), [("sdlx", "sdxl"), ("flux-dv", "flux-dev"), ("", "there are: sd15"), ("z" * 10_000, "SOURCE")]
)
def test_an_unknown_model_is_told_its_neighbours(name, hint):
    with pytest.raises(InspectError) as caught:
        find_model(name)
    assert caught.value.exit_code == 2 and hint in caught.value.hint
    assert len(caught.value.message) < 200


def test_no_two_models_answer_to_one_name():
    from inspector.samplers.naming import plain

    said = [plain(n) for m in MODELS.values() for n in {m.name, *m.aliases}]
    twice = {n for n in said if said.count(n) > 1}
    assert all(len({m.name for m in MODELS.values() if n in map(plain, (m.name, *m.aliases))}) == 1 for n in twice)
