"""The table of the installed libraries' classes: made from source alone, and the same that importing them shows."""

from __future__ import annotations

import inspect
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inspector import classes, classtable, signatures
from inspector.model import Value


@pytest.mark.parametrize(
    ("library", "name", "kind", "module"),
    [
        (
            "diffusers",
            "StableDiffusionXLPipeline",
            "pipeline",
            "diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl",
        ),
        ("diffusers", "EulerDiscreteScheduler", "scheduler", "diffusers.schedulers.scheduling_euler_discrete"),
        ("diffusers", "UNet2DConditionModel", "model", "diffusers.models.unets.unet_2d_condition"),
        ("diffusers", "AutoencoderKL", "model", "diffusers.models.autoencoders.autoencoder_kl"),
        ("diffusers", "MultiControlNetModel", "model", "diffusers.models.controlnets.multicontrolnet"),
        (
            "stable_diffusion",
            "StableDiffusionSafetyChecker",
            "transformers",
            "diffusers.pipelines.stable_diffusion.safety_checker",
        ),
        ("transformers", "CLIPTextModel", "transformers", "transformers.models.clip.modeling_clip"),
        ("transformers", "CLIPTokenizer", "tokenizer", "transformers.models.clip.tokenization_clip"),
        ("transformers", "CLIPImageProcessor", "processor", "transformers.models.clip.image_processing_clip"),
        ("transformers", "CLIPTextConfig", "other", "transformers.models.clip.configuration_clip"),
    ],
)
def test_well_known_classes(library: str, name: str, kind: str, module: str) -> None:
    info = classes.find(library, name)
    assert info is not None
    assert (info.name, info.kind, info.module) == (name, kind, module)
    assert not info.deprecated_home


def test_classes_that_the_library_no_longer_finds() -> None:
    """Design, fact 16: the folder of a pipeline is named, and the class lies in ``deprecated``."""
    info = classes.find("wuerstchen", "PaellaVQModel")
    assert info is not None and info.kind == "model" and info.deprecated_home
    assert classes.is_pipeline_folder("wuerstchen")


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("CLIPFeatureExtractor", "CLIPImageProcessor"),
        ("T5TokenizerFast", "T5Tokenizer"),
        ("CLIPTokenizerFast", "CLIPTokenizer"),
    ],
)
def test_names_that_transformers_answers_with_another_class(old: str, today: str) -> None:
    info = classes.find("transformers", old)
    assert info is not None and info.name in (old, today)


@pytest.mark.parametrize(
    ("library", "name"),
    [
        ("os", "system"),
        ("numpy", "ndarray"),
        ("diffusers", "NoSuchClass"),
        ("no_such_folder", "AutoencoderKL"),
        ("", ""),
        ("diffusers", "../../etc"),
        ("../diffusers", "AutoencoderKL"),
        ("torch", "Tensor"),
        ("diffusers.models", "AutoencoderKL"),
    ],
)
def test_what_is_in_no_table(library: str, name: str) -> None:
    assert classes.find(library, name) is None


def test_did_you_mean() -> None:
    assert classes.near("UNet2DConditionModell")[0] == "UNet2DConditionModel"
    assert classes.near("eulerdiscretescheduler", "diffusers")[0] == "EulerDiscreteScheduler"
    assert classes.near("CLIPTextModell", "transformers")[0] == "CLIPTextModel"
    assert classes.near("xyzzy") == []
    assert classes.near("x" * 100_000) == []


def live(info: classes.ClassInfo) -> dict[str, Any]:
    """The parameters of a class as Python sees them."""
    import importlib

    cls = getattr(importlib.import_module(info.module), info.name)
    found = inspect.signature(cls.__init__).parameters.values()
    return {p.name: p.default for p in list(found)[1:] if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}


def test_every_scheduler_as_python_sees_it() -> None:
    found = classes.schedulers()
    assert len(found) > 40
    assert {"EulerDiscreteScheduler", "DDIMScheduler", "FlowMatchEulerDiscreteScheduler"} <= {i.name for i in found}
    for info in found:
        same_as_live(info)


@pytest.mark.parametrize(
    "name",
    [
        "UNet2DConditionModel",
        "AutoencoderKL",
        "StableDiffusionXLPipeline",
        "SD3Transformer2DModel",
        "FluxPipeline",
        "ControlNetModel",
        "PixArtSigmaPipeline",
        "AutoencoderTiny",
        "T2IAdapter",
        "StableDiffusionXLPAGPipeline",
    ],
)
def test_models_and_pipelines_as_python_sees_them(name: str) -> None:
    info = classes.find("diffusers", name)
    assert info is not None
    same_as_live(info)


def same_as_live(info: classes.ClassInfo) -> None:
    try:
        wanted = live(info)
    except (ImportError, RuntimeError):  # a requirement of this one class is not installed
        return
    if not wanted:  # a placeholder for the same reason (design, fact 10)
        return
    assert list(info.parameters) == list(wanted), info.name
    for name, default in wanted.items():
        said = info.parameters[name]
        if default is inspect.Parameter.empty:
            assert said == "required", (info.name, name)
            continue
        assert isinstance(said, Value), (info.name, name)
        if said.type != "expression":
            assert said.type == type(default).__name__, (info.name, name)
            plain = str(default) if default in (math.inf, -math.inf) else json.loads(json.dumps(default))
            assert said.data == plain, (info.name, name)


def test_what_follows_from_the_class() -> None:
    pipe = classes.find("diffusers", "StableDiffusionPipeline")
    assert pipe is not None
    assert set(pipe.optional) == {"safety_checker", "feature_extractor", "image_encoder"}
    assert pipe.annotations["vae"] == "AutoencoderKL"
    text = classes.find("transformers", "CLIPTextModel")
    assert text is not None and text.config_class == "CLIPTextConfig"
    assert isinstance(text.parameters["hidden_size"], Value)


def test_who_takes_a_key() -> None:
    found = classes.owners(["use_karras_sigmas", "no_such_key"])
    assert set(found) == {"use_karras_sigmas"}
    assert found["use_karras_sigmas"]["EulerDiscreteScheduler"] is False
    names = list(classes.owners(["clip_sample"])["clip_sample"])
    assert names.index("DDIMScheduler") < names.index("CogVideoXDDIMScheduler")


def test_nothing_is_imported() -> None:
    script = (
        "import sys; from inspector import classes;"
        "i = classes.find('diffusers', 'StableDiffusionXLPipeline'); i.parameters; i.optional;"
        "classes.find('transformers', 'CLIPTextModel').parameters; classes.near('x'); classes.schedulers();"
        "print([m for m in ('torch', 'diffusers', 'transformers', 'numpy', 'pydantic', 'rich') if m in sys.modules])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_a_cache_that_is_torn_or_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = "diffusers/schedulers/scheduling_ddim.py"
    wanted = signatures.module(file)["DDIMScheduler"]
    (tmp_path / "file").write_text("")
    for cache in (tmp_path / "cache", tmp_path / "file" / "cache"):
        monkeypatch.setenv("INSPECT_PIPE_CACHE", str(cache))
        signatures.module.cache_clear()
        assert signatures.module(file)["DDIMScheduler"] == wanted
    for kept in (tmp_path / "cache").rglob("*.json"):
        kept.write_text('{"torn')
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path / "cache"))
    signatures.module.cache_clear()
    assert signatures.module(file)["DDIMScheduler"] == wanted
    assert not [
        p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".json"
    ]  # nothing half written


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path))
    assert classes.cache_dir() == tmp_path
    monkeypatch.delenv("INSPECT_PIPE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert classes.cache_dir() == Path("/xdg/inspect-pipe")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert classes.cache_dir() == Path.home() / ".cache/inspect-pipe"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert classes.cache_dir() == Path.home() / "Library/Caches/inspect-pipe"


def test_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert classes.home("no_such_package") is None
    assert classes.home("os.path") is None
    assert classes.version("no_such_package") is None
    assert classtable.home("diffusers") is not None
