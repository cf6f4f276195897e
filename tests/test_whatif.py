"""``whatif``: every line of the issue with its three answers, the reason, and the line to write instead."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from diffusers import (
    DDIMScheduler,
    DEISMultistepScheduler,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
)

import inspector
from inspector import demo
from inspector.model import InspectError
from inspector.render import Look, render
from inspector.trying import measure
from inspector.trying.answers import answers
from inspector.trying.grammar import parse
from inspector.trying.refusals import RefusedError
from tests import forked
from tests.test_capture_untouched import difference, fingerprint, surroundings

DPM = "pipe.scheduler = DPMSolverMultistepScheduler.from_config("
KARRAS = f"{DPM}pipe.scheduler.config, use_karras_sigmas=True)"


@pytest.fixture(scope="module")
def pndm() -> Any:
    return DiffusionPipeline.from_pretrained(demo.path("sd15"))


@pytest.fixture(scope="module")
def dpm(pndm: Any) -> Any:
    pipe = copy.deepcopy(pndm)
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    return pipe


def last(obj: Any, *lines: str) -> dict[str, Any]:
    row: dict[str, Any] = answers(obj, lines)["lines"][-1]
    return row


def verdicts(row: dict[str, Any]) -> tuple[bool | None, bool | None, bool | None]:
    return row["object"], row["from_config"], row["saved"]


# line(s) -> the three answers of the last, what its reason says, the line instead; on sd15 with its PNDM scheduler
ON_PNDM: list[tuple[list[str], tuple[bool, bool, bool], str, str]] = [
    (["pipe.scheduler.config.use_karras_sigmas = True"], (False,) * 3, "PNDMScheduler has no such setting", KARRAS),
    (["pipe.scheduler.config['use_karras_sigmas'] = True"], (False,) * 3, "PNDMScheduler has no such setting", KARRAS),
    (["pipe.scheduler.use_karras_sigmas = True"], (False,) * 3, "a plain attribute of the object", KARRAS),
    (
        [f'{DPM}pipe.scheduler.config, use_karras_sigmas=True, algorithm_type="sde-dpmsolver++")'],
        (True,) * 3,
        "use_karras_sigmas, algorithm_type reached __init__ and the config",
        "",
    ),
    (
        ["DPMSolverMultistepScheduler.from_config(pipe.scheduler)"],
        (False,) * 3,
        "pipe.scheduler is the object; from_config takes a config",
        f"{DPM}pipe.scheduler.config)",
    ),
    (
        ["temp = copy.deepcopy(pipe.scheduler)", "temp.config.use_karras_sigmas = True", f"{DPM}temp)"],
        (False,) * 3,
        "temp is the object; from_config takes a config",
        KARRAS,
    ),
    (["pipe.scheduler.timesteps = [999, 500]"], (False,) * 3, "set_timesteps writes timesteps anew in every run", ""),
]

ON_DPM: list[tuple[list[str], tuple[bool, bool, bool], str, str]] = [
    (
        ["pipe.scheduler.config.use_karras_sigmas = True"],
        (True, False, False),
        "the item config['use_karras_sigmas'] still says False",
        KARRAS,
    ),
    (
        ["pipe.scheduler.config['use_karras_sigmas'] = True"],
        (False, False, True),
        "listed in _use_default_values",
        KARRAS,
    ),
    (
        ["pipe.scheduler.use_karras_sigmas = True"],
        (False,) * 3,
        "reads config.use_karras_sigmas, not this place",
        KARRAS,
    ),
    (
        ["temp = copy.deepcopy(pipe.scheduler)", 'temp.config["use_karras_sigmas"] = True', f"{DPM}temp.config)"],
        (False,) * 3,
        "listed in temp.config's _use_default_values",
        KARRAS,
    ),
    (["pipe.scheduler.config.beta_end = 0.5"], (False,) * 3, "only __init__ (scheduling_dpmsolver", ""),
    ([KARRAS], (True,) * 3, "use_karras_sigmas reached __init__ and the config", ""),
    (
        ["scheduler.config.use_karras_sigmas = True"],
        (True, False, False),
        "set_timesteps (scheduling_dpmsolver",
        KARRAS,
    ),
]


@pytest.mark.parametrize(
    ("lines", "expected", "why", "instead"), ON_PNDM, ids=lambda v: v[-1] if v and isinstance(v, list) else ""
)
def test_lines_on_pndm(pndm: Any, lines: list[str], expected: Any, why: str, instead: str) -> None:
    row = last(pndm, *lines)
    assert verdicts(row) == expected
    assert why in row["reason"]
    assert row["instead"] == instead


@pytest.mark.parametrize(
    ("lines", "expected", "why", "instead"), ON_DPM, ids=lambda v: v[-1] if v and isinstance(v, list) else ""
)
def test_lines_on_dpm(dpm: Any, lines: list[str], expected: Any, why: str, instead: str) -> None:
    row = last(dpm, *lines)
    assert verdicts(row) == expected
    assert why in row["reason"]
    assert row["instead"] == instead or (not instead and "beta_end=0.5" in row["instead"])


def test_the_copys_config_keeps_the_attribute_to_itself(pndm: Any) -> None:
    lines = ["temp = copy.deepcopy(pipe.scheduler)", "temp.config.use_karras_sigmas = True", f"{DPM}temp.config)"]
    row = last(pndm, *lines)
    assert row["lost"] == ["use_karras_sigmas"]
    assert "only an attribute of temp.config, and from_config reads the items" in row["reason"]
    assert row["instead"] == KARRAS


def test_an_edited_item_of_a_copy_that_is_no_default_arrives(pndm: Any) -> None:
    lines = ["temp = copy.deepcopy(pipe.scheduler)", 'temp.config["use_karras_sigmas"] = True', f"{DPM}temp.config)"]
    row = last(pndm, *lines)
    assert row["lost"] == [] and verdicts(row) == (True, True, True)


def test_case_6_an_unknown_keyword_is_dropped_without_a_word(pndm: Any) -> None:
    row = last(pndm, "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)")
    assert row["lost"] == ["use_karras_sigmas"] and row["said"] == []
    assert "DDIMScheduler takes no use_karras_sigmas, and from_config drops it without a word" in row["reason"]
    assert row["instead"] == KARRAS


@pytest.mark.parametrize(
    "line", ["pipe.config.requires_safety_checker = False", "pipe.requires_safety_checker = False"]
)
def test_case_14_once(pndm: Any, line: str) -> None:
    row = last(pndm, line)
    assert verdicts(row) == (False, False, False)
    assert "only __init__ (pipeline_stable_diffusion.py" in row["reason"]
    assert "pipe.safety_checker is what a run asks" in row["reason"]
    assert row["instead"] == "pipe.safety_checker = None"


def test_case_14_twice(pndm: Any) -> None:
    first, second = answers(pndm, ["pipe.requires_safety_checker = False"] * 2)["lines"]
    assert verdicts(first) == (False, False, False)
    assert verdicts(second) == (False, True, True)
    assert [(c["place"], c["after"]) for c in second["changed"]] == [("item", False), ("attr", False)]
    assert second["instead"] == "pipe.safety_checker = None"


def test_the_safety_checker_itself(pndm: Any) -> None:
    row = last(pndm, "pipe.safety_checker = None")
    assert verdicts(row) == (True, True, True)
    assert row["measured"]["object"] == ["nsfw_content_detected"]


def test_the_vae_is_read_by_the_pipeline(pndm: Any) -> None:
    row = last(pndm, "pipe.vae.config.scaling_factor = 0.13025")
    assert verdicts(row) == (True, False, False)
    assert row["instead"] == "pipe.vae.register_to_config(scaling_factor=0.13025)"


@pytest.mark.usefixtures("forked")
def test_without_weights_the_readers_tell() -> None:
    result = inspector.whatif(str(demo.path("sd15")), "pipe.unet.config.sample_size = 128")
    (row,) = result.data["lines"]
    assert verdicts(row) == (True, False, False)
    assert "reads it" in row["reason"]
    assert row["instead"] == "pipe.unet.register_to_config(sample_size=128)"


def test_a_scheduler_alone() -> None:
    row = last(DDIMScheduler(), "scheduler.config.timestep_spacing = 'trailing'")
    assert verdicts(row) == (True, False, False)
    assert row["instead"] == ("scheduler = DDIMScheduler.from_config(scheduler.config, timestep_spacing='trailing')")


def test_case_4_swapped_before_and_after_saving(pndm: Any) -> None:
    before = measure.scheduler(EulerDiscreteScheduler.from_config({**OLD_SD15}))
    after = measure.scheduler(EulerDiscreteScheduler.from_config({**OLD_SD15, "timestep_spacing": "leading"}))
    assert before["first"] == "first sigma 14.6146"
    assert after["first"].startswith("first sigma") and after["first"] != before["first"]


OLD_SD15 = {
    "_class_name": "PNDMScheduler",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "steps_offset": 1,
    "skip_prk_steps": True,
    "set_alpha_to_one": False,
    "trained_betas": None,
}


def test_a_value_of_before_is_not_a_change(dpm: Any) -> None:
    row = last(dpm, "pipe.scheduler.config.use_karras_sigmas = False")
    assert verdicts(row) == (False, False, False) and row["changed"] == []
    assert "had this value already" in row["reason"]


def test_the_object_is_left_as_it_was(pndm: Any) -> None:
    answers(pndm, ["pipe.scheduler.config.x = 1"])  # whatever a first call imports is there now
    before, around = fingerprint(pndm), surroundings(pndm)
    answers(
        pndm, ["pipe.vae.config.scaling_factor = 1.0", KARRAS, "pipe.safety_checker = None", f"{DPM}pipe.scheduler)"]
    )
    assert difference(before, fingerprint(pndm)) == {}
    assert difference(around, surroundings(pndm)) == {}


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit(dpm: Any, width: int) -> None:
    result = inspector.whatif(dpm, "pipe.scheduler.config.use_karras_sigmas = True", KARRAS, f"{DPM}pipe.scheduler)")
    text = render(result.report, "human", Look(width=width))
    assert max(map(len, text.splitlines())) <= width
    assert "after from_config    no " in text
    assert "```text" in result.text("markdown")


def test_case_5_works_in_memory_and_raises_after_a_save() -> None:
    edits = ["scheduler = DPMSolverMultistepScheduler.from_config(scheduler.config)", DEIS]
    row = last(DEISMultistepScheduler(), *edits)
    assert row["saved"] is False
    assert "saved and loaded it raises ValueError: `final_sigmas_type` zero is not supported" in row["reason"]


DEIS = 'scheduler.config["algorithm_type"] = "deis"'

REFUSED = {
    "pipe.x = foo(2)": (9, "may be called"),
    "pipe.scheduler.config.update(x=1)": (0, "may be called"),
    "pip.x = 1": (0, "there is no pip"),
    "pipe.x =": (8, "not Python: invalid syntax"),
    "pipe.x = [1, y]": (13, "a value is a literal or a path, not a name"),
    "import os": (0, "not needed here"),
    "pipe.x += 1": (0, "a calculation cannot be tried"),
    "pipe.__class__ = 1": (0, "Python's own"),
    "pipe.x = pipe.__dict__": (9, "Python's own"),
    "pipe.x = eval('1')": (9, "may be called"),
    "pipe.x = DDIMScheduler.from_config(pipe.config, **{})": (50, "hides"),
    "pipe.a[pipe.b] = 1": (7, "subscript"),
    "a = b = 1": (4, "one target"),
    "lambda: 1": (0, "not a lambda"),
    "": (0, "empty"),
}


@pytest.mark.parametrize("line", REFUSED, ids=str)
def test_refused_with_a_pointer(line: str) -> None:
    column, why = REFUSED[line]
    with pytest.raises(RefusedError) as caught:
        parse([line], ["pipe", "scheduler"])
    assert why in caught.value.message
    assert caught.value.exit_code == 2
    assert caught.value.lines == (line, " " * column + "^")


def test_unknown_class_says_which_was_meant(pndm: Any) -> None:
    with pytest.raises(InspectError) as caught:
        answers(pndm, ["pipe.scheduler = EulerDiscretScheduler.from_config(pipe.scheduler.config)"])
    assert caught.value.exit_code == 2 and "EulerDiscreteScheduler" in caught.value.hint


def test_the_command() -> None:
    line = "scheduler.config.use_karras_sigmas = True"
    done = forked.run("whatif", "class:EulerDiscreteScheduler", line, "-f", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    (row,) = report["data"]["lines"]
    assert {"line", "changed", "object", "from_config", "saved", "instead", "reason"} <= row.keys()
    assert verdicts(row) == (True, False, False)
    assert report["schema"] == "inspect-pipe/1" and report["versions"]["diffusers"]


def test_the_command_refuses_with_a_pointer() -> None:
    done = forked.run("whatif", "demo:sd15", "pipe.x = foo(2)")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines()[1].rstrip().endswith("pipe.x = foo(2)")
    assert done.stderr.splitlines()[2].endswith("^")
