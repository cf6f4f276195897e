"""The tables of presets that people really have, read as rows."""

from __future__ import annotations

import enum
import functools
from collections import namedtuple
from typing import Any

import pytest

from inspector.model import InspectError
from inspector.samplers.lint import lint
from inspector.samplers.linted import report_of
from inspector.samplers.models import MODELS
from inspector.samplers.shapes import entries

CONFIG = MODELS["sd15"].config
KARRAS = {"use_karras_sigmas": True}


def read(table: Any) -> dict[str, Any]:
    """Name -> (class, kwargs, how it is built), or the problem."""
    return {
        e.name: (e.preset.cls, dict(e.preset.kwargs), e.preset.built) if e.preset else e.problem
        for e in entries(table, CONFIG, "test")
    }


class Kind(enum.Enum):
    DPM = "dpm++ 2m karras"


def shapes() -> dict[str, Any]:
    """Each way of writing DPM++ 2M Karras down."""
    from diffusers import DPMSolverMultistepScheduler as DPM

    SamplerData = namedtuple("SamplerData", "name constructor aliases options")

    class Held:
        """SD.Next's sampler objects hold the scheduler."""

        def __init__(self, model: Any) -> None:
            self.name = "x"
            self.sampler = DPM.from_config(model.scheduler.config, **KARRAS)

    return {
        "pair": {"x": (DPM, KARRAS)},
        "pair of names": {"x": ("DPMSolverMultistepScheduler", KARRAS)},
        "list in a pair": {"x": ["DPMSolverMultistepScheduler", KARRAS]},
        "class and kwargs": {"x": {"class": DPM, "kwargs": KARRAS}},
        "more columns": {"x": {"class": DPM, "kwargs": KARRAS, "repo": "org/name"}},
        "kwargs beside the class": {"x": {"_sched": "DPMSolverMultistepScheduler", **KARRAS}},
        "any key for the class": {"x": {"solver": DPM, "config": KARRAS}},
        "partial of from_config": {"x": functools.partial(DPM.from_config, **KARRAS)},
        "lambda of a config": {"x": lambda config: DPM.from_config(config, **KARRAS)},
        "lambda of a scheduler": {"x": lambda s: DPM.from_config(s.config, **KARRAS)},
        "lambda of a pipeline": {"x": lambda pipe: DPM.from_config(pipe.scheduler.config, **KARRAS)},
        "list of dicts": [{"name": "x", "scheduler": DPM, "kwargs": KARRAS}],
        "list of triples": [("x", DPM, KARRAS)],
        "list of pairs": [("x", (DPM, KARRAS))],
        "SD.Next": [SamplerData("x", lambda model: Held(model), [], {})],
    }


@pytest.mark.parametrize("shape", shapes())
def test_every_shape_says_the_same(shape: str) -> None:
    assert read(shapes()[shape]) == {"x": ("DPMSolverMultistepScheduler", KARRAS, "from_config")}


def test_what_the_constructor_makes_is_told_apart() -> None:
    from diffusers import DPMSolverMultistepScheduler as DPM

    made = ("DPMSolverMultistepScheduler", KARRAS, "constructor")
    table = {"a": DPM(**KARRAS), "b": functools.partial(DPM, **KARRAS), "c": lambda: DPM(**KARRAS)}
    assert read(table) == dict.fromkeys("abc", made)


def test_a_class_alone_and_a_function_that_gives_one() -> None:
    from diffusers import EulerDiscreteScheduler

    plain: Any = ("EulerDiscreteScheduler", {}, "from_config")
    table = {"a": EulerDiscreteScheduler, "b": "EulerDiscreteScheduler", "c": lambda c: EulerDiscreteScheduler}
    assert read(table) == dict.fromkeys("abc", plain)


def test_names_may_be_members_of_an_enum() -> None:
    assert list(read({Kind.DPM: "DPMSolverMultistepScheduler"})) == ["dpm++ 2m karras"]


def test_columns_of_the_table_are_no_kwargs() -> None:
    table = {
        "a": {"class": "EulerDiscreteScheduler", "kwargs": KARRAS, "repo": "x/y"},
        "b": {"class": "EulerDiscreteScheduler", "repo": "x/y"},
    }
    assert read(table)["b"] == ("EulerDiscreteScheduler", {}, "from_config")


def test_a_function_sees_the_models_config() -> None:
    from diffusers import EulerDiscreteScheduler

    seen: list[Any] = []

    def make(config: Any) -> Any:
        seen.append((config.beta_schedule, config["steps_offset"], config.get("beta_end")))
        return EulerDiscreteScheduler.from_config(config)

    read({"x": make})
    assert seen == [("scaled_linear", 1, 0.012)]


def test_an_alias_is_no_row() -> None:
    assert list(read({"Euler": "EulerDiscreteScheduler", "default": "Euler"})) == ["Euler"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("EulerDiscretScheduler", "is no scheduler of the installed diffusers"),
        ("UNet2DConditionModel", "is no scheduler of the installed diffusers"),
        ({"kwargs": {}}, "names no class"),
        (3, "an int"),
        (None, "a NoneType"),
        (lambda config: 1 / 0, "calling it raises ZeroDivisionError: division by zero"),
        (lambda config: "x", "gives a str, no scheduler"),
        (("EulerDiscreteScheduler", {1: 2}), "no text"),
    ],
)
def test_what_is_no_preset_is_told(row: Any, said: str) -> None:
    [found] = entries({"x": row}, CONFIG, "test")
    assert found.preset is None and said in found.problem


def test_an_unknown_class_is_told_its_neighbours() -> None:
    [found] = entries({"x": "EulerDiscretScheduler"}, CONFIG, "test")
    assert found.wrong and found.hint.startswith("did you mean EulerDiscreteScheduler")


def test_a_class_of_ones_own_is_checked_as_the_one_it_derives_from() -> None:
    from diffusers import EulerAncestralDiscreteScheduler, PNDMScheduler

    class Mine(EulerAncestralDiscreteScheduler):
        def step(self, *given: Any, **named: Any) -> Any:
            return super().step(*given, **named)

    class Warm(PNDMScheduler):
        pass

    table = {"mine": (Mine, {"use_karras_sigmas": True}), "warm": (Warm, {"skip_prk_steps": True})}
    entry = entries(table, CONFIG, "test")[0]
    assert entry.preset is not None
    assert (entry.preset.cls, entry.preset.own) == ("EulerAncestralDiscreteScheduler", Mine)
    found = lint(table, "test", models=["sd15"], steps=[10])
    assert [row["class"] for row in found["checks"]] == ["Mine", "Warm"]
    assert all(row["loop"]["ran"] and row["loop"]["raised"] is None for row in found["checks"])
    [first, *rest] = report_of(found).findings
    assert (first.code, first.where) == ("IPS308", "mine") and "not taken by Mine" in first.message
    assert [(f.code, f.where) for f in rest] == [("IPS309", "warm")]  # the model has it anyway


def test_a_class_of_ones_own_that_does_otherwise_is_left_out_with_its_reason() -> None:
    from diffusers import EulerDiscreteScheduler

    class Other(EulerDiscreteScheduler):
        def set_timesteps(self, *given: Any, **named: Any) -> None:
            super().set_timesteps(*given, **named)

    class Foreign:
        from_config = set_timesteps = classmethod(lambda cls: None)

    for row, said in ((Other, "has a set_timesteps of its own"), (Foreign, "not of diffusers")):
        [found] = entries({"x": row}, CONFIG, "test")
        assert found.preset is None and said in found.problem and not found.wrong


@pytest.mark.parametrize("table", [3, "text", {}, [], None, object()])
def test_what_is_no_table_is_one_clear_line(table: Any) -> None:
    with pytest.raises(InspectError) as caught:
        entries(table, CONFIG, "py:mine:TABLE")
    assert caught.value.exit_code == 2 and "py:mine:TABLE" in caught.value.message and "\n" not in caught.value.message


def test_nothing_is_left_patched() -> None:
    from diffusers.configuration_utils import ConfigMixin

    before = ConfigMixin.__dict__["from_config"]
    read(shapes()["lambda of a config"])
    assert ConfigMixin.__dict__["from_config"] is before
