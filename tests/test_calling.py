"""``call``: the parameters of ``__call__``, from source alone."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from inspector.calling import call_of, documented
from inspector.model import InspectError
from inspector.render import render


def test_the_parameters_are_those_of_the_class() -> None:
    from diffusers import StableDiffusionXLPipeline

    one = call_of(["StableDiffusionXLPipeline"]).data["pipelines"][0]
    signature = inspect.signature(StableDiffusionXLPipeline.__call__)
    assert [p["name"].lstrip("*") for p in one["parameters"]] == list(signature.parameters)[1:]
    assert one["callback_tensors"] == StableDiffusionXLPipeline._callback_tensor_inputs
    steps = next(p for p in one["parameters"] if p["name"] == "num_inference_steps")
    assert (steps["type"], steps["default"], steps["used"]) == ("int", "50", True) and "denoising" in steps["doc"]


def test_side_by_side() -> None:
    report = call_of(["StableDiffusionPipeline", "StableDiffusionXLPipeline", "PixArtSigmaPipeline"])
    having = [
        [p["class"] for p in report.data["pipelines"] if any(q["name"] == n for q in p["parameters"])]
        for n in ("use_resolution_binning", "prompt_2")
    ]
    assert having == [["PixArtSigmaPipeline"], ["StableDiffusionXLPipeline"]]
    assert "guidance_scale" in report.data["differing"] and "height" not in report.data["differing"]
    assert "use_resolution_binning" in render(report)


def test_a_source_is_its_class() -> None:
    assert call_of(["demo:sd15"]).data["pipelines"][0]["class"] == "StableDiffusionPipeline"


@pytest.mark.parametrize("text", ["StableDifusionPipeline", "DDIMScheduler", "class:Nothing"])
def test_what_cannot_be_called(text: str) -> None:
    with pytest.raises(InspectError) as caught:
        call_of([text])
    assert caught.value.exit_code == 2 and caught.value.hint


def test_docstrings() -> None:
    text = (
        "Does.\n\nArgs:\n    a (`int`, *optional*):\n        What it\n        is.\n    b: Short.\n\nReturns:\n  c: no\n"
    )
    assert documented(text) == {"a": "What it is.", "b": "Short."}


def test_no_library_is_imported() -> None:
    code = (
        "import sys; from inspector.calling import call_of; call_of(['demo:sd15', 'StableDiffusionXLPipeline']);"
        " print(*({'torch', 'diffusers', 'transformers', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], text=True, capture_output=True).stdout == "\n"
