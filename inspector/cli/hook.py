"""``inspect-pipe hook``: what pre-commit runs, ``diff`` on every model that the changed files belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.cli.diffing import Request, run
from inspector.cli.guarded import guarded
from inspector.model import EXIT_CLEAN, EXIT_INTERRUPTED
from inspector.sources import INDEX

ALONE = "scheduler_config.json"
"""The one config file that says by itself what it is."""


def run_hook(files: Iterable[Path], request: Request, **reading: Any) -> int:
    """Inspect each model once, and return the worst exit status; one that cannot be read stops none of the others."""
    worst = EXIT_CLEAN
    for source in dict.fromkeys(models(files)):
        try:
            with guarded():
                code = run(replace(request, source=str(source)), **reading)
        except SystemExit as stop:  # what guarded makes of an error: it has been told
            code = int(stop.code or 0)
            if code == EXIT_INTERRUPTED:
                raise
        worst = max(worst, code)
    return worst


def models(files: Iterable[Path]) -> Iterator[Path]:
    """The folder of the pipeline that each file belongs to, or a scheduler's config that stands alone.

    A file of anything else, such as any project's config.json, is none of ours.
    """
    for file in files:
        folder = next((p for p in file.parents if (p / INDEX).is_file()), None)
        if folder is not None:
            yield folder
        elif file.name == ALONE:
            yield file
