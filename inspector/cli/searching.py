"""``inspect-pipe roundtrip``: search or replay, save what is new, print, give the exit status."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, accepted, baseline_of, filtered, merged
from inspector.cli.sigmas import bar
from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError, Report
from inspector.searching import Search
from inspector.settings import load


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command line."""

    search: Search
    replays: tuple[Path, ...] = ()
    folder: Path = Path("reports/roundtrip")


def run_roundtrip(request: Request, asked: Asked) -> int:
    """Do it, and return the exit status.

    Raises:
        InspectError: an option is wrong, a file cannot be read, or a report cannot be written.
    """
    settings = merged(load([]), request, {})
    promise(request)
    known = baseline_of(settings)
    texts = {str(file): text_of(file) for file in asked.replays}
    if not texts:
        writable(asked.folder)
    from inspector.searching import replay, searched

    with bar() as tell:
        report = replay(texts, tell) if texts else searched(asked.search, tell)
    report = filtered(accepted(report, known, complete=not asked.search.classes and not asked.search.laws), settings)
    if not texts:
        report = kept(report, asked)
    return deliver(report, request, settings)


def text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise InspectError(
            f"cannot read {file}: {said}", hint="--replay takes a file that roundtrip saved", exit_code=EXIT_UNREADABLE
        ) from error


def writable(folder: Path) -> None:
    """Refuse before a search of minutes what could not be saved after it.

    Raises:
        InspectError: the folder cannot be written (exit 2: nothing has been searched yet).
    """
    nearest = next((p for p in (folder.absolute(), *folder.absolute().parents) if p.exists()), Path("/"))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        said = "is no folder" if not nearest.is_dir() else "cannot be written"
        raise InspectError(
            f"counterexamples would be saved in {folder}, and {nearest} {said}",
            hint="--reports FOLDER names another place",
            exit_code=EXIT_USAGE,
        )


def kept(report: Report, asked: Asked) -> Report:
    """Save each new counterexample, and say where."""
    from inspector.roundtrips.counterexample import written
    from inspector.writing import write

    told = {(f.code, f.where) for f in report.findings}
    saved = []
    for row, name in named(report):
        if not any(code == row["law"] and where.startswith(row["class"]) for code, where in told):
            continue  # ignored, not selected or accepted in a baseline
        data = {"law": row["law"], "class": row["class"], "cause": row["cause"], **row["counterexample"]}
        source = next((c for c in asked.search.classes if c.startswith("py:")), "")
        data |= {"source": source} if source and row["class"] in source else {}
        asked.folder.mkdir(parents=True, exist_ok=True)
        file = asked.folder / name
        write(file, written(data, report.data["seed"], report.versions, report.data["rules"][row["law"]]))
        row["file"] = str(file)
        saved.append(str(file))
    return replace(report, data={**report.data, "saved": saved})


def named(report: Report) -> Iterator[tuple[dict[str, Any], str]]:
    """The rows with a counterexample, each with a file name: law and class, a number where there are more."""
    seen: dict[str, int] = {}
    for row in report.data["laws"]:
        if row["counterexample"] is not None:
            stem = f"{row['law']}-{row['class']}"
            seen[stem] = seen.get(stem, 0) + 1
            yield row, f"{stem}{f'-{seen[stem]}' if seen[stem] > 1 else ''}.py"
