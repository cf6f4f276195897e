"""``python -m tests.benchmarks.versions RESULT.json [NAME…]``: every reproduction on every release of versions.toml.

With names only these are run, and what RESULT.json says of the others is kept for the releases that are installed as
they were then.

Each release lives in a virtual environment of its own under ``.versions``, with its own diffusers, huggingface_hub,
numpy and what these require. Only torch, scipy and torchsde, and what they require, are installed once, at the
versions of constraints.txt, in an environment that the others see through a ``.pth`` file: its folder comes last on
``sys.path``, so a release's own packages win. A copy of torch for each release would be the same files again, a
gigabyte and a minute more. transformers is left out: schedulers do without, and old releases break on a new one (from
0.21 on diffusers exports two deprecated classes, KarrasVe and ScoreSdeVp, only where transformers is installed).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.defects import ROOT, Defect, defects

RELEASES = Path(__file__).with_name("versions.toml")
WORKER = Path(__file__).with_name("reproduce.py")
HOME = ROOT / ".versions"
SHARED = ("torch", "scipy", "torchsde")
SCHEMA = "inspect-pipe-versions/1"
LIST = re.compile(r"\[[^][{}]*\]")
"""A list of names in JSON: written on one line."""

PATIENCE = 1800
"""Seconds for one release: installing takes about half a minute, running one or two."""


class Failed(Exception):
    """A release that could not be installed or run: the reason, one line."""


def ran(command: Sequence[str], **kwargs: Any) -> None:
    """Run it.

    Raises:
        Failed: it ended with an error; says the last ``ERROR:`` line, else the last line.
    """
    try:
        done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=PATIENCE, **kwargs)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(str(error.strerror) if isinstance(error, OSError) else f"not done after {PATIENCE} s") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        said = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")] or lines
        raise Failed(said[-1].replace(str(ROOT), "."))


def packages(venv: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(venv), "platbase": str(venv)}))


def environment(name: str, requirements: Sequence[str], shared: Path | None = None) -> Path:
    """The interpreter of an environment, made if it is not there with exactly these requirements.

    Raises:
        Failed: it cannot be installed.
    """
    venv = HOME / name
    python, stamp = venv / "bin" / "python", venv / "requirements.txt"
    wanted = "\n".join([sys.version, *requirements])
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        ran([sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)])
        if shared:  # before the rest, for pip to see what is there: 0.1.0 requires torch
            path = os.path.relpath(packages(shared), packages(venv))
            (packages(venv) / "shared.pth").write_text(f"{path}\n", encoding="utf-8")
        ran([sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *requirements], cwd=ROOT)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def interpreter(release: str, pins: Sequence[str]) -> Path:
    """The interpreter of a release.

    Raises:
        Failed: it, or what all share, cannot be installed.
    """
    environment("shared", ["--constraint", "constraints.txt", *SHARED])
    return environment(release, [f"diffusers=={release}", *pins], HOME / "shared")


def answer(python: Path, asked: Sequence[Defect]) -> dict[str, Any]:
    """What the worker says in a release.

    Raises:
        Failed: it could not run at all.
    """
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "DIFFUSERS_VERBOSITY": "error"}
    env.pop("PYTHONPATH", None)
    listed = [asdict(d) | {"path": str(d.path)} for d in asked]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answer.json"
        ran([str(python), "-W", "ignore", str(WORKER), str(out)], input=json.dumps(listed), env=env, cwd=folder)
        return dict(json.loads(out.read_text(encoding="utf-8")))


def matrix(
    releases: Mapping[str, Sequence[str]],
    asked: Sequence[Defect],
    python_of: Callable[[str, Sequence[str]], Path] = interpreter,
) -> list[dict[str, Any]]:
    """One entry a release, in the order given: ``{release, installed, classes, defects}``, or ``{release, failed}``."""
    rows: list[dict[str, Any]] = []
    for release, pins in releases.items():
        try:
            rows.append({"release": release, **answer(python_of(release, pins), asked)})
            said = f"{sum(bool(d['shows']) for d in rows[-1]['defects'].values())} of {len(asked)} defects show"
        except Failed as error:
            said = str(error)
            rows.append({"release": release, "failed": said})
        sys.stderr.write(f"diffusers {release}: {said}\n")
    return rows


def merged(rows: list[dict[str, Any]], before: list[dict[str, Any]], names: set[str]) -> list[dict[str, Any]]:
    """``rows`` with the earlier answers of the scripts in ``names`` that were not asked now."""
    old = {row["release"]: row for row in before if "defects" in row}
    for row in rows:
        known = old.get(row["release"], {"installed": None})
        if "defects" in row and known["installed"] == row["installed"]:
            kept = {n: d for n, d in known["defects"].items() if n in names}
            row["defects"] = {**kept, **row["defects"]}
    return rows


def main(result: Path, only: Sequence[str] = ()) -> int:
    """Run everything, write the result, and return 1 when a release could not be run."""
    listed = defects()
    asked = [d for d in listed if not only or d.name in only]
    rows = matrix(tomllib.loads(RELEASES.read_text(encoding="utf-8"))["releases"], asked)
    if only and result.exists():
        before = json.loads(result.read_text(encoding="utf-8"))["releases"]
        rows = merged(rows, before, {d.name for d in listed})
    result.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": SCHEMA, "releases": rows}, indent=1, sort_keys=True)
    result.write_text(LIST.sub(lambda m: "[" + " ".join(m[0][1:-1].split()) + "]", text) + "\n", encoding="utf-8")
    return int(any("failed" in row for row in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
