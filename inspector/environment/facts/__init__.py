"""What a Python and its machine are, told by that Python itself: standard library only, Python 3.8 and newer.

These modules are sent as text to the Python that is asked (:mod:`inspector.environment.asking`), here or on another
machine, so they import nothing of this package but each other, and nothing of what they look at.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from . import devices, interpreter, mounts, packages, torchbuild, variables

SHAPE = 1
"""Version of the shape of the facts; names are only added to it."""


def collect(path: list[str], script: str | None = None, ask_torch: bool = False) -> dict[str, Any]:
    """All facts, as plain data.

    Args:
        path: ``sys.path`` as this Python made it, with what it puts first for ``python -c``.
        script: as ``python SCRIPT`` would see it, instead of ``python``.
        ask_torch: import torch and ask it as well.
    """
    skipped: list[dict[str, str]] = []
    if script is not None:
        path = interpreter.path_of_script(path, script)
    sys.path[:] = path
    entries = interpreter.entries(path, script)
    found = packages.found(entries, skipped)
    torch = torchbuild.facts(found.get("torch"), ask_torch, skipped)
    return {
        "facts": SHAPE,
        "python": interpreter.python(),
        "platform": interpreter.platform_facts(),
        "folder": interpreter.folder(),
        "script": None if script is None else os.path.abspath(script),
        "sys_path": entries,
        "packages": found,
        "torch": torch,
        "devices": devices.facts(skipped),
        "variables": variables.facts(),
        "places": mounts.facts(found, entries, skipped),
        "skipped": skipped,
    }
