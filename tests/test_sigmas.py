"""The checks of sampler presets: every recorded verdict, every known defect, and no false alarm."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import inspector
from inspector.model import InspectError
from inspector.samplers.build import Subject, Workshop
from inspector.samplers.models import MODELS, Model
from inspector.samplers.presets import PRESETS, Preset
from inspector.samplers.run import Plan, everything, quiet, run


def recorded(data: dict[str, Any], workshop: Workshop) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each golden record beside the check of today."""
    groups = defaultdict(list)
    for record in data["records"]:
        groups[record["preset"], record["model"]].append(record)
    for (preset, name), records in groups.items():
        held = data["models"][name]
        model = next(m for m in MODELS.values() if dict(m.config) == held["config"] and m.mu == held["mu"])
        plan = Plan([Subject(PRESETS[preset], model)], tuple(r["N"] for r in records), loops=False)
        yield from zip(records, run(plan, shop=workshop), strict=True)


def as_recorded(record: dict[str, Any], row: dict[str, Any]) -> bool:
    """Raises where it raised, with that error; agrees where it agreed. Held to all records in tests/test_against.py."""
    error = record.get("error")
    if error is None:
        return row["verdict"] == "pass" and bool(float(row["worst"]["relative"]) <= row["tolerance"])
    raised = row["raised"]
    return row["verdict"] == "raise" and error.startswith(raised["type"]) and raised["message"][:40] in error


SQUARED = {"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "squaredcos_cap_v2"}
DEFECTS = [
    # preset, model, steps, options, code, what the message must say
    ("DDIM trailing", "sd15", 61, {}, "IPS304", "62 timesteps instead of 61, the last is -1"),
    ("Euler trailing", "sd15", 103, {}, "IPS304", "104 timesteps instead of 103, the last is -1"),
    ("DPM++ 2M SGM uniform", "sd15", 121, {}, "IPS304", "122 timesteps instead of 121"),
    ("DDIM trailing", "kolors", 15, {}, "IPS304", "16 timesteps instead of 15"),
    ("Euler trailing", "kolors", 30, {}, "IPS304", "31 timesteps instead of 30"),
    ("DPM++ 2M Beta", "sd15", 32, {}, "IPS303", "comes first and second"),
    ("DPM++ 2M Beta", "sd15", 32, {}, "IPS307", "step 31 of 32"),
    ("DEIS", "sd15", 40, {"use_beta_sigmas": True}, "IPS307", "IndexError"),
    ("UniPC", "sd15", 40, {"use_beta_sigmas": True}, "IPS307", "AssertionError"),
    ("DPM++ 2M SDE", "sd15", 40, {"use_beta_sigmas": True}, "IPS307", "IndexError"),
    ("UniPC", "sd15", 10, {"solver_type": "bh1"}, "IPS302", "not finite after step 9, the last one"),
    ("Euler FlowMatch", "sd3", 28, {}, "IPS311", "0.00892857, shifted once it is 0.00299401"),
    ("Heun FlowMatch", "sd3", 28, {}, "IPS311", "applied twice"),
    ("Euler a Karras", "sd15", 20, {}, "IPS308", "use_karras_sigmas=True is not taken by EulerAncestral"),
    ("Euler", "sd15", 1, {}, "IPS314", "starts at sigma 0.0291675"),
    ("Heun Karras", "sdxl", 1, {}, "IPS314", "near the smallest"),
    ("DEIS", "sd15", 20, {}, "IPS304", "ends at sigma 0.0291675, not at 0"),
    ("SA-Solver", "sd15", 20, {}, "IPS304", "ends at sigma 0.0291675, not at 0"),
    ("DPM++ 2M", "sd3", 20, {"flow_shift": 1.0, "use_flow_sigmas": True}, None, ""),
    ("DDIM", "sd15", 10, {"timestep_spacing": "linspace"}, "IPS310", "9 of 9 steps land"),
    ("DDIM trailing", "sd15", 13, {}, "IPS310", "11 of 12 steps land"),
    ("DPM++ 2M flow", "flux-dev", 10, {"flow_shift": 1.0}, "IPS313", "set_timesteps(mu=…) persists"),
    ("DEIS", "flux-dev", 10, {"flow_shift": 1.0}, "IPS313", "set_timesteps(mu=…) persists"),
    ("UniPC flow", "sd3", 500, {}, "IPS303", "timestep 999 comes first and second"),
    ("UniPC flow", "flux-dev", 10, {}, None, ""),
    ("SA-Solver", "pixart", 10, {}, "IPS307", "from_config raises NotImplementedError: dpmsolver++"),
    ("Heun FlowMatch", "flux-dev", 10, {}, "IPS307", "unexpected keyword argument 'mu'"),
    ("DPM++ 2S", "sd15", 10, {}, "IPS313", "lower_order_final False becomes True"),
    *((name, SQUARED, 10, {"use_karras_sigmas": True}, "IPS307", error) for name, error in (
        ("DPM++ 2M", "IndexError"), ("DPM++ 2S", "IndexError"), ("DEIS", "IndexError"), ("UniPC", "AssertionError"),
        ("SA-Solver", "AssertionError"))),
]  # fmt: skip


@pytest.mark.parametrize(("preset", "model", "steps", "options", "code", "said"), DEFECTS)
def test_each_known_defect_has_its_finding(
    preset: str, model: Any, steps: int, options: dict[str, Any], code: str | None, said: str
) -> None:
    if preset == "SA-Solver" and isinstance(model, dict):
        model = {k: v for k, v in model.items() if k != "algorithm_type"}
    found = inspector.check_preset(preset, model=model, steps=steps, **options).findings
    if code is None:
        assert not [f for f in found if f.severity == "error"], found
    else:
        assert any(f.code == code and said in f.message for f in found), found


@pytest.mark.parametrize("name", ["DPM++ 2M", "UniPC"])
def test_shift_is_lost_when_only_the_flag_goes_over(name: str) -> None:
    from diffusers import DPMSolverMultistepScheduler, UniPCMultistepScheduler

    from inspector.samplers.options import options_of

    cls = {"DPM++ 2M": DPMSolverMultistepScheduler, "UniPC": UniPCMultistepScheduler}[name]
    preset = Preset("mine", "mine", cls.__name__, {"use_flow_sigmas": True}, kind="flow")
    result = inspector.check_preset(preset, model="sd3", steps=20)
    assert any(f.code == "IPS312" and "shift=3.0" in f.message and "flow_shift=3.0" in f.fix for f in result.findings)
    carried = {"use_flow_sigmas": True, "flow_shift": 3.0, "prediction_type": "flow_prediction"}
    subject = Subject(Preset("m", "m", cls.__name__, carried, kind="flow"), MODELS["sd3"])
    assert not [o for o in options_of(subject, Workshop()).lost if o["key"] == "shift"]


RIGHT = {
    "sd15": ("euler", "euler_karras", "euler_exponential", "euler_beta", "euler_a", "heun_karras", "lms_karras",
             "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_exponential", "dpmpp_2m_sde_karras", "dpmpp_sde_karras",
             "unipc", "unipc_karras", "ddim", "ddpm", "dpm2_karras", "dpm2_a_karras", "dpmpp_2s_karras", "pndm"),
    "sdxl": ("euler", "dpmpp_2m_karras", "unipc", "ddim"),
    "pixart": ("euler_karras", "dpmpp_2m_karras", "heun"),
    "sd3": ("fm_euler_pipe", "dpmpp_2m_flow"),
    "flux-dev": ("fm_euler_pipe",),
}  # fmt: skip
SAMPLE = (2, 3, 5, 7, 11, 13, 20, 28, 33, 40, 61, 77, 100, 103, 121, 250, 333, 500)


@pytest.mark.parametrize("model", RIGHT)
def test_no_false_alarm(model: str) -> None:
    subjects = [Subject(PRESETS[key], MODELS[model]) for key in RIGHT[model]]
    from inspector.samplers.report import report_of

    rows = run(Plan(subjects, SAMPLE, loops=False))
    report = report_of("sample", {"checks": rows, "versions": {}})
    assert [(r["preset"], r["steps"], r["reason"]) for r in rows if r["verdict"] != "pass"] == []
    assert [f for f in report.findings if f.severity != "note"] == []


def test_tolerances_are_told_with_the_smallest_that_would_pass() -> None:
    row = inspector.check_preset("DPM++ 2M Karras", steps=20).data["checks"][0]
    assert row["worst"]["relative"] <= row["smallest_passing"] < row["tolerance"] == 2e-5
    assert row["smallest_passing"] <= 1.05 * row["worst"]["relative"] + 1e-7
    assert row["own"]["ulp"] < row["own"]["tolerance"] == 16
    assert "0.00085" in row["why"]
    assert row["worst"]["index"] == 19 and row["worst"]["ulp"] > 100


def test_reused_schedulers_give_what_fresh_ones_give() -> None:
    shop = Workshop()
    every = 1 if os.environ.get("INSPECT_PIPE_FULL") else 13
    subjects = everything([MODELS["sd15"], MODELS["sd3"]])[::every]
    plan = Plan(subjects, (10, 3, 25), loops=False)
    first, again = run(plan, shop=shop), run(plan, shop=shop)
    with quiet():
        alone = [r for s in subjects for n in plan.steps for r in run(Plan([s], (n,), loops=False))]
    for a, b, c in zip(first, again, alone, strict=True):
        assert a["sigmas"] == b["sigmas"] == c["sigmas"] and a["timesteps"] == b["timesteps"] == c["timesteps"], a[
            "preset"
        ]


def test_a_begin_index_is_what_helps_where_timesteps_repeat() -> None:
    """The fix of IPS303 works: the loop that raised runs."""
    from diffusers import DPMSolverMultistepScheduler

    from inspector.samplers.loop import straight

    scheduler = DPMSolverMultistepScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, use_beta_sigmas=True)  # fmt: skip # noqa: E501
    scheduler.set_timesteps(40)
    assert straight(scheduler)["raised"]["type"] == "IndexError"
    scheduler.set_timesteps(40)
    scheduler.set_begin_index(0)
    said = straight(scheduler)
    assert said["raised"] is None and said["wrong"] == 0


@pytest.mark.parametrize(
    ("cls", "model", "steps", "dtype"),
    [
        ("DEISMultistepScheduler", "kolors", 400, "float32"),  # differences of nearly equal numbers
        ("UniPCMultistepScheduler", "cosine", 31, "float32"),  # it starts at a sigma of 20,000
        ("DPMSolverMultistepScheduler", "sd15", 20, "float64"),  # its tables and its cast are float32
    ],
)
def test_what_float32_loses_is_no_wrong_landing(cls: str, model: str, steps: int, dtype: str) -> None:
    import diffusers

    from inspector.samplers.loop import straight

    scheduler = getattr(diffusers, cls).from_config(dict(MODELS[model].config))
    scheduler.set_timesteps(steps)
    said = straight(scheduler, dtype=dtype)
    assert (said["raised"], said["wrong"], said["of"], said["calls"]) == (None, 0, steps - 1, steps)


def test_without_a_package_two_classes_are_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.samplers import build

    build.class_of.cache_clear()
    import diffusers

    class Dummy:
        _backends = ("torch", "torchsde")

    for name in ("DPMSolverSDEScheduler", "CosineDPMSolverMultistepScheduler"):
        monkeypatch.setattr(diffusers, name, Dummy, raising=False)
    monkeypatch.setattr(build, "_installed", lambda name: name != "torchsde")
    try:
        result = inspector.check_preset(["DPM++ SDE", "Euler"], model="sd15", steps=5)
        verdicts = {r["preset"]: (r["verdict"], r["reason"]) for r in result.data["checks"]}
        assert verdicts["dpmpp_sde"] == ("skip", "DPMSolverSDEScheduler needs torchsde, which is not installed")
        assert verdicts["euler"][0] == "pass"
        assert [s.where for s in result.skipped] == ["DPM++ SDE on sd15"]
    finally:
        build.class_of.cache_clear()


def test_without_scipy_there_is_one_line_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.samplers.lint import lint

    monkeypatch.setitem(sys.modules, "scipy", None)  # how Python itself notes that there is none
    table = {"Euler": {"class": "EulerDiscreteScheduler"}}
    for work in (lambda: inspector.check_preset("Euler", steps=5), lambda: lint(table, "mine", steps=(5,))):
        with pytest.raises(InspectError) as error:
            work()
        assert error.value.exit_code == 2 and "pip install" in error.value.hint
        assert error.value.message.startswith("scipy is not installed") and "\n" not in error.value.message


@pytest.mark.parametrize(("arguments", "said"), [
    ({"preset": "DPM++ 2M Karas"}, "DPM++ 2M Karras"),
    ({"preset": "Euler", "model": "sd51"}, "sd15"),
    ({"preset": "Euler", "device": "cude"}, "cuda"),
    ({"preset": "Euler", "steps": 0}, "from 1 to 1000"),
    ({"preset": "Euler", "steps": 1001}, "from 1 to 1000"),
    ({"preset": "Euler", "dtype": "float8"}, "float"),
    ({"preset": "Euler", "against": "a1112"}, "a1111"),
    ({"preset": "Euler", "model": {"_class_name": "X", "num_train_timesteps": 10**9}}, "num_train_timesteps"),
])  # fmt: skip
def test_bad_input_is_one_line_with_a_hint(arguments: dict[str, Any], said: str) -> None:
    preset = arguments.pop("preset")
    with pytest.raises(InspectError) as error:
        inspector.check_preset(preset, **arguments)
    assert said in error.value.message + error.value.hint
    assert "\n" not in error.value.message and error.value.exit_code in (2, 3)


def test_a_model_of_ones_own() -> None:
    config = {
        "_class_name": "DDPMScheduler",
        "beta_start": 0.0015,
        "beta_end": 0.0195,
        "beta_schedule": "scaled_linear",
    }
    rows = inspector.check_preset("Euler", model=config, steps=(10, 20)).data["checks"]
    assert [r["verdict"] for r in rows] == ["pass", "pass"]
    top = float(rows[0]["sigmas"][0])
    bars = np.cumprod(1 - np.linspace(0.0015**0.5, 0.0195**0.5, 1000) ** 2)
    assert top == pytest.approx(((1 - bars[-1]) / bars[-1]) ** 0.5, rel=2e-5)
    assert isinstance(MODELS["sd15"], Model)
