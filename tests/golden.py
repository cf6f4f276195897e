"""The golden records of sampler schedules: a part of them always, all of them where ../shared is beside the project."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REDUCED = Path(__file__).parent / "data" / "golden" / "sigmas.json"
WHOLE = Path(__file__).parents[2] / "shared" / "golden" / "sigmas.json"
FULL = bool(os.environ.get("INSPECT_PIPE_FULL"))
BEST = pytest.param(WHOLE, id="whole") if FULL and WHOLE.is_file() else pytest.param(REDUCED, id="reduced")
"""The part, and with INSPECT_PIPE_FULL=1 all records where they are at hand; for what takes long."""


@cache
def load(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def values(data: dict[str, Any], digest: str) -> np.ndarray:
    """The numbers behind a content hash; "inf" and "nan" are written as words there."""
    return np.asarray([float(x) for x in data["arrays"][digest]])


@cache
def configuration(preset: str, model: str) -> tuple[dict[str, Any], np.ndarray | None]:
    """The full configuration that the preset's class makes of the model's, and its float32 ᾱ where it has one."""
    import diffusers

    data = load(REDUCED)
    row, source = data["presets"][preset], data["models"][model]
    kwargs = dict(row["kw"])
    if kwargs.get("flow_shift") == "SHIFT":
        kwargs["flow_shift"] = float(np.exp(source["mu"])) if source["mu"] else source["config"].get("shift", 1.0)
    scheduler = getattr(diffusers, row["cls"]).from_config(source["config"], **kwargs)
    bars = getattr(scheduler, "alphas_cumprod", None)
    return dict(scheduler.config), None if bars is None else bars.double().numpy()


def call(data: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """What the record's ``set_timesteps`` was given beside N, as `inspector.samplers.expected.expected` takes it."""
    from inspector.samplers.schedules import align

    row, model = data["presets"][record["preset"]], data["models"][record["model"]]
    given: dict[str, Any] = {"mu": model["mu"]} if row["kind"] == "flow" else {}
    if row["call"].get("timesteps") == "AYS":
        given["timesteps"] = align.TIMESTEPS["sdxl" if record["model"] == "sdxl" else "sd1"]
    if row["call"].get("sigmas") == "PIPE":
        given["sigmas"] = np.linspace(1.0, 1.0 / record["N"], record["N"]).tolist()
    return given


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest relative difference; equal values, infinite and not-a-number ones included, count as none."""
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(all="ignore"):
        return float(np.max(np.where(same, 0.0, np.abs(ours - theirs) / np.abs(theirs)), initial=0.0))
