"""The schedules of other projects: what they themselves made, to their own precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.samplers.elsewhere import (
    A1111,
    COMFYUI,
    K_DIFFUSION,
    a1111,
    comfyui,
    conventions,
    k_diffusion,
    precision,
)
from inspector.samplers.elsewhere.why import OF_SCHEDULE
from inspector.samplers.families.run import NoReference
from tests import golden
from tests.test_expected_golden import PATHS

FAMILY = {"SD1": "sd1", "SDXL": "sdxl", "SVD": "svd"}
SD15 = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
SD3 = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}
FLUX = SD3 | {"use_dynamic_shifting": True}


def external(data: dict[str, Any], entry: dict[str, Any]) -> tuple[tuple[float, ...], float]:
    """Our version of one entry, and how closely it can agree."""
    name, steps, model = entry["schedule"], entry["N"], data["models"].get(entry["model"], {})
    config, mu = model.get("config", {}), model.get("mu")
    family = "sdxl" if entry["model"] == "sdxl" else "sd1"
    if entry["impl"] == "a1111":
        made = a1111(name, config, steps, discard=entry["discard_penultimate"], family=family)
    elif entry["impl"] == "comfyui":
        made = comfyui(name, config, steps, mu=mu, family=FAMILY.get(name.partition("/")[2], family))
    elif name.startswith("vp"):
        name, made = "vp", k_diffusion("vp", steps)
    else:
        name, made = "polyexponential", k_diffusion("polyexponential", steps, 14.6, 0.03, rho=2.0)
    return made, precision(entry["impl"], name, config, mu=mu)


@pytest.mark.parametrize("path", PATHS)
def test_every_external_schedule_is_reproduced(path: Path) -> None:
    data = golden.load(path)
    wrong = []
    for entry in data["external"]:
        made, tolerance = external(data, entry)
        ours, theirs = np.asarray(made), golden.values(data, entry["values"])
        if ours.shape != theirs.shape or golden.relative(ours, theirs) > tolerance:
            wrong.append((entry["impl"], entry["schedule"], entry["model"], entry["N"]))
        assert tolerance < 6e-4
    assert data["external"]
    assert not wrong


@pytest.mark.parametrize("path", PATHS)
def test_what_each_record_says_of_other_projects(path: Path) -> None:
    data = golden.load(path)
    wrong, seen = [], 0
    for r in data["records"]:
        row, model = data["presets"][r["preset"]], data["models"][r["model"]]
        family = "sdxl" if r["model"] == "sdxl" else "sd1"
        steps = 10 if row["call"].get("timesteps") == "AYS" else r["N"]
        both = {
            "a1111": lambda row=row, model=model, steps=steps, family=family: a1111(
                row["a1111"], model["config"], steps, discard=row["a_discard"], family=family
            ),
            "comfy": lambda row=row, model=model, steps=steps, family=family: comfyui(
                row["comfy"], model["config"], steps, mu=model["mu"], sampler=row["comfy_sampler"], family=family
            ),
        }
        for field, make in both.items():
            if field in r:
                ours, theirs = np.asarray(make()), golden.values(data, r[field])
                project = "a1111" if field == "a1111" else "comfyui"
                tolerance = precision(project, row[field], model["config"], mu=model["mu"])
                seen += 1
                if ours.shape != theirs.shape or golden.relative(ours, theirs) > tolerance:
                    wrong.append((field, r["preset"], r["model"], r["N"]))
    assert seen > 500
    assert not wrong


@pytest.mark.parametrize("schedule", A1111)
@pytest.mark.parametrize("discard", [False, True])
def test_a1111_schedules_fall_to_the_end(schedule: str, discard: bool) -> None:
    for steps in (1, 2, 9, 30, 333, 1000):
        made = a1111(schedule, SD15, steps, discard=discard)
        assert np.all(np.diff(made) < 0) or schedule in ("simple", "turbo", "ddim"), steps
        assert made[-1] == 0 or schedule == "kl_optimal"
        if schedule != "ddim":
            assert len(made) == steps + 1, steps


@pytest.mark.parametrize("schedule", [*COMFYUI, "AYS"])
@pytest.mark.parametrize("config", [SD15, SD3, FLUX], ids=["sd15", "sd3", "flux"])
def test_comfyui_schedules_fall_to_zero(schedule: str, config: dict[str, Any]) -> None:
    for steps in (2, 9, 30, 250):
        made = comfyui(schedule, config, steps)
        assert made[-1] == 0
        assert np.all(np.diff(made) < 0)
        if schedule not in ("ddim_uniform", "beta"):
            assert len(made) == steps + 1, steps


def test_discarding_samplers_skip_the_smallest_level() -> None:
    plain, dropped = comfyui("karras", SD15, 21), comfyui("karras", SD15, 20, sampler="uni_pc")
    assert dropped == (*plain[:-2], 0.0)
    assert comfyui("karras", SD15, 20, sampler="uni_pc", discard=False) == comfyui("karras", SD15, 20)
    assert a1111("karras", SD15, 20, discard=True) == (*a1111("karras", SD15, 21)[:-2], 0.0)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: a1111("karas", SD15, 5), "A1111 has no schedule 'karas'; it has uniform"),
        (lambda: a1111("karras", SD3, 5), "does not run flow-matching"),
        (lambda: a1111("karras", SD15, 0), "0 steps"),
        (lambda: a1111("align_your_steps", SD15, 5, family="sd4"), "no optimised levels are known for 'sd4'"),
        (lambda: comfyui("uniform", SD15, 5), "ComfyUI has no schedule 'uniform'"),
        (lambda: comfyui("AYS", SD15, 5, family="sd4"), "no optimised levels are known for 'sd4'"),
        (lambda: comfyui("karras", {"sigma_max": 80.0}, 5), "names no training betas"),
        (lambda: k_diffusion("beta", 5, 10.0, 1.0), "k-diffusion has no schedule 'beta'"),
        (lambda: k_diffusion("vp", 0), "0 steps"),
    ],
)
def test_what_they_do_not_have_is_said(call, reason: str) -> None:
    with pytest.raises(NoReference, match=reason):
        call()


@pytest.mark.parametrize(
    ("project", "schedule", "config", "steps", "kwargs", "keys"),
    [
        ("a1111", "karras", SD15, 20, {}, {"full range"}),
        ("a1111", "karras", SD15, 20, {"discard": True}, {"full range", "discarded penultimate"}),
        ("a1111", "ddim", SD15, 30, {}, {"from one", "step count"}),
        ("a1111", "ddim", SD15, 20, {}, {"from one"}),
        ("a1111", "kl_optimal", SD15, 20, {}, {"full range", "ends above zero"}),
        ("a1111", "beta", SD15, 20, {}, {"full range", "beta of sigmas"}),
        (
            "a1111",
            "uniform",
            SD15 | {"rescale_betas_zero_snr": True},
            20,
            {},
            {"both ends", "log between", "zero-SNR floor"},
        ),
        ("comfyui", "beta", SD15, 20, {"sampler": "uni_pc"}, {"beta of timesteps", "discarded penultimate"}),
        ("comfyui", "normal", SD3, 20, {}, {"both ends", "log between", "shifted twice"}),
        ("comfyui", "simple", SD3, 20, {}, {"every nth"}),
        ("comfyui", "simple", FLUX, 20, {}, {"every nth", "fine table"}),
        ("comfyui", "sgm_uniform", SD15, 20, {}, {"dropped last", "log between"}),
        ("k-diffusion", "karras", SD15, 20, {}, {"full range"}),
    ],
)
def test_conventions_are_named(
    project: str, schedule: str, config: dict[str, Any], steps: int, kwargs: dict[str, Any], keys: set[str]
) -> None:
    found = conventions(project, schedule, config, steps, **kwargs)
    assert {c.key for c in found} == keys
    assert all(c.says[0].islower() and not c.says.endswith(".") for c in found)


def test_every_schedule_has_its_conventions() -> None:
    assert set(OF_SCHEDULE["a1111"]) == set(A1111)
    assert set(OF_SCHEDULE["comfyui"]) == {*COMFYUI, "AYS"}
    assert set(OF_SCHEDULE["k-diffusion"]) == {*K_DIFFUSION, "vp"}
