"""Building from the JSON alone, in this process: equal to the library's own loading, and honest where it is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from inspector import alone, demo, live
from inspector.build import build_folder
from inspector.built import Built, Parts
from inspector.lookup import Options
from inspector.model import InspectError
from inspector.observe import capture
from inspector.reading import Limits
from inspector.standins import MARK, stand_in
from tests.folders import copy, edit


def build(folder: Path, tmp_path: Path, **options: Any) -> Built:
    private = tmp_path / "private"
    shutil.rmtree(private, ignore_errors=True)
    private.mkdir(parents=True)
    return build_folder(folder, Limits(), private, Options(**options))


def theirs(folder: Path) -> Any:
    from diffusers import DiffusionPipeline

    return DiffusionPipeline.from_pretrained(str(folder), local_files_only=True)


@pytest.mark.parametrize("name", ["sd15", "sdxl", "sd3", "kandinsky22", "amused"])
def test_every_setting_is_as_from_pretrained_leaves_it(name: str, tmp_path: Path) -> None:
    folder = demo.path(name)
    built = build(folder, tmp_path)
    assert not built.problems and not built.skipped
    mine = capture(built.obj, disk=built.disk, fresh=True)
    other = capture(theirs(folder), disk=built.disk, fresh=True)
    assert [c.path for c in mine.components] == [c.path for c in other.components]
    for ours, loaded in zip(mine.components, other.components, strict=True):
        assert ours.cls == loaded.cls
        assert ours.settings == loaded.settings
        assert ours.state.get("parameters") == loaded.state.get("parameters")
        assert ours.state.get("dtype") == loaded.state.get("dtype")
        assert ours.state.get("training") == loaded.state.get("training")


def test_weights_are_left_on_the_meta_device_and_schedulers_are_real(tmp_path: Path) -> None:
    pipe = build(demo.path("sd15"), tmp_path).obj
    assert {p.device.type for m in (pipe.unet, pipe.vae, pipe.text_encoder) for p in m.parameters()} == {"meta"}
    assert float(pipe.scheduler.alphas_cumprod[0]) < 1
    assert pipe.tokenizer("a photo of a cat").input_ids
    assert pipe.config._name_or_path == str(demo.path("sd15"))


def test_weights_option_loads_them(tmp_path: Path) -> None:
    import torch

    built = build(demo.path("sd15"), tmp_path, weights=True, torch_dtype="float16")
    assert not built.skipped
    assert {p.device.type for p in built.obj.unet.parameters()} == {"cpu"}
    assert built.obj.unet.dtype == torch.float16 == built.obj.text_encoder.dtype


def test_without_its_weights_file_the_rest_is_still_built(tmp_path: Path) -> None:
    folder = copy("ddpm", tmp_path)
    built = build(folder, tmp_path, weights=True)
    assert [(s.where, s.failed) for s in built.skipped] == [("unet", True)]
    assert type(built.obj).__name__ == "DDPMPipeline"


@pytest.mark.parametrize("name", ["unclip", "wuerstchen-decoder"])
def test_ipp207_is_what_the_library_itself_raises(name: str, tmp_path: Path) -> None:
    built = build(demo.path(name), tmp_path)
    with pytest.raises(ValueError, match="has no class"):
        theirs(demo.path(name))
    assert {p.code for p in built.problems} == {"IPP207"}
    assert all(".from_pretrained(" in p.fix for p in built.problems)
    assert not built.skipped
    assert type(built.obj).__name__.endswith("Pipeline")


def index(folder: Path, **entries: Any) -> Path:
    edit(folder / "model_index.json", lambda config: config.update(entries))
    return folder


def test_a_required_component_that_is_null_is_refused_by_the_library_and_built_here(tmp_path: Path) -> None:
    built = build(index(copy("sd15", tmp_path), scheduler=[None, None]), tmp_path)
    assert [(p.code, p.where) for p in built.problems] == [("IPP207", "pipe")]
    assert "expected" in built.problems[0].message


def test_absent_scalars_and_optional_components_take_the_defaults(tmp_path: Path) -> None:
    folder = copy("sd15", tmp_path)
    edit(
        folder / "model_index.json",
        lambda c: [c.pop(k, None) for k in ("requires_safety_checker", "safety_checker", "image_encoder")],
    )
    built = build(folder, tmp_path)
    assert not built.problems
    assert built.obj.config.requires_safety_checker is True
    assert built.obj.safety_checker is None


@pytest.mark.parametrize(
    ("entry", "code", "failed"),
    [
        (["nowhere_at_all", "AutoencoderKL"], "IPP204", False),
        (["os", "system"], "IPP204", False),
        (["diffusers", "NoSuchModelAtAll"], "IPP207", True),
        (["stable_cascade", "StableCascadeUnet"], "IPP207", True),
    ],
)
def test_an_entry_that_does_not_resolve_leaves_the_rest(
    entry: list[str], code: str, failed: bool, tmp_path: Path
) -> None:
    built = build(index(copy("sd15", tmp_path), vae=entry), tmp_path)
    assert code in {p.code for p in built.problems if p.where == "vae"}
    assert any(s.where == "vae" and s.failed == failed for s in built.skipped) or entry[0] == "stable_cascade"
    parts = built.obj.components
    assert type(parts["unet"]).__name__ == "UNet2DConditionModel"


@pytest.mark.parametrize("name", ["UNet2DConditionModel", "image_processor", "NoSuchPipeline", None])
def test_a_pipeline_class_that_is_none_leaves_the_parts(name: str | None, tmp_path: Path) -> None:
    built = build(index(copy("sd15", tmp_path), _class_name=name), tmp_path)
    assert isinstance(built.obj, Parts)
    assert [(s.where, s.failed) for s in built.skipped] == [("pipe", True)]
    assert {p.code for p in built.problems} <= {"IPP207", "IPI903"}
    assert len(built.obj.components) == 7


def test_a_class_that_only_changed_its_capitals_is_found(tmp_path: Path) -> None:
    folder = index(copy("sd15", tmp_path), unet=["diffusers", "UNet2dConditionModel"])
    built = build(folder, tmp_path)
    assert [(p.code, p.where) for p in built.problems] == [("IPP207", "unet")]
    assert type(built.obj.unet).__name__ == "UNet2DConditionModel"


def test_a_conflict_marker_is_what_the_library_says_too(tmp_path: Path) -> None:
    folder = copy("ddpm", tmp_path, weights=True)
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(f"<<<<<<< HEAD\n{file.read_text()}=======\n{{}}\n>>>>>>> 1234567\n")
    built = build(folder, tmp_path)
    assert [(p.code, p.where) for p in built.problems] == [("IPP207", "scheduler")]
    assert str(folder) in built.problems[0].message
    assert [(s.where, s.failed) for s in built.skipped] == [("scheduler", True)]
    with pytest.raises(OSError, match="not a valid JSON file"):
        theirs(folder)


def test_a_missing_component_folder_leaves_the_rest(tmp_path: Path) -> None:
    folder = copy("sd15", tmp_path)
    shutil.rmtree(folder / "vae")
    built = build(folder, tmp_path)
    assert ("vae", True) in [(s.where, s.failed) for s in built.skipped]
    assert type(built.obj.unet).__name__ == "UNet2DConditionModel"


def test_a_tokenizer_without_its_words_is_stood_in_for(tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    folder = copy("sd15", tmp_path)
    for file in ("vocab.json", "merges.txt", "tokenizer.json"):
        (folder / "tokenizer" / file).unlink(missing_ok=True)
    built = build(folder, tmp_path)
    assert [(s.where, s.failed) for s in built.skipped] == [("tokenizer", False)]
    tokenizer = built.obj.tokenizer
    assert isinstance(tokenizer, CLIPTokenizer)
    assert tokenizer.model_max_length == 77
    assert vars(tokenizer)[MARK]["cls"] == "CLIPTokenizer"
    assert built.obj.config["tokenizer"] == ("transformers", "CLIPTokenizer")


def test_stand_ins_pass_for_what_they_stand_for() -> None:
    from diffusers.pipelines.pipeline_loading_utils import _fetch_class_library_tuple
    from transformers import CLIPProcessor, CLIPTokenizer

    tokenizer = stand_in(CLIPTokenizer, "transformers", "CLIPTokenizer", "why", {"model_max_length": 12})
    assert isinstance(tokenizer, CLIPTokenizer)
    assert tokenizer.model_max_length == 12
    assert _fetch_class_library_tuple(tokenizer) == ("transformers", "CLIPTokenizer")
    processor = stand_in(CLIPProcessor, "transformers", "CLIPProcessor", "why", {"size": 3})
    assert processor.tokenizer.model_max_length > 1
    assert processor.size == 3
    unknown = stand_in(None, "far.away", "Vae", "why", {"scaling_factor": 2.0})
    assert unknown.config.scaling_factor == 2.0
    with pytest.raises(AttributeError, match="stands in"):
        _ = unknown.encode


def test_a_list_of_controlnets(tmp_path: Path) -> None:
    from diffusers import ControlNetModel, StableDiffusionControlNetPipeline

    pipe = build(demo.path("sd15"), tmp_path).obj
    small = ControlNetModel.from_unet(build(demo.path("sd15"), tmp_path, weights=True).obj.unet)
    parts = {**pipe.components, "controlnet": [small, small]}
    folder = tmp_path / "multi"
    StableDiffusionControlNetPipeline(
        **{k: v for k, v in parts.items() if k != "image_encoder"}
    ).controlnet.save_pretrained(str(folder / "controlnet"))
    shutil.copytree(demo.path("sd15"), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors"))
    index(folder, _class_name="StableDiffusionControlNetPipeline", controlnet=["diffusers", "MultiControlNetModel"])
    built = build(folder, tmp_path)
    assert not built.skipped
    seen = capture(built.obj, disk=built.disk, facts=built.facts, fresh=True)
    assert [c.path for c in seen.components if c.path.startswith("controlnet")] == ["controlnet[0]", "controlnet[1]"]
    assert all(s.disk is not None for c in seen.components if c.path == "controlnet[1]" for s in c.settings if s.item)


def test_custom_code_runs_only_when_the_user_says_so(tmp_path: Path) -> None:
    folder = demo.path("community-lpw")
    built = build(folder, tmp_path)
    assert isinstance(built.obj, Parts)
    assert [(s.where, s.failed) for s in built.skipped] == [("pipe", False)]
    assert not built.problems
    assert type(built.obj.components["unet"]).__name__ == "UNet2DConditionModel"
    trusted = build(folder, tmp_path, trust_remote_code=True)
    assert type(trusted.obj).__name__ == "LongPromptPipeline"
    assert not trusted.problems and not trusted.skipped


def test_one_component_alone(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    built = build(demo.path("sd15") / "unet", tmp_path)
    assert (built.path, type(built.obj).__name__) == ("unet", "UNet2DConditionModel")
    assert built.disk["unet"]["_class_name"] == "UNet2DConditionModel"
    file = tmp_path / "my_own_name.json"
    shutil.copy(demo.path("sd15") / "scheduler" / "scheduler_config.json", file)
    built = alone.build_file(file, Limits(), tmp_path / "private", Options())
    assert (built.path, type(built.obj).__name__) == ("scheduler", "PNDMScheduler")


def test_classes_with_their_defaults() -> None:
    assert type(live.build_class("EulerDiscreteScheduler").obj).__name__ == "EulerDiscreteScheduler"
    unet = live.build_class("diffusers.UNet2DConditionModel").obj
    assert {p.device.type for p in unet.parameters()} == {"meta"}
    with pytest.raises(InspectError, match="no such class") as error:
        live.build_class("EulerDiscreteSchedular")
    assert "EulerDiscreteScheduler" in error.value.hint
    with pytest.raises(InspectError, match="cannot be made without arguments"):
        live.build_class("StableDiffusionPipeline")
