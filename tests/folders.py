"""Copies of demo folders with something done to them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


def copy(name: str, target: Path, *, weights: bool = False) -> Path:
    """A demo's folder of one's own; without its weights unless they are wanted."""
    from inspector import demo

    ignore = None if weights else shutil.ignore_patterns("*.safetensors")
    return Path(shutil.copytree(demo.path(name), target / name, ignore=ignore))


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change one JSON file."""
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))
