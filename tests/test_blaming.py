"""``blame``: the chain of one setting, hop by hop."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.blaming import blame_of, report_of
from inspector.model import InspectError
from inspector.render import render


@pytest.fixture(scope="module")
def pipe() -> Any:
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    from inspector import demo

    loaded = StableDiffusionPipeline.from_pretrained(demo.path("sd15"))
    return StableDiffusionPipeline(**{**loaded.components, "scheduler": DDIMScheduler()})


def test_the_pipeline_that_rewrites_its_scheduler(pipe: Any) -> None:
    found = blame_of(pipe, "steps_offset")
    assert [(h["hop"], h["value"]) for h in found["hops"]] == [("class default", 0), ("pipeline's __init__", 1)]
    assert found["hops"][1]["file"] == "pipeline_stable_diffusion.py" and found["hops"][1]["line"]
    assert found["flagged"] and not found["next"][0]["kept"] and found["next"][0]["value"] == 0
    assert "not kept" in render(report_of("pipe", found))


def test_a_later_write_to_the_attribute() -> None:
    from diffusers import EulerDiscreteScheduler

    scheduler = EulerDiscreteScheduler()
    scheduler.config.use_karras_sigmas = True
    hops = blame_of(scheduler, "use_karras_sigmas")["hops"]
    assert [(h["hop"], h["value"]) for h in hops[:2]] == [("class default", False), ("config attribute", True)]


def test_the_line_in_the_file(pipe: Any) -> None:
    from inspector import demo, snapshots

    folder = demo.path("sd15")
    found = snapshots.ask("demo:sd15", "blame", {"key": "scheduler.beta_end", "shown": str(folder)})
    hop = next(h for h in found["hops"] if h["hop"] == "file")
    assert hop["file"] == "scheduler/scheduler_config.json"
    assert '"beta_end"' in (folder / hop["file"]).read_text().splitlines()[hop["line"] - 1]


@pytest.mark.parametrize(
    ("key", "hint"), [("beta_edn", "scheduler.beta_end"), ("unett.x", "there are"), ("zzz", "lists")]
)
def test_no_such_setting(pipe: Any, key: str, hint: str) -> None:
    with pytest.raises(InspectError) as caught:
        blame_of(pipe, key)
    assert caught.value.exit_code == 2 and hint in caught.value.hint
