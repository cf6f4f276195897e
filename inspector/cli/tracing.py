"""``inspect-pipe trace``, ``call`` and ``blame``: do it, print the report, give the exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from inspector.cli.diffing import Request, filtered, reading_options
from inspector.cli.output import progress
from inspector.cli.trying import settings_of, show
from inspector.elsewhere import FAR
from inspector.model import Report


def run_trace(request: Request, into: str, keywords: Sequence[str], component: str, key: str, **reading: Any) -> int:
    """Trace ``INTO.from_config`` on the source's config, and return the exit status.

    Raises:
        InspectError: no such class, key or component; the source cannot be read, or the report cannot be written.
    """
    from inspector import classes
    from inspector.tracing.keywords import parsed
    from inspector.tracing.report import report_of

    parsed(keywords)  # before the work, not after it
    if not FAR and classes.find("transformers", into) is None:  # of which the task says why it cannot be
        classes.require(into)
    given = {"into": into, "keywords": list(keywords), "component": component}
    found, settings = asked(request, "trace", given, reading)
    return show(filtered(report_of(request.source, found, key), settings), request, settings)


def run_blame(request: Request, key: str, component: str, **reading: Any) -> int:
    """Tell where the value of one setting comes from, and return the exit status.

    Raises:
        InspectError: no such setting; the source cannot be read, or the report cannot be written.
    """
    from inspector.blaming.report import report_of

    root = os.path.abspath(request.source) if os.path.exists(request.source) else ""
    found, settings = asked(request, "blame", {"key": key, "component": component, "shown": root}, reading)
    return show(filtered(report_of(request.source, found), settings), request, settings)


def run_call(request: Request, others: Sequence[str], *, online: bool = False) -> int:
    """Show the parameters of ``__call__``, and return the exit status.

    Raises:
        InspectError: no such pipeline, or the report cannot be written.
    """
    from inspector.calling.report import call_of

    settings = settings_of(request, {"online": online})
    texts = [request.source, *others]
    report = Report(**FAR[-1].call(texts, online=settings.online)) if FAR else call_of(texts, online=settings.online)
    return show(report, request, settings)


def asked(request: Request, task: str, given: dict[str, Any], reading: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """What the worker tells of the task."""
    from inspector import snapshots

    settings = settings_of(request, reading)
    options = {k: v for k, v in reading_options(settings, reading).items() if k != "static"}
    with progress() as tell:
        return snapshots.ask(request.source, task, given, progress=tell, **options), settings
