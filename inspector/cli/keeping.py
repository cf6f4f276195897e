"""``inspect-pipe snapshot``: look at a source, keep what was seen, say what could not be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from inspector.cli.diffing import Request, merged, reading_options, take
from inspector.cli.guarded import say
from inspector.cli.output import emit, keep, progress
from inspector.model import EXIT_CLEAN, EXIT_UNREADABLE
from inspector.render.escape import safe
from inspector.settings import load


def run_snapshot(source: str, output: Path | None, reading: dict[str, Any]) -> int:
    """Do it, and return the exit status.

    Raises:
        InspectError: the source cannot be read, an option is wrong, or the file cannot be written.
    """
    from inspector.render.machine import snapshot_json
    from inspector.report import skips
    from inspector.writing import refuse

    inspected = [p] if os.path.exists(p := Path(source)) else []
    settings = merged(load(inspected), Request(source), reading)
    if output is not None:
        refuse(output, inspected)
    with progress() as tell:
        seen = take(source, {**reading_options(settings, reading), "progress": tell})
    keep(snapshot_json(seen), output, inspected) if output is not None else emit(snapshot_json(seen))
    unread = [s for s in skips([seen]) if s.failed]
    for skip in unread:
        say(f"not read: {safe(skip.where, 120)}: {safe(skip.reason, 400)}")
    return EXIT_UNREADABLE if unread else EXIT_CLEAN
