"""``trace``: the real ``from_config`` under observation; every key's fate is what the library returned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

import inspector
from inspector.model import InspectError
from inspector.tracing.lines import traced
from inspector.tracing.tasks import parsed

SD15 = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.6.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}
"""The scheduler of SD 1.5 as it is published."""


def fates(cls: Any, config: Any, **keywords: Any) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in inspector.trace(cls, config, **keywords).data["keys"]}


def schedulers() -> list[Any]:
    import diffusers
    from diffusers.schedulers.scheduling_utils import SchedulerMixin

    found = [getattr(diffusers, n) for n in dir(diffusers) if "Scheduler" in n]
    return [c for c in found if isinstance(c, type) and issubclass(c, SchedulerMixin) and c is not SchedulerMixin]


def test_every_fate_is_what_the_library_returned() -> None:
    from diffusers.utils import DummyObject

    from inspector.tracing.story import Run, story

    pairs = 0
    for old in schedulers():
        if isinstance(old, DummyObject):
            continue
        try:
            config = old().config
        except TypeError:  # Amused wants an argument, and has no compatible class
            continue
        for into in old._get_compatibles():
            if isinstance(into, DummyObject):
                continue
            pairs += 1
            keywords = {"use_karras_sigmas": True, "no_such_key": 1}
            used, unused, hidden = into.extract_init_dict(dict(config), **keywords)
            run = Run(into, config, keywords)
            assert run.seen.returned is not None
            told = story(into, config, keywords)["keys"]
            for row in told:
                name = row["name"]
                assert ("used" in row["returned"]) == (name in used) == (row["fate"] == "used"), (old, into, name)
                assert ("unused" in row["returned"]) == (name in unused), (old, into, name)
                assert ("hidden" in row["returned"]) == (name in hidden) == (row["fate"] == "hidden"), (old, into, name)
                assert (row["fate"] == "dropped") == (name in config and name not in {**used, **unused, **hidden})
            assert {*used, *unused, *hidden, *config} - {"_use_default_values"} <= {r["name"] for r in told}
    assert pairs > 100


def test_sd15_into_euler_before_and_after_a_save() -> None:
    from diffusers import EulerDiscreteScheduler, PNDMScheduler

    result = inspector.trace(EulerDiscreteScheduler, PNDMScheduler.from_config(SD15))
    assert result.data["schedule"]["first_sigma"] == 14.6146
    assert result.data["after_save"]["schedule"]["first_sigma"] == 11.0283
    row = next(r for r in result.data["keys"] if r["name"] == "timestep_spacing")
    assert (row["fate"], row["given"], row["result"]) == ("dropped", "leading", "linspace")
    assert "used_defaults" in row["source"] and "_use_default_values" in row["reason"]
    assert "timestep_spacing='leading'" in result.data["answer"]["write"]
    assert "14.6146 now, 11.0283 after a save and load" in str(result)


def test_an_unknown_keyword_is_lost() -> None:
    from diffusers import DDPMScheduler

    result = inspector.trace("DDIMScheduler", DDPMScheduler().config, use_karras_sigmas=True)
    row = next(r for r in result.data["keys"] if r["name"] == "use_karras_sigmas")
    assert row["fate"] == "unused" and row["survives"] is False and "result" not in row
    assert "has no effect" in str(result)


def test_a_key_of_another_class_is_hidden() -> None:
    from diffusers import DDIMScheduler

    row = fates(DDIMScheduler, {**DDIMScheduler().config, "use_karras_sigmas": True})["use_karras_sigmas"]
    assert row["fate"] == "hidden" and row["result"] is True and row["survives"]


@pytest.mark.parametrize(
    ("old", "into"),
    [
        ("DEISMultistepScheduler", "DPMSolverMultistepScheduler"),
        ("SASolverScheduler", "DPMSolverMultistepScheduler"),
        ("EulerDiscreteScheduler", "EDMEulerScheduler"),
    ],
)
def test_what_works_in_memory_and_raises_after_a_save(old: str, into: str) -> None:
    import diffusers

    found = inspector.trace(into, getattr(diffusers, old)()).data
    assert found["raised"] is None and found["after_save"]["raised"]
    assert found["keep_raises"] and not found["answer"]["write"]


def test_a_flow_swap_loses_its_shift() -> None:
    from diffusers import DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler

    found = inspector.trace(DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler(shift=3.0)).data
    for said in ("flow_shift=3.0", "use_flow_sigmas=True", "prediction_type='flow_prediction'"):
        assert said in found["answer"]["write"]


def test_a_tracer_that_was_there_is_there_again() -> None:
    from diffusers import DDIMScheduler

    def mine(frame: Any, event: str, argument: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        inspector.trace(DDIMScheduler, DDIMScheduler().config)
        kept = sys.gettrace()
        with pytest.raises(RuntimeError), traced({}):
            raise RuntimeError
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert kept is mine and after is mine


def test_the_same_for_any_hash_seed() -> None:
    code = (
        "import inspector, diffusers; r = inspector.trace('EulerDiscreteScheduler', diffusers.DEISMultistepScheduler(),"
        " use_karras_sigmas=True, typo=1); print(r.text('json'))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, text=True, capture_output=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(texts) == 1 and json.loads(texts.pop())["data"]["into"] == "EulerDiscreteScheduler"


def test_keywords_as_typed() -> None:
    assert parsed(["a=True", "b=sde-dpmsolver++", "c=1e-3", "d=[1, 2]"]) == {
        "a": True, "b": "sde-dpmsolver++", "c": 0.001, "d": [1, 2],
    }  # fmt: skip
    for wrong in ("a", "=1", "a b=1"):
        with pytest.raises(InspectError) as caught:
            parsed([wrong])
        assert caught.value.exit_code == 2


def test_unknown_classes_and_keys() -> None:
    with pytest.raises(InspectError, match="no such class"):
        inspector.trace("EulerDiscreteSchedular", {})
    with pytest.raises(InspectError, match="no such key"):
        inspector.trace("DDIMScheduler", {}, key="beta_edn")
