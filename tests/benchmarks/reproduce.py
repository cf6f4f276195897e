"""``python reproduce.py OUT < DEFECTS``: which schedulers of the diffusers installed here have which defect.

The interpreter of each release runs this file by its path, so it imports nothing of this project. DEFECTS is a JSON
list of ``{name, path, classes, options}``; what becomes of them is written to OUT as JSON.
"""

from __future__ import annotations

import inspect
import json
import platform
import re
import runpy
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stdout
from fnmatch import fnmatchcase
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

LONGEST = 120
PACKAGES = ("diffusers", "huggingface_hub", "numpy", "scipy", "torch", "torchsde")
MISSING = {
    "class": re.compile(r"(?=.*'?diffusers\b)(?:module \S+ has no attribute|cannot import name) '?(\w+)'?"),
    "option": re.compile(r".*__init__\b.* got an unexpected keyword argument ['`](\w+)"),
}


def schedulers() -> dict[str, type]:
    """The classes that ``diffusers.schedulers`` exports, without the stand-ins for what is not installed.

    A name may be listed and lead nowhere, as ScoreSdeVpScheduler does in 0.25.
    """
    from diffusers import SchedulerMixin, schedulers

    found = [getattr(schedulers, name, None) for name in dir(schedulers) if name.endswith("Scheduler")]
    return {c.__name__: c for c in found if isinstance(c, type) and issubclass(c, SchedulerMixin)}


def reason(error: Exception, cls: str = "") -> str:
    """One line without a path, an address or the class's name: the same on every machine, and for like classes."""
    line = next(iter(str(error).splitlines()), "")
    for what, pattern in MISSING.items():
        if named := pattern.match(line):
            return f"no {what} {named[1]}"
    line = re.sub(r" \((/|[A-Z]:)[^)]*\)", "", line)
    for found, instead in (
        (r"/\S+/site-packages/", ""),
        ("0x[0-9a-f]+", "0x…"),
        (rf"\b{cls}\b" if cls else "$^", "Scheduler"),
    ):
        line = re.sub(found, instead, line)
    line = f"{type(error).__name__}: {line}"
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def shown(shows: Any, cls: type, options: list[str]) -> str:
    """``shows``, ``holds``, or why it cannot be asked of this class."""
    absent = [name for name in options if name not in inspect.signature(cls).parameters]
    if absent:
        return f"no option {absent[0]}"
    try:
        return "holds" if shows(cls) is None else "shows"
    except Exception as error:
        return reason(error, cls.__name__)


def whole(path: str) -> tuple[Any, str]:
    """The function ``shows`` of a script; or none, and what the script says by its exit status."""
    try:
        with redirect_stdout(sys.stderr):
            return runpy.run_path(path, run_name="defect").get("shows"), "holds"
    except SystemExit as stop:
        return None, {0: "holds", 1: "shows"}.get(stop.code or 0, f"exit status {stop.code}")  # type: ignore[arg-type]
    except Exception as error:
        return None, reason(error)


def tried(defect: dict[str, Any], classes: dict[str, type]) -> dict[str, Any]:
    """Which classes show the defect, which do not, and why it cannot be asked of the others."""
    shows, said = whole(defect["path"])
    asked = sorted(n for n in classes if any(fnmatchcase(n, pattern) for pattern in defect["classes"]))
    if shows is None:
        asked = asked or list(defect["classes"])
        answers = dict.fromkeys(asked, said)
    else:
        answers = {name: shown(shows, classes[name], defect["options"]) for name in asked}
    cannot: dict[str, list[str]] = {}
    for name, answer in answers.items():
        if answer not in ("shows", "holds"):
            cannot.setdefault(answer, []).append(name)
    kept = {verdict: [n for n, a in answers.items() if a == verdict] for verdict in ("shows", "holds")}
    return {**kept, "cannot": cannot}


def alone(defect: dict[str, Any], classes: dict[str, type]) -> dict[str, Any]:
    """``tried`` in a process of its own: a script may replace a function of the library, or end the process."""
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            return pool.submit(tried, defect, classes).result()
    except BrokenProcessPool:
        return {"shows": [], "holds": [], "cannot": {"the process died": sorted(classes)}}


def installed() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "python": platform.python_version()}


def main(out: Path) -> None:
    import torch

    torch.set_num_threads(1)  # forked below
    classes = schedulers()
    defects = {d["name"]: alone(d, classes) for d in json.load(sys.stdin)}
    answer = {"installed": installed(), "classes": sorted(classes), "defects": defects}
    out.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
