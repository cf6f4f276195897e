"""Faults, made on purpose: each experiment says how often it was tried, and how often the tool did as SAFETY.md says.

The tests run them small (tests/test_faults*.py); ``make robustness`` runs them whole and writes the figures down.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.cli.diffing import status
from inspector.model import EXIT_UNREADABLE, InspectError, Snapshot
from inspector.report import examine
from inspector.settings import Settings


@dataclass(slots=True)
class Figure:
    """An experiment: ``held`` of ``tried`` as promised; ``broken`` are the first that were not; ``note`` what else."""

    what: str
    tried: int = 0
    broken: list[str] = field(default_factory=list)
    note: str = ""
    skipped: str = ""

    @property
    def held(self) -> int:
        return self.tried - len(self.broken)

    def judge(self, which: str, problem: str) -> None:
        """Count one try; ``problem`` says what was not as promised, or is empty."""
        self.tried += 1
        if problem:
            self.broken.append(f"{which}: {problem}")


def small(root: Path) -> Path:
    """A pipeline's folder with one of each kind of file that is read, among them a link inside."""
    header = {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    text = json.dumps(header).encode()
    index = {
        "_class_name": "DDPMPipeline",
        "_diffusers_version": "0.42.1",
        "unet": ["diffusers", "UNet2DModel"],
        "scheduler": ["diffusers", "DDPMScheduler"],
    }
    files = {
        "model_index.json": index,
        "scheduler/scheduler_config.json": {"_class_name": "DDPMScheduler", "num_train_timesteps": 1000},
        "unet/kept.json": {"_class_name": "UNet2DModel", "sample_size": 8},
        "unet/diffusion_pytorch_model.safetensors": struct.pack("<Q", len(text)) + text + bytes(16),
        "README.md": b"---\nlicense: mit\n---\n",
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    (root / "unet/config.json").symlink_to("kept.json")
    return root


def outcome(look: Callable[[], Snapshot]) -> tuple[str, str, Snapshot | None]:
    """What a look ends in (``clean``, ``findings``, ``incomplete``, ``refused``, ``stray``), and what is said of it."""
    try:
        snapshot = look()
        report = examine(snapshot)
        code = status(report, Settings())
    except InspectError as error:
        kind = "refused" if error.exit_code == EXIT_UNREADABLE else "stray"
        return kind, error.message, None
    except BaseException as error:
        return "stray", f"{type(error).__name__}: {error}", None
    said = "\n".join([*(s.reason for s in report.skipped if s.failed), *(f.message for f in report.findings)])
    return {0: "clean", 1: "findings", 3: "incomplete"}.get(code, f"status {code}"), said, snapshot


def plain(snapshot: Snapshot | None) -> Any:
    """A snapshot as the data that a report holds."""
    from pydantic import TypeAdapter

    return None if snapshot is None else TypeAdapter(Snapshot).dump_python(snapshot, mode="json")
