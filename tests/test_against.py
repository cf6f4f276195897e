"""What other projects make of the same name: agreement as recorded, and reasons that are proven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import inspector
from inspector.model import InspectError
from inspector.samplers.against import against, along
from inspector.samplers.build import Subject, Workshop
from inspector.samplers.models import MODELS
from inspector.samplers.own import own
from inspector.samplers.presets import PRESETS, find
from inspector.samplers.recipes import Recipe, make
from inspector.samplers.theirs import recipe, theirs_of
from tests import golden
from tests.test_sigmas import as_recorded, recorded

FIELDS = {"a1111": "a1111", "comfyui": "comfy"}


@pytest.mark.parametrize("path", [golden.BEST])
def test_verdict_and_agreement_as_recorded(path: Path) -> None:
    """Every recorded verdict; and their recorded sigmas against diffusers' recorded ones, by the check's tolerance."""
    data, shop = golden.load(path), Workshop()
    wrong: list[tuple[object, ...]] = []
    unexplained: list[tuple[object, ...]] = []
    for record, row in recorded(data, shop):
        if not as_recorded(record, row):
            wrong.append((record["preset"], record["model"], record["N"], row["verdict"], row["reason"]))
        if "error" in record or record["N"] == 1:
            continue
        subject = Subject(PRESETS[record["preset"]], MODELS[row["model"]])
        for project, field in FIELDS.items():
            seen = against(subject, record["N"], row, project, shop, nearest=False)
            if field not in record:
                if seen["verdict"] != "skip":
                    wrong.append((record["preset"], row["model"], record["N"], project, "recorded as none"))
                continue
            theirs = golden.values(data, record[field])
            here = golden.values(data, record["grid"]) if "grid" in record else golden.values(data, record["ref64"])
            same = here.shape == theirs.shape and golden.relative(here, theirs) <= seen["tolerance"]
            if seen["verdict"] != ("pass" if same else "differ"):
                wrong.append((record["preset"], row["model"], record["N"], project, seen["verdict"], seen["relative"]))
            if seen["verdict"] == "differ" and not seen["conventions"]:
                unexplained.append((record["preset"], row["model"], record["N"], project, seen["reason"]))
    assert not wrong
    assert not [u for u in unexplained if u[0] != "euler_ays"]


REASONS = [
    # preset, model, steps, project, conventions, what the reason says
    ("DPM++ 2M Karras", "sd15", 20, "a1111", [], ""),
    ("Euler Karras", "sdxl", 20, "a1111", ["ends"], "spaced grid end points"),
    ("Euler Karras", "sdxl", 20, "k-diffusion", ["ends"], "spaced grid end points"),
    ("DPM++ 2M", "sd15", 20, "a1111", ["spaced", "rounded"], "the last grid point dropped"),
    ("DPM++ 2M", "sd15", 20, "comfyui", ["spaced", "rounded"], "rounded timesteps"),
    ("DPM2 Karras", "sd15", 20, "a1111", ["discard"], "discarded penultimate sigma"),
    ("UniPC Karras", "sd15", 20, "comfyui", ["discard"], "discarded penultimate sigma"),
    ("DPM++ 2M Beta", "sd15", 20, "comfyui", ["levels"], "Beta quantiles of timesteps"),
    ("IC-Light Euler a", "sd15", 20, "a1111", ["beta"], "beta convention: linear"),
    ("Euler FlowMatch", "sd3", 28, "comfyui", ["spaced"], "shift applied twice here"),
    ("DDIM", "sd15", 30, "a1111", ["spaced", "final"], "N+1 steps: it makes 31 steps for N = 30"),
    ("DPM++ 2M Karras", "zero-snr", 20, "a1111", ["snr"], "zero-SNR floor: the noisiest sigma is 4096"),
    ("Euler", "sd15", 50, "a1111", ["between"], "linearly here, in ln(sigma) there"),
    ("DEIS Karras", "sd15", 20, "a1111", ["final"], "the last sigma"),
    ("Euler a Karras", "sd15", 20, "a1111", ["levels"], "another spread"),
    ("Euler", "sd15", 1, "a1111", ["spaced"], "a single one at 0"),
]


@pytest.mark.parametrize(("preset", "model", "steps", "project", "conventions", "said"), REASONS)
def test_the_named_reason_is_proven(
    preset: str, model: str, steps: int, project: str, conventions: list[str], said: str
) -> None:
    result = inspector.check_preset(preset, model=model, steps=steps, against=project)
    (row,) = result.data["checks"]
    seen = row["against"]
    assert seen["verdict"] == ("differ" if conventions else "pass")
    assert sorted(seen["conventions"]) == sorted(conventions) and said in seen["reason"]
    assert bool(conventions) is any(f.code == "IPS316" for f in result.findings)
    if not conventions:
        return
    # taking the named conventions over from diffusers turns their numbers into its own; leaving one out does not
    subject = Subject(find(preset), MODELS[model])
    found = theirs_of(subject, project)
    assert found is not None
    their, mine = recipe(subject, found), own(subject, Workshop())
    assert their is not None and mine is not None
    here = np.array([float(s) for s in row["sigmas"]] + ([float(row["expected"][-1])] if row["derived"] else []))
    taken = {name: getattr(mine, name) for name in conventions}
    assert agrees(their, taken, mine, steps, here, seen["tolerance"])
    for name in conventions:
        assert not agrees(their, {k: v for k, v in taken.items() if k != name}, mine, steps, here, seen["tolerance"])


def agrees(their: Recipe, taken: dict[str, object], mine: Recipe, steps: int, here: np.ndarray, limit: float) -> bool:
    from dataclasses import replace

    made = make(replace(their, **along(their, mine), **taken), steps)  # type: ignore[arg-type]
    return made.shape == here.shape and golden.relative(here, made) <= limit


def test_what_comes_closest_was_tried() -> None:
    seen = inspector.check_preset("Euler Karras", model="sdxl", steps=20, against="a1111").data["checks"][0]["against"]
    assert seen["closest"]["kwargs"] == {"timestep_spacing": "linspace"}
    assert "timestep_spacing='linspace'" in seen["closest"]["text"]
    assert seen["closest"]["relative"] < 2e-5 < seen["relative"]
    again = inspector.check_preset("Euler Karras", model="sdxl", steps=20, against="a1111", timestep_spacing="linspace")
    assert again.data["checks"][0]["against"]["verdict"] == "pass"


def test_a_project_without_the_sampler_is_skipped_with_the_reason() -> None:
    row = inspector.check_preset("LCM", model="sd15", steps=4, against="a1111").data["checks"][0]
    assert row["against"]["verdict"] == "skip" and "A1111 has no sampler" in row["against"]["reason"]


def test_an_unknown_project() -> None:
    with pytest.raises(InspectError, match="does not exist"):
        inspector.check_preset("Euler", against="webui")
