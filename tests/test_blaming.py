"""``blame``: the chain of one setting, hop by hop, on the cases as they happen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
)

from inspector.blaming.chain import blame_of
from inspector.blaming.files import in_file, line_of
from inspector.blaming.report import report_of
from inspector.model import InspectError
from inspector.render import render
from tests.test_capture_untouched import difference, fingerprint


@pytest.fixture(scope="module")
def loaded() -> Any:
    from inspector import demo

    return StableDiffusionPipeline.from_pretrained(demo.path("sd15"))


@pytest.fixture
def pipe(loaded: Any) -> Any:
    return StableDiffusionPipeline(**{**loaded.components, "scheduler": DDIMScheduler()})


def hops(found: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(h["hop"], h["value"]) for h in found["hops"]]


def ahead(found: dict[str, Any]) -> dict[str, tuple[bool, Any]]:
    return {n["by"]: (n["kept"], n.get("value")) for n in found["next"]}


def message(found: dict[str, Any]) -> str:
    return " ".join(f.message for f in report_of("x", found).findings)


def test_the_pipeline_that_rewrites_its_scheduler(pipe: Any) -> None:
    for name, default, value in (("steps_offset", 0, 1), ("clip_sample", True, False)):
        found = blame_of(pipe, name)
        assert hops(found) == [("class default", default), ("pipeline's __init__", value)]
        hop = found["hops"][1]
        source = Path(str(__import__("diffusers").__file__)).parent / "pipelines/stable_diffusion" / hop["file"]
        assert "_internal_dict" in source.read_text().splitlines()[hop["line"] - 1]
        assert found["flagged"] and ahead(found) == {"from_config": (False, default), "save": (True, value)}
        assert "not kept" in render(report_of("pipe", found)) and "dropped, listed in" in message(found)
        assert found["write"] == (
            f"pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config, {name}={value!r})"
        )


def test_looking_changes_nothing(loaded: Any, pipe: Any) -> None:
    pipe.scheduler = DDIMScheduler()  # a constructor called with it would write into it
    before = fingerprint(pipe)
    for key in ("steps_offset", "unet.sample_size", "requires_safety_checker", "vae.scaling_factor"):
        blame_of(pipe, key)
    assert not difference(before, fingerprint(pipe))
    assert pipe.scheduler.config["steps_offset"] == 0


def test_an_edit_of_a_listed_item() -> None:
    scheduler = DDIMScheduler()
    scheduler.config["beta_end"] = 0.5
    found = blame_of(scheduler, "beta_end")
    assert hops(found) == [("class default", 0.02), ("config item", 0.5), ("config attribute", 0.02)]
    assert found["in_force"]["stale"] and ahead(found)["from_config"] == (True, 0.02)
    assert "Only __init__ reads it" in message(found)


def test_passed_without_its_name() -> None:
    found = blame_of(DDIMScheduler(500), "num_train_timesteps")
    assert hops(found) == [("class default", 1000), ("config item", 500)]
    assert "passed without its name" in found["hops"][1]["reason"]
    assert ahead(found) == {"from_config": (False, 1000), "save": (True, 500)}


def test_a_later_write_to_the_attribute() -> None:
    scheduler = EulerDiscreteScheduler()
    scheduler.config.use_karras_sigmas = True
    found = blame_of(scheduler, "use_karras_sigmas")
    assert hops(found)[:2] == [("class default", False), ("config attribute", True)]
    assert found["in_force"] == {"place": "config attribute", "value": True, "stale": False}
    assert ahead(found) == {"from_config": (False, False), "save": (False, False)}


def test_a_live_attribute_that_nobody_reads() -> None:
    scheduler = EulerDiscreteScheduler()
    scheduler.use_karras_sigmas = True
    found = blame_of(scheduler, "use_karras_sigmas")
    assert hops(found)[-1] == ("live attribute", True)
    assert found["in_force"]["value"] is False and found["in_force"]["place"] == "config attribute"


def test_the_switch_that_is_none(loaded: Any) -> None:
    pipe = StableDiffusionPipeline(**loaded.components)
    pipe.requires_safety_checker = False
    found = blame_of(pipe, "requires_safety_checker")
    assert hops(found)[-1] == ("live attribute", False) and not found["reads"] and found["in_force"]["stale"]
    pipe.requires_safety_checker = False
    assert hops(blame_of(pipe, "requires_safety_checker"))[-1][1] is False
    assert ahead(blame_of(pipe, "requires_safety_checker"))["save"] == (True, False)


def test_a_component_put_into_an_empty_place(loaded: Any) -> None:
    pipe = StableDiffusionPipeline(**{**loaded.components, "safety_checker": None}, requires_safety_checker=False)
    pipe.safety_checker = loaded.safety_checker
    found = blame_of(pipe, "safety_checker")
    assert found["in_force"] == {
        "place": "live attribute", "value": ["stable_diffusion", "StableDiffusionSafetyChecker"], "stale": False,
    }  # fmt: skip
    assert ahead(found)["save"] == (False, [None, None])
    assert not blame_of(loaded, "safety_checker")["write"] and not message(blame_of(loaded, "safety_checker"))


def test_mu_that_stays() -> None:
    scheduler = DPMSolverMultistepScheduler(use_flow_sigmas=True, use_dynamic_shifting=True)
    scheduler.set_timesteps(10, mu=1.15)
    found = blame_of(scheduler, "flow_shift")
    name, value = hops(found)[-1]
    assert name == "config attribute" and abs(value - 3.158) < 1e-3
    assert any("set_timesteps" in w for w in found["hops"][-1]["writers"])
    assert ahead(found) == {"from_config": (False, 1.0), "save": (False, 1.0)}


def test_a_scheduler_that_rewrites_itself() -> None:
    scheduler = DPMSolverSinglestepScheduler()
    scheduler.set_timesteps(10)
    found = blame_of(scheduler, "lower_order_final")
    assert hops(found) == [("class default", False), ("config item", True)]
    assert any("set_timesteps" in w for w in found["hops"][1]["writers"])
    assert ahead(found)["from_config"] == (False, False)


@pytest.mark.usefixtures("forked")
def test_the_line_in_the_file() -> None:
    from inspector import demo, snapshots

    folder = demo.path("sd15")
    for key, file in {
        "pipe.requires_safety_checker": "model_index.json",
        "unet.block_out_channels.1": "unet/config.json",
    }.items():
        found = snapshots.ask("demo:sd15", "blame", {"key": key, "shown": str(folder)})
        hop = next(h for h in found["hops"] if h["hop"] == "file")
        assert hop["file"] == file
        assert f'"{key.split(".")[1]}"' in (folder / file).read_text().splitlines()[hop["line"] - 1]


@pytest.mark.usefixtures("forked")
def test_an_init_that_rewrites_the_file(tmp_path: Path) -> None:
    from inspector import snapshots

    config = {"_class_name": "DPMSolverMultistepScheduler", "solver_type": "bh2"}
    (tmp_path / "scheduler_config.json").write_text(json.dumps(config, indent=2))
    found = snapshots.ask(str(tmp_path), "blame", {"key": "solver_type", "shown": str(tmp_path)})
    assert hops(found) == [("class default", "midpoint"), ("file", "bh2"), ("__init__", "midpoint")]
    assert found["hops"][1]["line"] == 3 and "register_to_config" in found["hops"][2]["reason"]


TEXT = """{
  "note": "\\"beta_end\\": 1",
  "nested": {"beta_end": 2,
             "deep": {"beta_end": 3}},
  "a": [{"beta_end": 4}], "beta_start": 5,
  "beta_end": 6,
  "beta_end":
    7
}"""


@pytest.mark.parametrize(
    ("text", "keys", "line"),
    [
        (TEXT, ["beta_end"], 7), (TEXT, ["beta_start"], 5), (TEXT, ["nested", "beta_end"], 3),
        (TEXT, ["nested", "deep", "beta_end"], 4), (TEXT, ["a", "0"], 5), (TEXT, ["zero"], 0),
        ('{"a": 1, "beta_end": 2}', ["beta_end"], 1), ("[1]", ["a"], 0), ('{"a": 1, "b', ["b"], 0), ("", ["a"], 0),
        ('\\n{"\\u0062eta_end": 1}'.replace("\\n", "\n"), ["beta_end"], 2), ('{"a": NaN,\n"b": 1}', ["b"], 2),
    ],
)  # fmt: skip
def test_lines_of_json(text: str, keys: list[str], line: int) -> None:
    assert line_of(text, keys) == line


def test_files_of_a_folder(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc" / "scheduler"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    (blobs / "1234").write_text('\n{\n"beta_end": 1}')
    (snapshot / "scheduler_config.json").symlink_to(blobs / "1234")
    assert in_file(str(snapshot.parent), "scheduler", ["beta_end"]) == ("scheduler/scheduler_config.json", 3)
    assert in_file(str(snapshot), "scheduler", ["beta_end"]) == ("scheduler_config.json", 3)
    file = snapshot / "scheduler_config.json"
    assert in_file(str(file), "scheduler", ["beta_end"]) == ("scheduler_config.json", 3)
    assert in_file("", "scheduler", ["beta_end"]) == ("", 0) == in_file(str(tmp_path), "unet", ["x"])


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("beta_edn", "scheduler.beta_end"), ("unett.x", "no setting unett"), ("zzz", "lists"),
        ("text_encoder.hidden_size", "is a CLIPTextModel"), (".", "no setting is named"),
        ("sample_size", "say which: "), ("unet.block_out_channels.9", "no 9 in unet.block_out_channels"),
    ],
)  # fmt: skip
def test_no_such_setting(pipe: Any, key: str, says: str) -> None:
    with pytest.raises(InspectError) as caught:
        blame_of(pipe, key)
    assert caught.value.exit_code == 2 and says in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("key", ["scheduler.clip_sample", "pipe.scheduler.config.clip_sample", "clip_sample"])
def test_ways_to_name_it(pipe: Any, key: str) -> None:
    assert (blame_of(pipe, key)["path"], blame_of(pipe, key)["key"]) == ("scheduler", "clip_sample")


def test_markdown_tells_the_whole_chain(pipe: Any) -> None:
    text = render(report_of("pipe", blame_of(pipe, "steps_offset")), "markdown")
    for words in ("class default", "pipeline's __init__", "IPT707", "then from_config", "read by", "write"):
        assert words in text, words
