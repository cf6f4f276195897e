"""Every preset built by the real class, on every model it claims."""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path

import pytest

from inspector.samplers.models import MODELS, find_model
from inspector.samplers.presets import PRESETS, call_for, kwargs_for, suits

GOLDEN = json.loads((Path(__file__).parent / "data/golden/presets.json").read_text(encoding="utf-8"))
ONE_ONLY = "Only one of `config.use_beta_sigmas`, `config.use_exponential_sigmas`, `config.use_karras_sigmas` can be"

USED = ("sd15", "sdxl", "pixart", "svd", "sd3", "flux-dev", "playground-2.5")
"""One of every kind of config; what differs between the others is the numbers."""
RECORDED = ("sd15", "sd21v_zsnr", "sd3", "flux_dev")


@pytest.fixture(scope="module")
def built():
    """(preset, model) -> what came of making it and of 20 steps: the scheduler, or the exception."""
    models = [MODELS[name] for name in USED]
    return {(p.key, m.name): run(p, m, 20) for p in PRESETS.values() for m in models if suits(p, m.kind)}


def run(preset, model, steps):
    import diffusers

    from inspector.samplers.build import make

    cls = getattr(diffusers, preset.cls)
    if getattr(cls, "_backends", None) and not hasattr(cls, "set_timesteps"):
        pytest.skip(f"{preset.cls} needs a package that is not installed")
    try:
        scheduler = make(cls, preset, model, kwargs_for(preset, model.config, model.mu))
        call = call_for(preset, steps, sdxl=model.name == "sdxl") or {"num_inference_steps": steps}
        if model.mu is not None and (scheduler.config.get("use_dynamic_shifting") or preset.kind == "flow"):
            call["mu"] = model.mu
        scheduler.set_timesteps(**call)
    except Exception as error:
        return error
    return scheduler


def sigmas(scheduler):
    found = getattr(scheduler, "sigmas", None)
    return None if found is None else [float(s) for s in found]


def test_every_preset_builds_but_for_what_the_library_itself_refuses(built):
    """What is refused here is upstream's to answer for; a preset that can run nowhere else is in the last set."""
    refused = {k: f"{type(e).__name__}: {e}" for k, e in built.items() if isinstance(e, Exception)}
    karras = {k for k, text in refused.items() if "`config.use_karras_sigmas = True`" in text or ONE_ONLY in text}
    no_mu = {k for k, text in refused.items() if "unexpected keyword argument 'mu'" in text}
    assert {model for _, model in karras} == {"svd"}  # its config asks for Karras sigmas, and from_config keeps that
    assert {PRESETS[key].cls for key, _ in no_mu} == {"FlowMatchHeunDiscreteScheduler", "SASolverScheduler"}
    assert {model for _, model in no_mu} == {"flux-dev"}
    assert {k: text.partition(":")[0] for k, text in refused.items() if k not in karras | no_mu} == {
        ("sasolver", "pixart"): "NotImplementedError",  # takes over the model's algorithm_type, dpmsolver++
        ("sdnext_euler_edm", "playground-2.5"): "ValueError",  # sigma_schedule None
    }


def test_what_was_built_has_sane_sigmas(built):
    for (key, model), scheduler in built.items():
        if isinstance(scheduler, Exception) or "inverse" in key:
            continue
        values = sigmas(scheduler)
        if values is None:
            continue
        assert all(map(math.isfinite, values)), (key, model)
        assert values[-1] <= min(values) + 1e-12 and values[0] >= max(values) - 1e-4 * max(values), (key, model)
        if MODELS[model].kind == "flow":
            assert 0 <= values[-1] < values[0] <= 1, (key, model)


@pytest.mark.parametrize(
    ("key", "first"),
    [("iclight_euler_a", 25.146), ("iclight_dpmpp_2m_sde_karras", 25.146), ("euler_a", 14.615)],
)
def test_ic_light_takes_nothing_from_the_model(built, key, first):
    for model in ("sd15", "sdxl", "pixart") if key.startswith("ic") else ("sd15",):
        assert sigmas(built[key, model])[0] == pytest.approx(first, abs=5e-4)


def test_sd_next_takes_only_the_betas_and_the_prediction_type():
    config = run(PRESETS["sdnext_dpmpp_2m"], MODELS["kolors"], 20).config
    assert (config.beta_end, config.num_train_timesteps, config.steps_offset) == (0.014, 1000, 0)
    assert run(PRESETS["sdnext_dpmpp_2m"], MODELS["sd21-v"], 20).config.prediction_type == "v_prediction"


def test_an_option_of_a_row_is_the_option_of_what_was_built(built):
    for (key, model), scheduler in built.items():
        if isinstance(scheduler, Exception):
            continue
        for name, value in kwargs_for(PRESETS[key], MODELS[model].config, MODELS[model].mu).items():
            if name in inspect.signature(type(scheduler).__init__).parameters:
                assert scheduler.config[name] == value, (key, model, name)


@pytest.mark.parametrize("key", GOLDEN["presets"])
def test_the_recorded_sigmas_come_out_again(key):
    """Within 1e-5: the record was made on another processor, whose float32 differs in the last places."""
    records = [r for r in GOLDEN["records"] if r["preset"] == key and r["model"] in RECORDED]
    assert records
    for record in records:
        model = find_model(record["model"])
        scheduler = recorded(PRESETS[key], model, record["N"])
        if record.get("error"):
            assert record["error"].startswith(f"{type(scheduler).__name__}: "), record
            continue
        assert not isinstance(scheduler, Exception), (record["model"], scheduler)
        if record.get("sigmas"):
            close(sigmas(scheduler), GOLDEN["arrays"][record["sigmas"]], 1e-5, 1e-9)
        close([float(t) for t in scheduler.timesteps], GOLDEN["arrays"][record["timesteps"]], 1e-4, 0.02)


def recorded(preset, model, steps):
    """As the record was made: ``mu`` is passed to every class, as the Flux pipeline does."""
    import diffusers

    from inspector.samplers.build import make

    call = call_for(preset, steps, sdxl=model.name == "sdxl") or {"num_inference_steps": steps}
    if model.mu is not None:
        call["mu"] = model.mu
    try:
        scheduler = make(getattr(diffusers, preset.cls), preset, model, kwargs_for(preset, model.config, model.mu))
        scheduler.set_timesteps(**call)
    except Exception as error:
        return error
    return scheduler


def close(found, want, relative, absolute):
    assert len(found) == len(want)
    for a, b in zip(found, want, strict=True):
        if isinstance(b, str):  # "nan": KDPM2's last step
            assert not math.isfinite(a)
        else:
            assert a == pytest.approx(b, rel=relative, abs=absolute)
