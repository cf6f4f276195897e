"""``trace``: the stories of the cases, with their numbers; the answer that comes first; what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionPipeline,
)
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import SchedulerMixin

import inspector
from inspector.model import InspectError
from inspector.tracing.keywords import parsed

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


def row(result: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in result.data["keys"] if r["name"] == name)
    return found


def said(result: Any, code: str) -> str:
    return " ".join(f.message for f in result.findings if f.code == code)


def flat(result: Any) -> str:
    return " ".join(str(result).split())


@pytest.fixture(params=["json", "object", "folder", "file", "config", "snapshot"])
def sd15(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The same scheduler in all the forms that the API takes."""
    obj = PNDMScheduler.from_config(SD15)
    file = tmp_path / "scheduler_config.json"
    file.write_text(json.dumps(SD15))
    forms = {"json": SD15, "object": obj, "folder": str(tmp_path), "file": file}
    forms["config"] = {**obj.config, "_class_name": "PNDMScheduler"}
    forms["snapshot"] = inspector.capture(obj) if request.param == "snapshot" else None
    return forms[request.param]


@pytest.mark.usefixtures("forked")
def test_sd15_into_euler_before_and_after_a_save(sd15: Any) -> None:
    result = inspector.trace(EulerDiscreteScheduler, sd15)
    now, then = result.data["schedule"], result.data["after_save"]["schedule"]
    assert (now["sigma_max"], now["first_timestep"]) == (14.6146, 999.0)
    assert (then["sigma_max"], then["first_timestep"]) == (11.0283, 951.0)
    assert result.data["schedule_before"]["first_timestep"] == 951
    assert "sigma_max 14.6146 now, 11.0283 after a save and load" in said(result, "IPT704")
    text = flat(result)
    assert "EulerDiscreteScheduler 14.6146 999, 946.421 … 0 after a save and load 11.0283 951, 901 … 1" in text


def test_the_key_that_makes_the_difference() -> None:
    result = inspector.trace(EulerDiscreteScheduler, PNDMScheduler.from_config(SD15))
    found = row(result, "timestep_spacing")
    assert (found["fate"], found["given"], found["result"]) == ("dropped", "leading", "linspace")
    assert "used_defaults" in found["source"] and "_use_default_values" in found["reason"]
    source = Path(str(__import__("diffusers").__file__)).parent / "configuration_utils.py"
    assert source.read_text().splitlines()[found["line"] - 1].strip() == found["source"]
    assert result.data["answer"]["write"] == (
        "scheduler = EulerDiscreteScheduler.from_config(scheduler.config, timestep_spacing='leading')"
    )


@pytest.mark.parametrize("into", ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"])
def test_the_other_swaps_of_sd15(into: str) -> None:
    found = inspector.trace(into, SD15).data
    assert (found["schedule"]["sigma_max"], found["after_save"]["schedule"]["sigma_max"]) == (14.6146, 10.425)


def test_the_question_is_answered_first() -> None:
    """The issue's own example: dropped by the line, one of them the user's, and what to write."""
    scheduler = DPMSolverMultistepScheduler()
    scheduler.config["use_karras_sigmas"] = True
    result = inspector.trace(EulerDiscreteScheduler, scheduler)
    line = row(result, "use_karras_sigmas")["line"]
    assert f"you passed {len(scheduler.config) - 1} settings; " in result.data["answer"]["lines"][0]
    assert f"dropped at configuration_utils.py:{line} since they are listed in `_use_default_values`" in flat(result)
    assert "; use_karras_sigmas=True was one of them" in flat(result)
    assert "use_karras_sigmas=True" in result.data["answer"]["write"]
    assert "although it was changed" in said(result, "IPT703")


def test_passed_without_its_name() -> None:
    result = inspector.trace(DDIMScheduler, DDIMScheduler(500))
    found = row(result, "num_train_timesteps")
    assert (found["given"], found["result"], found["edited"]) == (500, 1000, True)
    assert "passed without its name" in said(result, "IPT703")
    assert result.data["after_save"]["changed"] == [{"name": "num_train_timesteps", "before": 1000, "after": 500}]


def test_the_pipelines_rewriting_is_reverted() -> None:
    from inspector import demo

    loaded = StableDiffusionPipeline.from_pretrained(demo.path("sd15"))
    pipe = StableDiffusionPipeline(**{**loaded.components, "scheduler": DDIMScheduler()})
    result = inspector.trace(DDIMScheduler, pipe)
    for name, given, default in (("steps_offset", 1, 0), ("clip_sample", False, True)):
        found = row(result, name)
        assert (found["fate"], found["given"], found["result"], found["edited"]) == ("dropped", given, default, True)
    assert result.data["answer"]["write"] == (
        "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config, clip_sample=False, steps_offset=1)"
    )


@pytest.mark.parametrize(
    ("into", "name", "says"),
    [
        ("EulerAncestralDiscreteScheduler", "use_karras_sigmas", "it belongs to EulerDiscreteScheduler"),
        ("DDIMScheduler", "use_karras_sigmas", "it belongs to EulerDiscreteScheduler"),
        ("EulerDiscreteScheduler", "use_karras_sigma", "did you mean use_karras_sigmas?"),
        ("DDIMScheduler", "use_karras_sigma", "did you mean use_karras_sigmas? It belongs to"),
        ("DDIMScheduler", "flux_capacitor", "misspelt"),
    ],
)
def test_an_unknown_keyword_is_lost_without_a_word(into: str, name: str, says: str) -> None:
    given: dict[str, Any] = {name: True}
    result = inspector.trace(into, DDPMScheduler().config, **given)
    found = row(result, name)
    assert found["fate"] == "unused" and found["lost"] and found["survives"] is False and "result" not in found
    message = said(result, "IPT702")
    assert "has no effect" in message and "without a word" in message and says in message
    assert result.data["answer"]["severity"] == "warning"


def test_a_keyword_that_only_stays_as_a_hidden_key() -> None:
    config = {"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": True}
    result = inspector.trace(DDIMScheduler, config, use_karras_sigmas=False)
    found = row(result, "use_karras_sigmas")
    assert (found["fate"], found["returned"], found["result"]) == ("hidden", ["unused", "hidden"], True)
    assert "the config's own value stays as a hidden key" in said(result, "IPT702")


class Handing(SchedulerMixin, ConfigMixin):
    """A class that takes a keyword outside its config, as Cosmos3's transformer takes dtype."""

    config_name = "scheduler_config.json"
    ignore_for_config = ["dtype"]

    @register_to_config
    def __init__(self, count: int = 1, dtype: Any = None) -> None:
        self.held = dtype


def test_a_keyword_that_is_handed_on_is_not_lost() -> None:
    result = inspector.trace(Handing, {"count": 2}, dtype="float16")
    found = row(result, "dtype")
    assert found["fate"] == "unused" and not found["lost"] and "hands it to __init__" in found["reason"]
    assert not result.findings and Handing.from_config({"count": 2}, dtype="float16").held == "float16"


@pytest.mark.parametrize(
    ("name", "version", "kind", "says"),
    [
        ("frobnicate", "9.9.9", "newer", "diffusers 9.9.9 wrote the config: a key of a newer library"),
        ("use_karras_sigmas", "9.9.9", "compatible", "it belongs to EulerDiscreteScheduler"),
        ("frobnicate", "0.6.0", "removed", "diffusers 0.6.0 wrote the config: a key that was removed since"),
        ("set_alpha_to_on", "0.6.0", "typo", "did you mean set_alpha_to_one?"),
        ("use_karras_sigma", "0.6.0", "typo", "did you mean use_karras_sigmas?"),
        ("requires_safety_checker", "0.6.0", "pipeline", "a setting of the pipeline (StableDiffusionPipeline"),
        ("scaling_factor", "0.6.0", "model", "a setting of models (AutoencoderKL"),
    ],
)
def test_whose_an_unexpected_key_is(name: str, version: str, kind: str, says: str) -> None:
    result = inspector.trace(
        DDIMScheduler, {**SD15, "_class_name": "DDIMScheduler", "_diffusers_version": version, name: 1}
    )
    found = row(result, name)
    assert found["fate"] == "hidden" and found["result"] == 1 and found["survives"]
    assert found["cause"]["kind"] == kind and says in found["reason"] and says in flat(result)
    assert bool(said(result, "IPC104")) == (kind != "compatible")
    assert (name in " ".join(result.data["said"])) == (kind != "compatible")


def test_a_model_key_of_a_newer_library() -> None:
    result = inspector.trace(
        "UNet2DModel", {"_class_name": "UNet2DModel", "_diffusers_version": "9.9.9", "zero_x": True}
    )
    assert row(result, "zero_x")["cause"]["kind"] == "newer" and "9.9.9" in said(result, "IPC104")


def test_an_init_that_makes_another_value_of_it() -> None:
    result = inspector.trace(DPMSolverMultistepScheduler, DDIMScheduler(), solver_type="bh2")
    found = row(result, "solver_type")
    assert (found["fate"], found["given"], found["result"]) == ("used", "bh2", "midpoint")
    assert "becomes 'midpoint'" in said(result, "IPT706") and found["rewritten"]["line"]


def test_what_survives_a_save_is_what_is_saved(tmp_path: Path) -> None:
    result = inspector.trace(EulerDiscreteScheduler, SD15, use_karras_sigmas=True, typo=1)
    EulerDiscreteScheduler.from_config(SD15, use_karras_sigmas=True, typo=1).save_pretrained(tmp_path)
    kept = json.loads((tmp_path / "scheduler_config.json").read_text())
    assert {r["name"]: r["survives"] for r in result.data["keys"]} == {
        r["name"]: r["name"] in kept for r in result.data["keys"]
    }


def test_one_keys_story() -> None:
    result = inspector.trace(EulerDiscreteScheduler, SD15, key="timestep_spacing")
    assert [r["name"] for r in result.data["keys"]] == ["timestep_spacing"]
    text = flat(result)
    assert "PNDMScheduler → EulerDiscreteScheduler: timestep_spacing default" in text and "ends as 'linspace'" in text


def test_markdown_tells_the_whole_story() -> None:
    text = inspector.trace(EulerDiscreteScheduler, PNDMScheduler.from_config(SD15), typo=1).text("markdown")
    for words in ("you passed 11 settings", "IPT702", "11.0283", "write", "dropped (2)", "unused keywords", "used (6)"):
        assert words in text, words


def test_a_class_that_is_no_kin_is_explained() -> None:
    result = inspector.trace("UNet2DConditionModel", PNDMScheduler.from_config(SD15))
    assert result.data["compatible"] is False and not result.data["raised"]
    assert "does not count PNDMScheduler as compatible with UNet2DConditionModel" in flat(result)


@pytest.mark.parametrize(
    ("into", "says", "hint"),
    [
        ("EulerDiscreteSchedular", "no such class in diffusers", "did you mean EulerDiscreteScheduler"),
        ("CLIPTextModel", "CLIPTextModel is a class of transformers", "schedulers, models and pipelines"),
        ("SchedulerMixin", "SchedulerMixin is not made by from_config", "schedulers, models and pipelines"),
        ("AutoPipelineForText2Image", "only chooses a pipeline class", "the class that it chooses"),
    ],
)
def test_classes_that_cannot_be_made(into: str, says: str, hint: str) -> None:
    with pytest.raises(InspectError) as caught:
        inspector.trace(into, SD15)
    assert says in caught.value.message and hint in caught.value.hint and caught.value.exit_code == 2


def test_a_class_that_is_not_installed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import diffusers
    from diffusers.utils import dummy_torch_and_torchsde_objects as dummies

    monkeypatch.setattr(diffusers, "DPMSolverSDEScheduler", dummies.DPMSolverSDEScheduler)
    with pytest.raises(InspectError, match="DPMSolverSDEScheduler cannot be made here: it needs torch and torchsde"):
        inspector.trace("DPMSolverSDEScheduler", SD15)


def test_from_config_that_raises() -> None:
    result = inspector.trace("EDMEulerScheduler", {"sigma_max": None})
    assert result.data["raised"].startswith("TypeError") and result.data["answer"]["severity"] == "error"
    with pytest.raises(TypeError):
        __import__("diffusers").EDMEulerScheduler.from_config({"sigma_max": None})


def test_unknown_keys_and_components() -> None:
    with pytest.raises(InspectError, match="no such key") as caught:
        inspector.trace("DDIMScheduler", {}, key="beta_edn")
    assert "beta_end" in caught.value.hint
    with pytest.raises(InspectError, match="no component unet"):
        inspector.trace("DDIMScheduler", DEISMultistepScheduler(), component="unet")


def test_keywords_as_typed() -> None:
    assert parsed(["a=True", "b=sde-dpmsolver++", "c=1e-3", "d=[1, 2]", "e='true'", "f = 1"]) == {
        "a": True, "b": "sde-dpmsolver++", "c": 0.001, "d": [1, 2], "e": "true", "f": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["a"], "want NAME=VALUE"), (["=1"], "want NAME=VALUE"), (["a b=1"], "want NAME=VALUE"),
        (["a=true"], "did you mean a=True?"), (["a=null"], "did you mean a=None?"), (["a=[1"], "no Python literal"),
        (["a="], "no Python literal"), (["a=1", "a=2"], "given twice"),
    ],
)  # fmt: skip
def test_keywords_that_are_refused(typed: list[str], says: str) -> None:
    with pytest.raises(InspectError) as caught:
        parsed(typed)
    assert caught.value.exit_code == 2 and says in f"{caught.value.message} {caught.value.hint}"
