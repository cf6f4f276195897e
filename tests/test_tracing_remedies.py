"""``trace``: every line it recommends is run, in memory and after a save and load, and does what it says."""

from __future__ import annotations

import copy
import os
import tempfile
from typing import Any

import diffusers
import pytest
from diffusers import (
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchHeunDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

import inspector
from inspector.model import same
from inspector.observe.plain import plain
from inspector.tracing.remedy import literal
from inspector.tracing.run import quietly
from inspector.tracing.schedule import apart, samples_a_flow, schedule
from tests.test_tracing_pairs import made, pairs, schedulers


def ran(line: str, scheduler: Any) -> Any:
    scope = {**vars(diffusers), "scheduler": scheduler}
    exec(line, scope)
    return scope["scheduler"]


def reloaded(obj: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        obj.save_pretrained(folder)
        return type(obj).from_pretrained(folder)


CRASHING = [
    ("DEISMultistepScheduler", "DPMSolverMultistepScheduler"),
    ("DEISMultistepScheduler", "DPMSolverSinglestepScheduler"),
    ("SASolverScheduler", "DPMSolverMultistepScheduler"),
    ("SASolverScheduler", "DPMSolverSinglestepScheduler"),
    ("SASolverScheduler", "DEISMultistepScheduler"),
    ("EulerDiscreteScheduler", "EDMEulerScheduler"),
    ("UniPCMultistepScheduler", "EDMEulerScheduler"),
]


@pytest.mark.parametrize(("old", "into"), CRASHING)
def test_what_works_in_memory_and_raises_after_a_save(old: str, into: str) -> None:
    obj, target = getattr(diffusers, old)(), getattr(diffusers, into)
    result = inspector.trace(into, obj)
    assert result.data["raised"] is None
    target.from_config(obj.config)
    with pytest.raises(Exception) as caught:
        target.from_config(reloaded(obj).config)
    (finding,) = [f for f in result.findings if f.code == "IPT704"]
    assert finding.severity == "error" and type(caught.value).__name__ in finding.message
    named = [r["name"] for r in result.data["refused"] if r["error"] == result.data["after_save"]["raised"]]
    assert named and all(f"{n}=" in finding.message for n in named) and "explicit then" in finding.message
    line = result.data["answer"]["write"]
    assert line and all(same(schedule(ran(line, o)), schedule(ran(line, obj))) for o in (obj, reloaded(obj)))


@pytest.mark.parametrize("old", schedulers(), ids=lambda c: c.__name__)
def test_every_line_does_what_it_says(old: Any) -> None:
    """Every sixth pair; all of them with INSPECT_PIPE_FULL=1."""
    for into in pairs(old)[:: 1 if os.environ.get("INSPECT_PIPE_FULL") else 6]:
        obj = made(old)
        found = inspector.trace(into, obj).data
        line = found["answer"]["write"]
        if not line:
            assert not found["kept"] and not found["pinned"]
            continue
        for source in (obj, reloaded(obj)):
            new = quietly(lambda source=source, line=line: ran(line, source), old)
            assert new is not None, line
            for name in found["kept"]:
                assert same(plain(new.config[name]), plain(obj.config[name])), (into, name)


FLOWS = {
    "shift 3": lambda: FlowMatchEulerDiscreteScheduler(shift=3.0),
    "as it is": FlowMatchEulerDiscreteScheduler,
    "Heun": lambda: FlowMatchHeunDiscreteScheduler(shift=3.0),
    "dynamic": lambda: FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
}
TAKERS = (
    "DPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
    "DEISMultistepScheduler",
    "SASolverScheduler",
    "DPMSolverSinglestepScheduler",
)


@pytest.mark.parametrize("into", TAKERS)
@pytest.mark.parametrize("old", FLOWS)
def test_a_flow_swap_stays_a_flow(old: str, into: str) -> None:
    obj = FLOWS[old]()
    result = inspector.trace(into, obj)
    assert "is a flow schedule" in " ".join(f.message for f in result.findings if f.code == "IPT705")
    line = result.data["answer"]["write"]
    new = ran(line, obj)
    assert samples_a_flow(obj) and not samples_a_flow(getattr(diffusers, into).from_config(obj.config))
    assert samples_a_flow(new) and new.config.use_flow_sigmas and new.config.prediction_type == "flow_prediction"
    if old != "dynamic":
        assert ("flow_shift=3.0" in line) == (old in ("shift 3", "Heun"))


def test_the_numbers_of_the_lost_shift() -> None:
    obj = FlowMatchEulerDiscreteScheduler(shift=3.0)
    found = inspector.trace(UniPCMultistepScheduler, obj).data
    assert found["schedule"]["sigma_max"] == 157.4073 and found["schedule_before"]["sigma_max"] == 1.0
    half = inspector.trace(UniPCMultistepScheduler, obj, use_flow_sigmas=True, prediction_type="flow_prediction")
    (finding,) = [f for f in half.findings if f.code == "IPT705"]
    assert "the shift of the flow schedule is lost" in finding.message and "flow_shift=3.0" in finding.fix
    before, after = (apart(schedule(obj), schedule(ran(line, obj))) for line in (USER, finding.fix))
    assert after < 0.6 * before and f"{before:.3f}" in finding.message and f"{after:.3f}" in finding.message


USER = (
    "scheduler = UniPCMultistepScheduler.from_config(scheduler.config, use_flow_sigmas=True, "
    "prediction_type='flow_prediction')"
)


def test_a_live_shift_is_kept_too() -> None:
    obj = FlowMatchEulerDiscreteScheduler()
    obj.set_shift(7.0)
    new = ran(inspector.trace(FlowMatchHeunDiscreteScheduler, obj).data["answer"]["write"], obj)
    assert new.config.shift == 7.0


def test_a_class_without_flow_keywords_gets_no_line() -> None:
    result = inspector.trace(EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler(shift=3.0))
    assert "takes no keywords that make it one" in " ".join(f.message for f in result.findings)
    assert not result.data["answer"]["write"]


def test_a_misspelt_keyword_is_corrected() -> None:
    obj = PNDMScheduler()
    line = inspector.trace(EulerDiscreteScheduler, obj, use_karas_sigmas=True).data["answer"]["write"]
    assert ran(line, obj).config.use_karras_sigmas is True
    config = {"_class_name": "EulerDiscreteScheduler", "use_karras_sigma": True}
    line = inspector.trace(EulerDiscreteScheduler, config).data["answer"]["write"]
    assert line == "EulerDiscreteScheduler.from_config(config, use_karras_sigmas=True)"


def test_the_users_own_keywords_stay_in_the_line() -> None:
    obj = PNDMScheduler()
    found = inspector.trace(DPMSolverMultistepScheduler, obj, algorithm_type="sde-dpmsolver++", solver_order=3).data
    new = ran(found["answer"]["write"], obj)
    assert (new.config.algorithm_type, new.config.solver_order) == ("sde-dpmsolver++", 3)
    assert new.config.timestep_spacing == "leading"


def test_values_are_written_as_they_are_typed() -> None:
    for value in (float("-inf"), [1, float("inf")], (1,), {"a": float("inf")}, "it's", None, -0.5):
        assert same(plain(eval(literal(value))), plain(value))
    obj = copy.deepcopy(DPMSolverMultistepScheduler(DEISMultistepScheduler().config["num_train_timesteps"]))
    obj.config["lambda_min_clipped"] = -5.1
    assert "lambda_min_clipped=-5.1" in inspector.trace(DPMSolverMultistepScheduler, obj).data["answer"]["write"]
