"""``python -m tests.benchmarks.upstream REPORT.md``: the defects of diffusers that the checks find, each shown.

What each script prints, and what ``inspect-pipe`` says of it, is run now, on the installed diffusers; which releases
have the defect is read from ``reports/versions.json``, which ``make versions`` writes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.benchmarks.defects import ROOT, Defect, defects
from tests.benchmarks.history import story, table
from tests.benchmarks.versions import SCHEMA

RESULT = ROOT / "reports" / "versions.json"
THREAD = "https://github.com/huggingface/diffusers/issues/"
"""GitHub leads from here to pull requests as well."""


def shown(script: Path) -> str | None:
    """What the script prints when its defect is there; None when it is not.

    Raises:
        RuntimeError: it ends in another way than with status 0 or 1.
    """
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "DIFFUSERS_VERBOSITY": "error"}
    command = [sys.executable, "-W", "ignore", str(script)]
    done = subprocess.run(command, env=env, text=True, capture_output=True, check=False, timeout=300)
    if done.returncode == 0:
        return None
    if done.returncode != 1 or "Traceback" in done.stderr:
        raise RuntimeError(f"{script.name} fails otherwise: {done.stderr[-500:]}")
    return done.stdout.strip()


def finding(defect: Defect) -> str:
    """The message of the finding.

    Raises:
        RuntimeError: the command does not find it.
    """
    command = [sys.executable, "-m", "inspector", *defect.found_by, "-f", "json", "--exit-zero"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, timeout=300)
    found = [f for f in json.loads(done.stdout or '{"findings": []}')["findings"] if f["code"] == defect.code]
    if not found:
        raise RuntimeError(f"{' '.join(command[3:])} does not find {defect.code}: {(done.stdout or done.stderr)[:500]}")
    return str(found[0]["message"])


def quoted(command: tuple[str, ...]) -> str:
    return " ".join(f"'{c}'" if " " in c else c for c in command)


def threads(defect: Defect) -> str:
    def linked(numbers: tuple[str, ...]) -> str:
        return ", ".join(f"[{n}]({THREAD}{n[1:]})" for n in numbers)

    said = f"Upstream: {linked(defect.upstream)}." if defect.upstream else "No upstream issue found."
    return f"{said} Related: {linked(defect.related)}." if defect.related else said


def section(defect: Defect, said: str | None, rows: list[dict[str, Any]], here: str) -> list[str]:
    """Its lines. ``said``: what the script printed, None where the defect does not show in ``here``, the installed."""
    lines = [f"## {defect.title}", "", threads(defect), "", *story(defect.name, rows), ""]
    if said is not None and defect.found_by:
        command = f"inspect-pipe {quoted(defect.found_by)}"
        lines += [f"`{command}` finds {defect.code}: {finding(defect)}", ""]
    elif said is not None:
        lines += [f"It breaks what {defect.code} says: `inspect-pipe explain {defect.code}`.", ""]
    output = f"It does not show in diffusers {here}." if said is None else f"```text\n{said}\n```"
    return [*lines, "```python", defect.body, "```", "", output, "", *table(defect.name, rows), ""]


def checked(defect: Defect, said: str | None, rows: list[dict[str, Any]], here: str) -> None:
    """The matrix and the script agree on the installed release.

    Raises:
        RuntimeError: they do not, or the matrix lacks the script: it is old.
    """
    row = next((r for r in rows if r["release"] == here and "defects" in r), None)
    if row is None:
        return
    known = row["defects"].get(defect.name)
    if known is None or bool(known["shows"]) != (said is not None):
        raise RuntimeError(f"{RESULT.name} does not know {defect.name} as it is in {here}: make versions")


def main(report: Path) -> None:
    """Run everything and write the report."""
    from importlib.metadata import version

    here = version("diffusers")
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    if result["schema"] != SCHEMA:
        raise RuntimeError(f"{RESULT.name} is of another version: make versions")
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(page(defects(), result["releases"], here), encoding="utf-8")


def page(listed: list[Defect], rows: list[dict[str, Any]], here: str) -> str:
    """The report: an overview, what was run, and a section a defect."""

    def told(defect: Defect) -> list[str]:
        said = shown(defect.path)
        checked(defect, said, rows, here)
        return section(defect, said, rows, here)

    with ThreadPoolExecutor(4) as pool:  # each waits for processes of its own
        lines = [line for lines in pool.map(told, listed) for line in lines]
    ran = [r for r in rows if "defects" in r]
    head = [
        "# Defects of the schedulers of diffusers, by release",
        "",
        "`make versions` runs the scripts below in every release of the table; `make reports` writes this page. A "
        f"script imports nothing but diffusers and torch. Under it stands what it prints with diffusers {here}. Its "
        "function `shows` is asked of every class of a release that it is about; class names are given without "
        "`Scheduler`. *no option*: the class does not take a setting that the script needs; –: the release has no "
        "such class.",
        "",
        "| diffusers | " + " | ".join(r["release"] for r in ran) + " |",
        "|---|" + "---|" * len(ran),
        *(f"| {p} | " + " | ".join(r["installed"][p] for r in ran) + " |" for p in ("huggingface_hub", "numpy")),
        "| scheduler classes | " + " | ".join(str(len(r["classes"])) for r in ran) + " |",
        "| defects that show | " + " | ".join(str(count(r)) for r in ran) + " |",
        "",
        f"All with {shared(ran)}.",
        "",
        *(f"diffusers {r['release']} was not run: {r['failed']}\n" for r in rows if "failed" in r),
    ]
    return "\n".join([*head, *lines])


def count(row: dict[str, Any]) -> int:
    return sum(bool(d["shows"]) for d in row["defects"].values())


def shared(ran: list[dict[str, Any]]) -> str:
    names = ("python", "torch", "scipy", "torchsde")
    return ", ".join(f"{n} {'/'.join(sorted({r['installed'][n] for r in ran}))}" for n in names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
