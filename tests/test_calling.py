"""``call``: the parameters of ``__call__``, from source alone."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inspector import demo
from inspector.calling.docstrings import documented
from inspector.calling.report import call_of
from inspector.model import InspectError
from inspector.render import FOR_CI, FORMATS, Look, render

NAMED = [
    "StableDiffusionPipeline", "StableDiffusionXLPipeline", "PixArtAlphaPipeline",
    "PixArtSigmaPipeline", "WuerstchenDecoderPipeline", "AmusedPipeline",
    "UnCLIPPipeline", "KandinskyV22CombinedPipeline", "Kandinsky3Pipeline",
    "StableDiffusionAdapterPipeline", "FluxPipeline", "StableDiffusionPAGPipeline",
    "StableDiffusionXLInpaintPipeline", "DDPMPipeline", "DDIMPipeline",
    "LTXPipeline", "MarigoldDepthPipeline", "StableVideoDiffusionPipeline",
    "StableDiffusionControlNetPipeline", "StableDiffusion3Pipeline",
]  # fmt: skip
"""A pipeline of each system that the project covers, and of each way in which the library writes a signature."""


@pytest.mark.parametrize("name", NAMED)
def test_the_parameters_are_those_of_the_class(name: str) -> None:
    import diffusers

    cls = getattr(diffusers, name)
    (one,) = call_of([name]).data["pipelines"]
    taken = inspect.signature(cls.__call__).parameters
    assert [p["name"].lstrip("*") for p in one["parameters"]] == list(taken)[1:]
    for row in one["parameters"]:
        default = taken[row["name"].lstrip("*")].default
        assert (
            row["default"] in ("required", "") if default is inspect.Parameter.empty else row["default"] != "required"
        )
        if isinstance(default, int | float | str | None):
            assert row["default"] == repr(default)
    assert one["callback_tensors"] == list(getattr(cls, "_callback_tensor_inputs", []))


def test_type_default_and_description() -> None:
    rows = {p["name"]: p for p in call_of(["StableDiffusionPipeline"]).data["pipelines"][0]["parameters"]}
    steps, adapter = rows["num_inference_steps"], rows["ip_adapter_image"]
    assert (steps["type"], steps["default"], steps["used"]) == ("int", "50", True) and "denoising" in steps["doc"]
    assert adapter["doc"].startswith("Optional image input")  # the library writes its type behind the colon
    assert rows["**kwargs"]["takes"] == ["callback", "callback_steps"]
    assert "](http" not in "".join(p["doc"] for p in rows.values())


@pytest.mark.parametrize(
    ("name", "parameter", "used", "only_checked"),
    [
        ("PaintByExamplePipeline", "negative_prompt", False, False),
        ("PixArtSigmaPipeline", "**kwargs", False, False),
        ("KolorsPipeline", "max_sequence_length", True, True),
        ("StableDiffusionPipeline", "num_inference_steps", True, False),
        ("StableDiffusionPipeline", "callback_on_step_end_tensor_inputs", True, False),
    ],
)
def test_what_the_body_uses(name: str, parameter: str, used: bool, only_checked: bool) -> None:
    report = call_of([name])
    (row,) = [p for p in report.data["pipelines"][0]["parameters"] if p["name"] == parameter]
    assert (row["used"], row["only_checked"]) == (used, only_checked)
    shown = render(report)
    assert ("never used by the body" in shown) == any(not p["used"] for p in report.data["pipelines"][0]["parameters"])
    assert ("only checked, then never used" in shown) == only_checked


def test_side_by_side() -> None:
    report = call_of(["StableDiffusionPipeline", "StableDiffusionXLPipeline", "PixArtSigmaPipeline"])
    having = [
        [p["class"] for p in report.data["pipelines"] if any(q["name"] == n for q in p["parameters"])]
        for n in ("use_resolution_binning", "prompt_2")
    ]
    assert having == [["PixArtSigmaPipeline"], ["StableDiffusionXLPipeline"]]
    assert "guidance_scale" in report.data["differing"] and "height" not in report.data["differing"]


@pytest.mark.parametrize("form", FORMATS)
def test_side_by_side_in_every_format(form: str) -> None:
    """What differs is there in full, and two classes are never cut down to the same name."""
    report = call_of(["StableDiffusionPipeline", "StableDiffusionXLPipeline", "PixArtSigmaPipeline"])
    shown = render(report, form, Look(width=60))
    if form not in {"jsonl", *FOR_CI}:  # which have findings, a head and a summary
        assert "use_resolution_binning" in shown and "StableDiffusionXLPipeline" in shown
    assert "StableDiffu…" not in shown


def test_two_that_are_the_same() -> None:
    report = call_of(["demo:sd15", "StableDiffusionPipeline"])
    assert report.data["differing"] == [] and "the same in all" in report.data["answer"]["line"]


def test_a_source_is_its_class(tmp_path: Path) -> None:
    assert call_of(["demo:sd15"]).data["pipelines"][0]["class"] == "StableDiffusionPipeline"
    saved = tmp_path / "report.json"
    components = [{"path": "unet", "class": "UNet2DConditionModel"}, {"path": "pipe", "class": "FluxPipeline"}]
    saved.write_text(json.dumps({"schema": "inspect-pipe/1", "data": {"components": components}}), encoding="utf-8")
    assert call_of([str(saved)]).data["pipelines"][0]["class"] == "FluxPipeline"


def test_the_code_of_a_folder_is_read_and_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(demo.path("community-wildcard"), folder)
    code = (folder / "pipeline.py").read_text(encoding="utf-8")
    (folder / "pipeline.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n{code}", encoding="utf-8")
    (one,) = call_of([str(folder)]).data["pipelines"]
    assert (one["class"], one["file"]) == ("WildcardPipeline", "pipeline.py")
    assert [p["name"] for p in one["parameters"]] == ["prompt", "wildcards", "seed", "**kwargs"]
    assert one["callback_tensors"] == ["latents", "prompt_embeds", "negative_prompt_embeds"]  # inherited
    assert not (tmp_path / "ran").exists()


def test_a_call_that_is_inherited(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": ["mine", "Mine"]}', encoding="utf-8")
    code = "import diffusers\nclass Base(diffusers.FluxPipeline): pass\nclass Mine(Base): pass\n"
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    (one,) = call_of([str(tmp_path)]).data["pipelines"]
    assert (one["class"], one["defined_in"]) == ("Mine", "FluxPipeline")
    assert "inherited from FluxPipeline" in render(call_of([str(tmp_path)]))


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("StableDifusionPipeline", 2, "StableDiffusionPipeline"),
        ("DDIMScheduler", 2, "pipelines"),
        ("UNet2DConditionModel", 2, "pipelines"),
        ("class:Nothing", 2, ""),
        ("py:some.module:make", 2, "pipeline"),
        ("demo:sd51", 3, "demo:sd15"),
        ("./nowhere", 3, "path"),
    ],
)
def test_what_cannot_be_called(text: str, status: int, said: str) -> None:
    with pytest.raises(InspectError) as caught:
        call_of([text])
    assert caught.value.exit_code == status and caught.value.hint and said in str(caught.value.hint)


@pytest.mark.parametrize(
    ("index", "code", "said"),
    [
        ('{"_class_name": ["pipeline", "Mine"]}', None, "there is no pipeline.py"),
        ('{"_class_name": ["pipeline", "Mine"]}', "class Other: pass", "has no class Mine"),
        ('{"_class_name": ["pipeline", "Mine"]}', "class Mine(", "is not Python"),
        ('{"_class_name": ["../pipeline", "Mine"]}', "class Mine: pass", "there is no ../pipeline.py"),
        ('{"_class_name": ["pipeline", "Mine"]}', "class Mine(Mine): pass", "no __call__"),
        ('{"_class_name": 3}', None, "names no class"),
        ('{"_class_name": "FluxPipelin"}', None, "has no FluxPipelin"),
    ],
)
def test_folders_that_cannot_be_told(index: str, code: str | None, said: str, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(index, encoding="utf-8")
    if code is not None:
        (tmp_path / "pipeline.py").write_text(code, encoding="utf-8")
    with pytest.raises(InspectError) as caught:
        call_of([str(tmp_path)])
    assert said in caught.value.message and caught.value.exit_code in (2, 3)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Does.\n\nArgs:\n  a (`int`, *optional*):\n    What it\n    is.\n  b: Short.\n\nReturns:\n  c: no\n",
            {"a": ("What it is.", "int"), "b": ("Short.", "")},
        ),
        ("Args:\n  a: (`T`, *optional*): See [here](https://x.y/z_(1)).", {"a": ("See here.", "T")}),
        ("Args:\n  a (`T`, `U`,:\n      `list[T]`):\n    Both.", {"a": ("Both.", "T, U,: list[T]")}),
        ("Args:\n  a (`C[[int], (int)]`, defaults to `3`)\n    No colon.", {"a": ("No colon.", "C[[int], (int)]")}),
        ("  Args:\n    a (`T`):\n      Note: no entry.\n  Returns:\n    b: no", {"a": ("Note: no entry.", "T")}),
        ("Nothing here: at all", {}),
    ],
)  # fmt: skip
def test_docstrings(text: str, found: dict[str, tuple[str, str]]) -> None:
    assert documented(text) == found


def test_no_library_is_imported() -> None:
    code = (
        "import sys; from inspector.calling.report import call_of; call_of(['demo:sd15', 'StableDiffusionXLPipeline']);"
        " print(*({'torch', 'diffusers', 'transformers', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], text=True, capture_output=True).stdout == "\n"
