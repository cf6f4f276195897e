"""This package as what travels: what looks at sources, and not what prints reports."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

AT_HOME = ("cli", "render", "pytest_plugin", "debugging", "baselines", "locks", "__pycache__")
"""Rooms that the far side has no use for."""


def packed() -> bytes:
    """A zip of the sources, the same for the same sources."""
    root = Path(__file__).parents[1]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as parcel:
        for file in sorted(root.rglob("*")):
            inside = file.relative_to(root)
            if not file.is_file() or inside.parts[0] in AT_HOME or "__pycache__" in inside.parts:
                continue
            entry = zipfile.ZipInfo(f"{root.name}/{inside.as_posix()}")
            entry.external_attr, entry.compress_type = 0o600 << 16, zipfile.ZIP_DEFLATED
            parcel.writestr(entry, file.read_bytes())
    return out.getvalue()
