"""Folders as ``save_pretrained`` writes them for pipelines with an oddity: each is built, and told as it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from inspector import classes
from inspector.build import build_folder
from inspector.built import Built, Parts
from inspector.lookup import Options
from inspector.reading import Limits
from tests import gallery
from tests.folders import edit

diffusers = pytest.importorskip("diffusers")


def folder(name: str, root: Path) -> Path:
    cls = gallery.pipeline_classes().get(name)
    if cls is None:
        pytest.skip(f"the installed diffusers has no {name}")
    gallery.write(cls, root / name)
    return root / name


def change(path: Path, **changes: Any) -> None:
    edit(path, lambda config: config.update(changes))


def build(root: Path, tmp_path: Path) -> Built:
    private = tmp_path / "private"
    private.mkdir()
    return build_folder(root, Limits(), private, Options())


def test_a_scheduler_that_is_saved_under_deprecated(tmp_path: Path) -> None:
    root = folder("KarrasVePipeline", tmp_path)
    change(root / "model_index.json", scheduler=["deprecated", "KarrasVeScheduler"])
    built = build(root, tmp_path)
    assert [(p.code, p.where) for p in built.problems] == [("IPP207", "scheduler")]
    assert type(built.obj.scheduler).__name__ == "KarrasVeScheduler"


def test_a_transformers_class_under_the_name_of_a_pipelines_folder() -> None:
    transformers = pytest.importorskip("transformers")
    if not hasattr(transformers, "GlmImageForConditionalGeneration"):
        pytest.skip("the installed transformers has no GlmImageForConditionalGeneration")
    info = classes.find("glm_image", "GlmImageForConditionalGeneration")
    assert info is not None
    assert (info.library, info.kind) == ("transformers", "transformers")
    assert classes.find("stable_diffusion", "GlmImageForConditionalGeneration") is None


def test_an_optional_part_that_cannot_be_made_is_stood_in_for(tmp_path: Path) -> None:
    root = folder("CosmosTextToWorldPipeline", tmp_path)
    change(root / "model_index.json", safety_checker=["cosmos", "NoSuchChecker"])
    (root / "safety_checker").mkdir(exist_ok=True)
    built = build(root, tmp_path)
    assert not isinstance(built.obj, Parts), built.skipped
    assert "safety_checker" in {s.where for s in built.skipped}


def test_a_component_with_a_default_value_is_not_taken_for_a_list_of_words(tmp_path: Path) -> None:
    """The library saves no folder for LLaDA2's tokenizer, and hands ``["transformers", …]`` to the class."""
    root = folder("LLaDA2Pipeline", tmp_path)
    change(root / "model_index.json", tokenizer=["transformers", "Qwen2Tokenizer"])
    shutil.rmtree(root / "tokenizer", ignore_errors=True)
    built = build(root, tmp_path)
    assert ("IPP207", "pipe") in {(p.code, p.where) for p in built.problems}
    assert type(built.obj).__name__ == "LLaDA2Pipeline"
    assert built.obj.tokenizer is None


def test_the_kolors_text_encoder_takes_no_memory(tmp_path: Path) -> None:
    root = folder("KolorsPipeline", tmp_path)
    change(root / "text_encoder" / "config.json", original_rope=True)
    encoder = build(root, tmp_path).obj.text_encoder
    assert {p.device.type for p in encoder.parameters()} == {"meta"}


def test_running_out_of_memory_is_not_laid_to_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector import makers

    def exhausted(*given: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(makers, "model", exhausted)
    built = build(folder("DDPMPipeline", tmp_path), tmp_path)
    assert not [p for p in built.problems if p.code == "IPP207"]
    assert [(s.where, s.failed) for s in built.skipped][:1] == [("unet", True)]


@pytest.mark.parametrize("name", ["HiDreamImagePipeline", "QwenImage21Pipeline"])
def test_constructors_that_use_their_tokenizer_take_a_stand_in(name: str, tmp_path: Path) -> None:
    root = folder(name, tmp_path)
    for file in root.glob("*/tokenizer_config.json"):
        shutil.rmtree(file.parent)
    built = build(root, tmp_path)
    assert not isinstance(built.obj, Parts), built.skipped
