"""The demo gallery: every demo is made, loaded as a user would load it, honest when fresh, and runs."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from inspector import demo
from inspector.demo import configs, parts
from inspector.model import InspectError

FOLDERS = [d.name for d in demo.GALLERY if not d.live]
ASKED_FOR = {
    *("sd15", "sdxl", "sd-inpaint", "sdxl-inpaint", "pixart-alpha", "pixart-sigma", "amused", "unclip", "kandinsky3"),
    *(
        "wuerstchen",
        "wuerstchen-prior",
        "wuerstchen-decoder",
        "kandinsky22",
        "kandinsky22-prior",
        "kandinsky22-decoder",
    ),
    *("t2i-adapter", "t2i-adapter-sd", "t2i-adapter-sdxl", "sd-pag", "sdxl-pag", "ddpm", "ddim", "value-guided-rl"),
    *("sd-lora", "community", "community-lpw", "community-wildcard", "sd3", "flux", "sd15-traps"),
}

#: What each demo's scheduler was made from, by the name of the component.
PUBLISHED: dict[str, dict[str, configs.Config]] = {
    **{name: {"scheduler": configs.SD15} for name in ("sd15", "sd-pag", "t2i-adapter-sd", "community-lpw")},
    **{name: {"scheduler": configs.SDXL} for name in ("sdxl", "sdxl-inpaint", "sdxl-pag", "t2i-adapter-sdxl")},
    **{name: {"scheduler": configs.PIXART} for name in ("pixart-alpha", "pixart-sigma")},
    "sd-inpaint": {"scheduler": configs.SD_INPAINT},
    "kandinsky22": {"scheduler": configs.KANDINSKY22, "prior_scheduler": configs.KANDINSKY22_PRIOR},
    "kandinsky3": {"scheduler": configs.KANDINSKY3},
    "sd3": {"scheduler": configs.SD3},
    "flux": {"scheduler": configs.FLUX},
    "ddpm": {"scheduler": configs.DDPM},
    "ddim": {"scheduler": configs.DDIM},
}

Make = Callable[[str], Path]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The folder of a demo, made in this process and once."""
    # Tiny tensors and several test processes: more threads than cores only wait for each other.
    importlib.import_module("torch").set_num_threads(1)
    folder = tmp_path_factory.mktemp("demos")

    def make(name: str) -> Path:
        if not (folder / name).is_dir():
            demo.build(name, folder / name)
        return folder / name

    return make


def load(folder: Path, **options: Any) -> Any:
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True, **options)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def unresolved(folder: Path) -> list[str]:
    """The classes of an index that the installed library does not find where it says."""
    diffusers = importlib.import_module("diffusers")
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    entries = [v for k, v in index.items() if isinstance(v, list) and not k.startswith("_")]
    return [cls for library, cls in entries if library == "diffusers" and not hasattr(diffusers, cls)]


def test_every_name_that_was_asked_for_is_there() -> None:
    assert {*demo.NAMES, *demo.ALIASES} >= ASKED_FOR
    assert all(demo.find(alias) for alias in demo.ALIASES)
    assert sorted(demo.LIVE) == ["sd-lora", "sd15-traps", "value-guided-rl"]


def test_names_and_refusals_need_no_torch() -> None:
    code = (
        "import sys, inspector.demo, inspector.demo.traps\n"
        "assert inspector.demo.NAMES and inspector.demo.traps.TRAPS\n"
        "assert not {'torch', 'diffusers', 'transformers', 'numpy'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("name", "near"), [("sd51", "demo:sd15"), ("SDXL", "demo:sdxl"), ("sd-loar", "demo:sd-lora")])
def test_an_unknown_name_is_told_its_neighbours(name: str, near: str) -> None:
    with pytest.raises(InspectError) as caught:
        demo.path(name)
    assert near in caught.value.hint


@pytest.mark.parametrize(
    ("name", "homes", "says"),
    [
        ("NoSuchPipeline", (), "the installed diffusers has no NoSuchPipeline"),
        ("UnCLIPTextProjModel", ("diffusers.pipelines.gone",), "the installed diffusers has no UnCLIPTextProjModel"),
        ("LoraConfig", ("no_such_library",), "LoraConfig needs no_such_library, which is not installed"),
    ],
)
def test_a_class_that_is_gone_is_named(name: str, homes: tuple[str, ...], says: str) -> None:
    with pytest.raises(InspectError, match=says):
        parts.cls(name, *homes)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_small_and_has_safetensors_only(made: Make, name: str) -> None:
    files = [file for file in made(name).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 3 << 20
    assert {file.suffix for file in files} <= {".json", ".safetensors", ".py"}
    assert any(file.name == "model_index.json" for file in files)


def test_the_same_folder_every_time(made: Make, tmp_path: Path) -> None:
    demo.build("sd15", tmp_path / "again")
    for file in made("sd15").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (tmp_path / "again" / file.relative_to(made("sd15"))).read_bytes(), file


@pytest.mark.parametrize("name", FOLDERS)
def test_a_fresh_demo_is_honest(made: Make, name: str) -> None:
    """Loaded as its user would: nothing is said in two ways, and nothing was left to a default."""
    folder = made(name)
    if gone := unresolved(folder):
        with pytest.raises(ValueError, match=f"has no class `({'|'.join(gone)})`"):
            load(folder)
        return
    pipe = load(folder, trust_remote_code=name.startswith("community"))
    for path, part in {"pipe": pipe, **pipe.components}.items():
        config = getattr(part, "_internal_dict", {})
        for key, value in config.items():
            assert getattr(config, key) == value, f"{path}.{key}"
        assert path == "pipe" or not config.get("_use_default_values"), path
    for path, published in PUBLISHED.get(name, {}).items():
        config = getattr(pipe, path).config
        for key, value in published.items():
            assert key == "_class_name" or config[key] == value, f"{path}.{key}"


def image() -> Any:
    return importlib.import_module("PIL.Image").new("RGB", (64, 64), (90, 120, 30))


#: How each demo is called; what is not named here takes a prompt and a size.
CALLS: dict[str, Callable[[], dict[str, Any]]] = {
    **dict.fromkeys(("ddpm", "ddim"), lambda: {"prompt": None, "height": None, "width": None}),
    **dict.fromkeys(("pixart-alpha", "pixart-sigma"), lambda: {"use_resolution_binning": False}),
    **dict.fromkeys(("sd-inpaint", "sdxl-inpaint"), lambda: {"image": image(), "mask_image": image(), "strength": 1.0}),
    **dict.fromkeys(("t2i-adapter-sd", "t2i-adapter-sdxl"), lambda: {"image": image()}),
    "kandinsky22-prior": lambda: {"height": None, "width": None},
    "kandinsky22-decoder": lambda: {
        "prompt": None,
        "image_embeds": zeros(1, 16),
        "negative_image_embeds": zeros(1, 16),
    },
    "kandinsky22": lambda: {"prior_num_inference_steps": 2},
    "wuerstchen": lambda: {"prior_num_inference_steps": 2, "height": 128, "width": 128},
    "wuerstchen-prior": lambda: {"height": 128, "width": 128},
    "wuerstchen-decoder": lambda: {"image_embeddings": zeros(1, 16, 3, 3), "height": None, "width": None},
    "unclip": lambda: {
        "height": None,
        "width": None,
        "num_inference_steps": None,
        "prior_num_inference_steps": 2,
        "decoder_num_inference_steps": 2,
        "super_res_num_inference_steps": 2,
    },
    "community-lpw": lambda: {"prompt": "a (photo:1.3) of a cat " * 40},
    "community-wildcard": lambda: {"prompt": "a __medium__ of a __animal__", "seed": 0},
}


def zeros(*shape: int) -> Any:
    return importlib.import_module("torch").zeros(*shape)


def call(pipe: Any, name: str) -> Any:
    """The first output of two steps, as an array."""
    torch, numpy = importlib.import_module("torch"), importlib.import_module("numpy")
    options = {"prompt": "a photo of a cat", "height": 64, "width": 64, "num_inference_steps": 2}
    options |= {"generator": torch.Generator().manual_seed(0), "output_type": "np"}
    options |= CALLS.get(name, dict)()
    pipe.set_progress_bar_config(disable=True)
    return numpy.asarray(pipe(**{k: v for k, v in options.items() if v is not None})[0])


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_demo_runs(made: Make, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if unresolved(made(name)):
        # The library cannot load it again, but the pipeline its recipe made is whole.
        kept: list[Any] = []
        monkeypatch.setattr("diffusers.DiffusionPipeline.save_pretrained", lambda pipe, _folder: kept.append(pipe))
        demo.build(name, tmp_path)
        [pipe] = kept
    else:
        pipe = load(made(name), trust_remote_code=name.startswith("community"))
    result = call(pipe, name)
    assert result.size
    assert abs(result).max() < float("inf")


@pytest.fixture
def live(made: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    monkeypatch.setattr(demo, "path", lambda name: made(demo.find(name).home))
    yield demo.live


def test_the_traps_are_what_they_say(live: Callable[[str], Any], made: Make) -> None:
    from inspector.demo.traps import TRAPS, mistakes

    assert "pipe.requires_safety_checker = False" in TRAPS
    assert TRAPS[0].startswith("from diffusers import")
    pipe = live("sd15-traps")
    config = pipe.scheduler.config
    assert type(pipe.scheduler).__name__ == "DPMSolverMultistepScheduler"
    assert (config["use_karras_sigmas"], config.use_karras_sigmas) == (False, True)
    assert (config["algorithm_type"], config.algorithm_type) == ("sde-dpmsolver++", "dpmsolver++")
    assert "algorithm_type" in config["_use_default_values"]
    assert pipe.config.requires_safety_checker is True
    assert vars(pipe)["requires_safety_checker"] is False
    assert pipe.safety_checker is not None
    # What is shown is what runs: the shown lines do the same to a fresh pipeline.
    shown, ran = load(made("sd15")), load(made("sd15"))
    exec("\n".join(TRAPS), {"pipe": shown})
    mistakes(ran)
    assert vars(shown.scheduler.config) == vars(ran.scheduler.config)
    assert call(pipe, "sd15").size


def test_the_lora_is_loaded_and_acts(live: Callable[[str], Any], made: Make) -> None:
    pipe = live("sd-lora")
    assert pipe.get_list_adapters() == {"unet": ["dreambooth"], "text_encoder": ["dreambooth"]}
    assert pipe.unet.peft_config["dreambooth"].r == 4
    with_lora = call(pipe, "sd15")
    pipe.disable_lora()
    assert abs(call(pipe, "sd15") - with_lora).max() > 0


def test_the_environment_is_acted_in(live: Callable[[str], Any]) -> None:
    pipe = live("value-guided-rl")
    action = pipe(pipe.env.reset(), batch_size=2)
    assert action.shape == pipe.env.action_space.shape


def test_a_live_demo_is_made_by_the_loader_it_is_given(live: Callable[..., Any], made: Make) -> None:
    asked: list[Path] = []

    def loader(folder: Path) -> Any:
        asked.append(folder)
        return load(folder)

    assert live("sd15-traps", loader)
    assert asked == [made("sd15")]
    with pytest.raises(InspectError, match="demo:sd15 is a folder"):
        live("sd15")


def test_community_code_runs_only_when_trusted(made: Make) -> None:
    folder = made("community-lpw")
    with pytest.raises(ValueError, match="trust_remote_code"):
        load(folder)
    pipe = load(folder, trust_remote_code=True)
    ids, weights = pipe.windows("a (red:1.5) cat")[0]
    assert len(ids) == len(weights)
    assert {*weights} == {1.0, 1.5}
    assert len(pipe.windows("a cat " * 100)) > 1
    wild = load(made("community-wildcard"), trust_remote_code=True)
    assert wild.fill("a __animal__", seed=1) in {"a cat", "a dog", "a fox"}
    with pytest.raises(ValueError, match="no words for __thing__"):
        wild.fill("a __thing__")


@pytest.mark.usefixtures("forked")
def test_paths_are_built_once_by_whoever_is_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(demo.path, ["ddpm", "ddpm"])
    assert first == second
    assert [file.name for file in first.parent.iterdir()] == ["ddpm"], "what was built aside is gone"
    monkeypatch.setattr(demo, "subprocess", None)
    assert demo.path("ddpm") == first, "the second use builds nothing"


def test_the_building_process_says_what_went_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path))
    with pytest.raises(InspectError, match="there is no demo named 'sd51'") as caught:
        demo.build_process("sd51")
    assert "demo:sd15" in caught.value.hint
    (tmp_path / "demo").write_text("a file where the folder belongs", encoding="utf-8")
    with pytest.raises(InspectError, match="ended with status 1"):
        demo.build_process("ddpm")
