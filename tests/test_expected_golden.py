"""Every golden record: the expectation is ref64, and what diffusers held is within the tolerance that it deserves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.samplers.expected import NoReference, expected
from inspector.samplers.schedules import between
from inspector.samplers.tolerance import ULP
from tests import golden

TWICE = ("HeunDiscreteScheduler", "FlowMatchHeunDiscreteScheduler", "DPMSolverSDEScheduler", "KDPM2DiscreteScheduler",
         "KDPM2AncestralDiscreteScheduler")  # fmt: skip
"""Classes whose timesteps name each step but the first twice."""

PATHS = [
    pytest.param(golden.REDUCED, id="reduced"),
    pytest.param(
        golden.WHOLE,
        id="whole",
        marks=pytest.mark.skipif(not golden.WHOLE.is_file(), reason="../shared/golden is not beside the project"),
    ),
]


def records(path: Path) -> list[dict[str, Any]]:
    return [r for r in golden.load(path)["records"] if "error" not in r]


def distinct(times: np.ndarray, cls: str, steps: int) -> np.ndarray:
    if cls in TWICE:
        return times[::2]
    return np.concatenate([times[:1], times[2:]]) if cls == "PNDMScheduler" and steps > 1 else times


@pytest.mark.parametrize("path", PATHS)
def test_every_record_is_reproduced(path: Path) -> None:
    data = golden.load(path)
    wrong = []
    for r in records(path):
        cls = data["presets"][r["preset"]]["cls"]
        config, _ = golden.configuration(r["preset"], r["model"])
        made = expected(cls, config, r["N"], **golden.call(data, r))
        ours, theirs = np.asarray(made.sigmas), golden.values(data, r["ref64"])
        times = distinct(golden.values(data, r["timesteps"]), cls, r["N"])
        if ours.shape != theirs.shape or golden.relative(ours, theirs) > 1e-12:
            wrong.append((r["preset"], r["model"], r["N"], "sigmas"))
        told = np.asarray(made.timesteps)
        if told.shape != times.shape or np.max(np.abs(told - times)) > made.timestep_bound:
            wrong.append((r["preset"], r["model"], r["N"], "timesteps"))
    assert not wrong


@pytest.mark.parametrize("path", PATHS)
def test_what_diffusers_held_is_within_the_tolerance(path: Path) -> None:
    data = golden.load(path)
    seen = 0
    for r in records(path):
        if "grid" not in r:
            continue
        config, _ = golden.configuration(r["preset"], r["model"])
        made = expected(data["presets"][r["preset"]]["cls"], config, r["N"], **golden.call(data, r))
        held = golden.values(data, r["grid"])
        difference = golden.relative(held, np.asarray(made.sigmas))
        assert difference == pytest.approx(r["rel_vs_ref64"], rel=1e-6, abs=1e-12), r
        assert difference <= made.relative, r
        seen += 1
    assert seen == len([r for r in records(path) if "rel_vs_ref64" in r])


@pytest.mark.parametrize("path", PATHS)
def test_its_own_alphas_leave_a_few_ulp(path: Path) -> None:
    """With a zero SNR float32 depends on the processor, so only this one's own grid can be held to ulps."""
    data = golden.load(path)
    for r in records(path):
        if "ulp_vs_ref_f32abar" not in r or r["model"] == "sd21v_zsnr":
            continue
        config, bars = golden.configuration(r["preset"], r["model"])
        cls = data["presets"][r["preset"]]["cls"]
        made = expected(cls, config, r["N"], alphas_cumprod=bars, **golden.call(data, r))
        ours, held = np.asarray(made.sigmas), golden.values(data, r["grid"])
        some = ours != 0
        ulps = np.max(np.abs(held - ours)[some] / np.spacing(ours[some].astype(np.float32)))
        assert ulps == pytest.approx(r["ulp_vs_ref_f32abar"], abs=0.01), r
        assert ulps <= made.ulps == 16, r


@pytest.mark.parametrize("path", PATHS)
def test_levels_between_two_steps(path: Path) -> None:
    """KDPM2's middle levels, of the step before, and its ancestral kin's, of the step; both interleaved there."""
    data = golden.load(path)
    seen = 0
    for r in records(path):
        if "sigmas_interpol" not in r or r["N"] < 3:
            continue
        held, count = golden.values(data, r["grid"]), r["N"] - 1
        first, second = held[:-2], held[1:-1]
        if "sigmas_down" not in r:
            theirs = golden.values(data, r["sigmas_interpol"])[1::2][:count]
            assert golden.relative(theirs, between.geometric(first, second)) < 16 * ULP, r
        else:
            down, up = between.ancestral(first, second)
            made = {"sigmas_down": down, "sigmas_up": up, "sigmas_interpol": between.geometric(first, down)}
            # The root of a difference there loses (sigma_next / down)², the square of the step's ratio.
            lost = 16 * ULP + 2 * ULP * (first / second) ** 2
            for name, ours in made.items():
                raw = golden.values(data, r[name])
                theirs = np.append(raw[0], raw[1::2])[:count]
                assert np.all((np.abs(theirs - ours) <= lost * ours) | (lost > 1)), (r, name)
        seen += 1
    assert seen > 10


@pytest.mark.parametrize("path", PATHS)
def test_the_reduced_records_are_the_whole_ones(path: Path) -> None:
    part, data = golden.load(golden.REDUCED), golden.load(path)
    assert part["models"] == data["models"]
    assert part["presets"] == data["presets"]
    known = {(r["preset"], r["model"], r["N"]): r for r in data["records"]}
    assert all(known[r["preset"], r["model"], r["N"]] == r for r in part["records"])
    assert all(data["arrays"][digest] == values for digest, values in part["arrays"].items())
    assert {(r["preset"], r["model"]) for r in part["records"]} == {(r["preset"], r["model"]) for r in data["records"]}


@pytest.mark.skipif(not golden.WHOLE.is_file(), reason="../shared/golden is not beside the project")
def test_more_steps_than_were_distilled_have_no_reference() -> None:
    refused = [r for r in golden.load(golden.WHOLE)["records"] if "error" in r and r["preset"] == "lcm"]
    assert refused
    for r in refused:
        config, _ = golden.configuration("lcm", r["model"])
        with pytest.raises(NoReference, match="100 steps of the 50"):
            expected("LCMScheduler", config, r["N"])
