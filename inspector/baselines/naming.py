"""What a report is about: the name of its source in a baseline, and how much of it was looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from inspector.baselines.file import BUILT, FILES, STEPS, Baseline, Entry
from inspector.model import Report

_ARROW = " → "
_INDEX = "model_index.json"
BY_COMMAND = ("sigmas", "roundtrip", "presets lint")
"""Commands whose findings say themselves what they are about; the report's source only says what was asked for."""

_FEW = 3
"""Beyond so many presets ``sigmas`` tells some findings once a class."""


def label(report: Report, folder: Path) -> str:
    """The name of a report's source in a baseline that lies in ``folder``.

    A path is relative to the folder, so that it is the same in every checkout; ``demo:``, a Hub id and the like are as
    they are typed.
    """
    command = str(report.data.get("command", ""))
    if command in BY_COMMAND:
        return command
    parts = [relative(part, folder) for part in report.source.split(_ARROW)]
    return _ARROW.join([f"{command} {parts[0]}".strip(), *parts[1:]])


def owner_of(report: Report, baseline: Baseline) -> str | None:
    """The source of a baseline that a report is about: by its name, else the only one with the same last part, else
    the only one there is."""
    here = label(report, baseline.path.parent)
    if here in baseline.named or here in BY_COMMAND:
        return here
    others = akin(here, baseline)
    same = [n for n in others if PurePosixPath(n).name == PurePosixPath(here).name]
    return same[0] if len(same) == 1 else others[0] if len(others) == 1 else None


def akin(here: str, baseline: Baseline) -> list[str]:
    """The sources of a baseline that could be meant by a name it does not have: one source is no pair of two."""
    return [n for n in baseline.named if n not in BY_COMMAND and (" " in n) == (" " in here)]


def extent(report: Report) -> str:
    """How much of its source a report saw: the numbers of steps and what else was asked of
    samplers, only the files, or what was built of them."""
    if checks := report.data.get("checks"):
        more = {"solve" for c in checks if c["solve"]} | {c["against"]["name"] for c in checks if c["against"]}
        return " ".join([STEPS, *map(str, sorted({c["steps"] for c in checks})), *sorted(more)])
    components = report.data.get("components")
    if components and not any({"item", "attr", "live"} & s["places"].keys() for c in components for s in c["settings"]):
        return FILES
    return BUILT


def widest(a: str, b: str) -> str:
    """Both extents together."""
    if a.startswith(STEPS) and b.startswith(STEPS):
        parts = {*a.split(), *b.split()} - {STEPS}
        return " ".join([STEPS, *sorted(parts, key=lambda p: (not p.isdecimal(), int(p) if p.isdecimal() else 0, p))])
    return b if a in ("", FILES) else a


def unseen(report: Report, before: str, *, complete: bool = True) -> str:
    """Why nothing can be said of entries that do not occur; empty when it can.

    Args:
        report: what was found.
        before: the extent of the baseline's own reports.
        complete: everything that could be found was looked for.
    """
    now = extent(report)
    if any(s.failed for s in report.skipped):
        return "a part could not be read"
    if not complete:
        return "not everything was looked for"
    if before == BUILT and now == FILES:
        return "only files were read here, and the baseline is of the built pipeline"
    if before.startswith(STEPS) and not set(before.split()) <= set(now.split()):
        return "less was checked than for the baseline (which numbers of steps, --solve, --against)"
    return ""


def asked(report: Report, entry: Entry) -> bool:
    """Whether a command that may be asked for a part checked what the entry is about."""
    rows = report.data.get("checks")
    if rows is not None:
        made = {of_preset(r) for r in rows if r["verdict"] != "skip"}
        if len({r["preset"] for r in rows}) > _FEW:
            made |= {of_class(r) for r in rows if r["verdict"] != "skip"}
        return entry.where in made
    if (rows := report.data.get("laws")) is not None:
        made = {r["class"] for r in rows if r["verdict"] != "skip"}
        return any(entry.where == m or entry.where.startswith((f"{m} ", f"{m}.")) for m in made)
    return True


def of_preset(row: Mapping[str, Any]) -> str:
    """Where the findings of a check are: ``DDIM on sd15``."""
    return f"{row['name']} on {row['model']}{'' if row['device'] == 'cpu' else ' on ' + row['device']}"


def of_class(row: Mapping[str, Any]) -> str:
    """Where they are when a run of many presets tells them once a class: ``DDIMScheduler on sd15``."""
    return of_preset({**row, "name": row["class"]})


def by_class(report: Report) -> dict[str, str]:
    """``DDIM on sd15`` -> ``DDIMScheduler on sd15``, for every check of a report."""
    return {of_preset(r): of_class(r) for r in report.data.get("checks") or ()}


def relative(source: str, folder: Path) -> str:
    """A path relative to the folder, whatever the current one is; what is no path as it is."""
    if not os.path.lexists(source):
        return source
    path = os.path.relpath(os.path.realpath(source), os.path.realpath(folder))
    return PurePosixPath(path.removesuffix(f"{os.sep}{_INDEX}")).as_posix()
