"""Who reads a setting of a component that was looked at alone: the pipelines of the installed library."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from inspector.model import Kind


def read_by_pipelines(kind: Kind, names: Iterable[str]) -> dict[str, str]:
    """For each name that some pipeline reads from the config of a component of this kind: one place, ``file:line``."""
    return {name: place for name in names if (place := _reader(kind == "scheduler", name))}


@cache
def _reader(scheduler: bool, name: str) -> str:
    part = r"scheduler" if scheduler else r"(?!\w*scheduler)\w+"
    key = re.escape(name)
    pattern = re.compile(rf"\.{part}\.config(?:\.{key}\b|, [\"']{key}[\"']|\[[\"']{key}[\"'])")
    for file in _files():
        text = file.read_text(encoding="utf-8", errors="replace")
        if name in text and (found := pattern.search(text)):
            return f"{file.name}:{text.count(chr(10), 0, found.start()) + 1}"
    return ""


def _files() -> list[Path]:
    """The source files of the installed pipelines, the plain ones first."""
    spec = importlib.util.find_spec("diffusers")
    roots = list(spec.submodule_search_locations or ()) if spec else []
    return sorted((f for root in roots for f in Path(root, "pipelines").rglob("*.py")), key=lambda f: len(f.name))
