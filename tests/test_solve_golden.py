"""Every recorded mean and standard deviation comes out of the real step loop again."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from inspector.samplers.solve import Solved, solve
from inspector.samplers.verdict import elsewhere, verdict
from tests.rounding import CorrectlyRounded

HERE = Path(__file__).parent / "data/golden/analytic.json"
SHARED = Path(__file__).parents[2] / "shared/golden/analytic.json"
GOLDEN = json.loads(HERE.read_text(encoding="utf-8"))

FIELDS = {"mean": "mean", "std": "std", "A": "gain", "noise_var": "noise_var"}
EXACT = ("init_noise_sigma", "model_calls", "randn_calls")
LIMITS = ("ode_mean", "ode_std")


@cache
def scheduler(preset: str, model: str) -> Any:
    import diffusers

    row, config = GOLDEN["presets"][preset], GOLDEN["models"][model]
    kwargs = {k: config["shift"] if v == "SHIFT" else v for k, v in row["kw"].items()}
    return getattr(diffusers, row["cls"]).from_config(config, **kwargs)


def again(record: dict[str, Any]) -> Solved:
    import numpy as np
    from diffusers.schedulers import AysSchedules

    n = record["N"]
    named = {"AYS": AysSchedules["StableDiffusionTimesteps"], "PIPE": np.linspace(1.0, 1.0 / n, n)}
    call = {k: named[v] for k, v in GOLDEN["presets"][record["preset"]]["call"].items()}
    return solve(scheduler(record["preset"], record["model"]), n, conditioning=record["conditioning"], call=call)


def off(record: dict[str, Any], solved: Solved) -> float:
    return max(abs(float(record[theirs]) - float(getattr(solved, ours))) for theirs, ours in FIELDS.items())


def compare(records: list[dict[str, Any]]) -> None:
    assert records
    for record in records:
        where = (record["preset"], record["model"], record["N"], record["conditioning"])
        solved = again(record)
        found = verdict(solved, record)
        assert found.same, (where, found.reason)
        if "error" in record:
            assert solved.raised is not None
            assert f"{solved.raised.type}: {solved.raised.message}" == record["error"]
            continue
        assert off(record, solved) < solved.bound + elsewhere(solved), where
        for name in EXACT:
            assert getattr(solved, name) == pytest.approx(record[name], rel=1e-7), (where, name)
        for name in LIMITS:
            if name in record:
                assert getattr(solved, name) == pytest.approx(record[name], abs=1e-12), (where, name)


@pytest.mark.parametrize("preset", sorted(GOLDEN["presets"]))
def test_reproduces_the_records(preset: str) -> None:
    if "SDEScheduler" in GOLDEN["presets"][preset]["cls"]:
        pytest.importorskip("torchsde")
    compare([r for r in GOLDEN["records"] if r["preset"] == preset])


@pytest.mark.skipif(not SHARED.exists(), reason="the full golden file is not part of the project")
@pytest.mark.parametrize("preset", sorted(GOLDEN["presets"]))
def test_reproduces_all_records(preset: str) -> None:
    kept = {json.dumps(r) for r in GOLDEN["records"]}
    records = json.loads(SHARED.read_text(encoding="utf-8"))["records"]
    assert kept <= {json.dumps(r) for r in records}, "the reduced file is a part of the full one"
    compare([r for r in records if r["preset"] == preset and json.dumps(r) not in kept])


EXACTLY = ("euler_a", "heun_karras", "lms", "ddim", "ddpm", "pndm", "deis_karras", "dpmpp_2m_karras", "dpmpp_2m_sde")
"""Nothing in these depends on a float32 function that the test cannot round."""


@pytest.mark.parametrize("preset", [*EXACTLY, "sasolver", "fm_euler_pipe", "fm_heun", "dpmpp_2m_flow"])
def test_to_the_last_digit_where_float32_functions_round_correctly(preset: str) -> None:
    with CorrectlyRounded():
        scheduler.cache_clear()
        worst = max(off(r, again(r)) for r in GOLDEN["records"] if r["preset"] == preset)
    scheduler.cache_clear()
    assert worst < 1e-12


def test_a_changed_record_is_noticed() -> None:
    record = next(r for r in GOLDEN["records"] if r["preset"] == "euler")
    assert verdict(again(record), record).same
    for change in ({"std": record["std"] + 1e-4}, {"mean": record["mean"] - 1e-4}, {"A": record["A"] + 1e-4}):
        assert not verdict(again(record), {**record, **change}).same
    assert not verdict(again(record), {"error": "IndexError: x"}).same
