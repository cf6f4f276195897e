"""``whatif`` on cases that users met: a scheduler in the state that it was in, the line, the answers, the reason."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from diffusers import (
    DDIMScheduler,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableDiffusionPipeline,
)

from inspector import demo
from inspector.model import InspectError
from inspector.trying.answers import answers
from inspector.trying.measure import different, scheduler
from tests.test_whatif import last, verdicts

SELF = "scheduler = {0}.from_config(scheduler.config{1})"


def after_mu() -> Any:
    made = DPMSolverMultistepScheduler(
        use_flow_sigmas=True, use_dynamic_shifting=True, prediction_type="flow_prediction"
    )
    made.set_timesteps(5, mu=1.15)
    return made


def hidden() -> Any:
    return DDIMScheduler.from_config({**DDIMScheduler().config, "use_karras_sigmas": True})


DPM, DDIM = "DPMSolverMultistepScheduler", "DDIMScheduler"
# case, the scheduler, lines, the answers to the last, what its reason says, the line instead
CASES: list[tuple[str, Callable[[], Any], list[str], Any, list[str], str]] = [
    (
        "3: positional",
        lambda: DDIMScheduler(500),
        [SELF.format(DDIM, "")],
        (True, False, True),
        ["num_train_timesteps 500 → 1000", "is listed wrongly", "saved and loaded first"],
        SELF.format(DDIM, ", num_train_timesteps=500"),
    ),
    (
        "7: a key of another class",
        hidden,
        [SELF.format(DDIM, "")],
        (False, False, False),
        ["DDIMScheduler has no use for use_karras_sigmas=True"],
        "",
    ),
    (
        "7: and the class that takes it",
        hidden,
        [SELF.format(DPM, "")],
        (True, True, True),
        ["use_karras_sigmas=True lay unread in the config of DDIMScheduler, and holds now"],
        "",
    ),
    (
        "8: a key that nobody takes",
        DDIMScheduler,
        [SELF.format(DDIM, ", zero_cond_t=True")],
        (False, False, False),
        ["takes no zero_cond_t, and from_config drops it without a word; no scheduler of diffusers does"],
        "",
    ),
    (
        "9: only __init__ reads it",
        DDIMScheduler,
        ["scheduler.config.beta_start = 0.5"],
        (False, False, False),
        ["only __init__ (scheduling_ddim.py"],
        SELF.format(DDIM, ", beta_start=0.5"),
    ),
    (
        "9: the config's attribute",
        DDIMScheduler,
        ["scheduler.config.beta_start = 0.5", "scheduler.config.beta_start"],
        (None, None, None),
        ["gives 0.5, from the attribute; the item config['beta_start'] says 0.0001"],
        "",
    ),
    (
        "9: the deprecated access",
        DDIMScheduler,
        ["scheduler.config.beta_start = 0.5", "scheduler.beta_start"],
        (None, None, None),
        ["gives 0.0001, from the item config['beta_start']; the attribute config.beta_start says 0.5"],
        "",
    ),
    (
        "13: a property",
        FlowMatchEulerDiscreteScheduler,
        ["scheduler.shift = 2.0"],
        (False, False, False),
        ["raises AttributeError", "the property shift gives _shift, which only __init__ and set_shift(…) set"],
        SELF.format("FlowMatchEulerDiscreteScheduler", ", shift=2.0"),
    ),
    (
        "13: its config",
        FlowMatchEulerDiscreteScheduler,
        ["scheduler.config.shift = 2.0"],
        (False, False, False),
        ["reads the live shift; the property shift gives _shift"],
        SELF.format("FlowMatchEulerDiscreteScheduler", ", shift=2.0"),
    ),
    (
        "28: what mu left",
        after_mu,
        [SELF.format(DPM, "")],
        (True, False, False),
        ["flow_shift=3.158192909689767 was only in the config's attributes"],
        SELF.format(DPM, ", flow_shift=3.158192909689767"),
    ),
    (
        "29: another class is not what was meant",
        DPMSolverSinglestepScheduler,
        ["scheduler.config.lower_order_final = True"],
        (False, False, False),
        ["set_timesteps (scheduling_dpmsolver_singlestep.py"],
        SELF.format("DPMSolverSinglestepScheduler", ", lower_order_final=True"),
    ),
    (
        "a copy of the config: both causes",
        DPMSolverMultistepScheduler,
        ["temp = copy.deepcopy(scheduler.config)", "temp.solver_order = 3", f"scheduler = {DPM}.from_config(temp)"],
        (False, False, False),
        ["solver_order=3 is only an attribute of temp", "would drop the item too, since temp's _use_default_values"],
        SELF.format(DPM, ", solver_order=3"),
    ),
]


@pytest.mark.parametrize(("case", "make", "lines", "expected", "why", "instead"), CASES, ids=[c[0] for c in CASES])
def test_a_case(
    case: str, make: Callable[[], Any], lines: list[str], expected: Any, why: list[str], instead: str
) -> None:
    row = last(make(), *lines)
    assert verdicts(row) == expected
    for text in why:
        assert text in row["reason"]
    assert row["instead"] == instead
    if instead:
        (again,) = answers(make(), [instead])["lines"]
        assert again["lost"] == [] and "error" not in again


@pytest.fixture(scope="module")
def pipe() -> Any:
    return DiffusionPipeline.from_pretrained(demo.path("sd15"))


def test_case_17_what_the_pipelines_constructor_rewrote_is_lost(pipe: Any) -> None:
    made = StableDiffusionPipeline(**{**pipe.components, "scheduler": DDIMScheduler()})
    row = last(made, "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)")
    assert row["object"] is True and row["from_config"] is False
    assert row["saved"] is False  # the constructor rewrites it again when the pipeline is loaded
    assert "clip_sample False → True, steps_offset 1 → 0" in row["reason"]
    assert row["instead"] == (
        "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config, clip_sample=False, steps_offset=1)"
    )


def test_case_16_a_component_put_into_an_empty_slot_is_not_saved(pipe: Any) -> None:
    lines = ["x = copy.deepcopy(pipe.scheduler)", "pipe.scheduler = None", "pipe.scheduler = x"]
    gone, back = answers(pipe, lines)["lines"][1:]
    assert verdicts(gone) == (True, True, False)
    assert back["object"] is True and back["saved"] is False
    assert "saved and loaded it raises ValueError" in back["reason"]
    assert back["instead"] == "pipe.register_modules(scheduler=x)"


def test_a_line_instead_never_breaks_the_run(pipe: Any) -> None:
    row = last(pipe, "pipe.unet.config.in_channels = 9")
    assert row["object"] is True and "now a run raises RuntimeError" in row["reason"]
    assert row["instead"] == ""


def test_what_a_pipeline_computed_once_is_told() -> None:
    large = DiffusionPipeline.from_pretrained(demo.path("sdxl"))
    row = last(large, "pipe.unet.config.sample_size = 16")
    assert verdicts(row) == (False, False, False)
    assert "pipe.default_sample_size stays 128, computed when the pipeline was made" in row["reason"]


def test_limits_count_where_the_network_answers_far(pipe: Any) -> None:
    prior = DiffusionPipeline.from_pretrained(demo.path("kandinsky22-prior"))
    row = last(prior, "pipe.scheduler.config.clip_sample_range = 1.0")
    other = copy.deepcopy(prior.scheduler)
    other.config.clip_sample_range = 1.0
    assert different(scheduler(prior.scheduler), scheduler(other)) == ["10 steps", "5 steps"]
    assert verdicts(row) == (True, False, False)


@pytest.mark.usefixtures("forked")
def test_code_of_the_folder_that_was_not_run_is_said() -> None:
    from inspector import whatif

    with pytest.raises(InspectError, match="there is no LongPromptPipeline to try lines on") as caught:
        whatif("demo:community-lpw", "pipe.vae.config.scaling_factor = 0.5")
    assert "--trust-remote-code" in caught.value.hint
