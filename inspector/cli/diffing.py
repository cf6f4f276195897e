"""``inspect-pipe diff``: take the sources, judge or compare, keep what was asked for, print, give the exit status."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.cli.delivery import deliver, promise
from inspector.cli.output import progress
from inspector.model import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_UNREADABLE,
    EXIT_USAGE,
    SEVERITIES,
    UNREAD,
    Finding,
    InspectError,
    Report,
    Snapshot,
    Suppressed,
)
from inspector.settings import FORMATS, THRESHOLDS, Settings, check_codes, did_you_mean, load

if TYPE_CHECKING:
    from inspector.baselines import Baseline

_ON_COMMAND_LINE = "on the command line"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for, beside how the sources are to be read."""

    source: str
    other: str | None = None
    twin: str | None = None
    output: Path | None = None
    form: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    exit_zero: bool = False
    verbose: bool = False
    reports: tuple[str, ...] = ()
    baseline: Path | None = None


def run(request: Request, **reading: Any) -> int:
    """Do it, and return the exit status.

    Args:
        request: what is wanted.
        reading: how the sources are read: the options of :func:`inspector.snapshots.take`, ``limit`` as given.

    Raises:
        InspectError: a source cannot be read, an option is wrong, or the report cannot be written.
    """
    inspected = [p for s in (request.source, request.other, request.twin) if s and os.path.exists(p := Path(s))]
    settings = merged(load(inspected), request, reading)
    promise(request, inspected)
    known = baseline_of(settings)
    with progress() as tell:
        options = {**reading_options(settings, reading), "progress": tell}
        given = [request.source, *(s for s in (request.other, request.twin) if s)]
        snapshots = [take(s, options) for s in given]
    snapshot, rest = snapshots[0], snapshots[1:]
    other = rest.pop(0) if request.other else None
    from inspector.report import examine

    report = filtered(accepted(examine(snapshot, other, twin=rest[0] if rest else None), known), settings)
    return deliver(report, request, settings, inspected)


def take(source: str, options: Mapping[str, Any]) -> Snapshot:
    from inspector import snapshots

    return snapshots.take(source, **options)


def merged(settings: Settings, request: Request, reading: dict[str, Any]) -> Settings:
    """The project's settings with the command line's options over them.

    Raises:
        InspectError: an option has a value that does not exist.
    """
    for value, known, name in ((request.form, FORMATS, "--format"), (request.fail_on, THRESHOLDS, "--fail-on")):
        if value is not None and value not in known:
            raise InspectError(
                f"{name} {value!r} does not exist", hint=did_you_mean(value, known), exit_code=EXIT_USAGE
            )
    select, ignore = split_codes(request.select), split_codes(request.ignore)
    check_codes((*select, *ignore))
    given = {k: reading[k] for k in ("torch_dtype", "device", "timeout") if reading.get(k) is not None}
    given |= {k: True for k in ("static", "weights", "online") if reading.get(k)}
    settings = replace(
        replace(settings, **given),
        limit=(*settings.limit, *reading.get("limit", ())),
        select=select or settings.select,
        ignore={**settings.ignore, **dict.fromkeys(ignore, _ON_COMMAND_LINE)},
        fail_on=request.fail_on or settings.fail_on,
        exit_zero=request.exit_zero or settings.exit_zero,
        format=request.form or settings.format,
        verbose=request.verbose or settings.verbose,
        baseline=str(request.baseline or settings.baseline),
    )
    if settings.static and settings.weights:
        raise InspectError(
            "--static and --weights exclude each other", hint="leave one of them out", exit_code=EXIT_USAGE
        )
    if not settings.weights and (settings.torch_dtype or settings.device):
        raise InspectError(
            "--torch-dtype and --device are for --weights: without weights everything is on the meta device",
            hint="add --weights, or leave them out",
            exit_code=EXIT_USAGE,
        )
    return settings


def split_codes(given: tuple[str, ...]) -> tuple[str, ...]:
    """``IPC101,IPP`` or the option repeated."""
    return tuple(code.strip().upper() for text in given for code in text.split(",") if code.strip())


def reading_options(settings: Settings, reading: dict[str, Any]) -> dict[str, Any]:
    from inspector.reading import Limits

    options: dict[str, Any] = {
        "static": settings.static,
        "weights": settings.weights,
        "torch_dtype": settings.torch_dtype,
        "device": settings.device,
        "online": settings.online,
        "trust_remote_code": bool(reading.get("trust_remote_code")),  # never from a file
        "limits": Limits.parse(list(settings.limit)) if settings.limit else Limits(),
    }
    if settings.timeout is not None:
        options["timeout"] = settings.timeout
    return options


def baseline_of(settings: Settings) -> Baseline | None:
    """What the project accepts, read before the work.

    Raises:
        InspectError: the file cannot be read (exit 3), or is no baseline of this version (exit 2).
    """
    if not settings.baseline:
        return None
    from inspector.baselines import load

    return load(Path(settings.baseline))


def accepted(report: Report, known: Baseline | None, *, complete: bool = True) -> Report:
    """The report with what a baseline accepts taken out of the findings that count."""
    if known is None:
        return report
    from inspector.baselines import apply

    return apply(report, known, complete=complete)


def filtered(report: Report, settings: Settings) -> Report:
    """Only the findings that were asked for; what was ignored is suppressed, and counted with its reason."""
    kept: list[Finding] = []
    suppressed = [s for s in report.suppressed if not settings.select or s.finding.code.startswith(settings.select)]
    ignored: dict[str, dict[str, Any]] = {}
    for finding in report.findings:
        if settings.select and not finding.code.startswith(settings.select):
            continue
        code = next((c for c in settings.ignore if finding.code.startswith(c)), None)
        if code is None:
            kept.append(finding)
        else:
            suppressed.append(Suppressed(finding, settings.ignore[code], "settings"))
            ignored.setdefault(code, {"count": 0, "reason": settings.ignore[code]})["count"] += 1
    data = {**report.data, "ignored": ignored} if ignored else report.data
    return replace(report, findings=tuple(kept), suppressed=tuple(suppressed), data=data)


def status(report: Report, settings: Settings) -> int:
    """The exit status of the contract; unread parts count before findings."""
    unread = any(f.code in UNREAD and f.severity == "error" for f in report.findings)
    if unread or any(s.failed for s in report.skipped):
        return EXIT_UNREADABLE
    if settings.fail_on == "never" or settings.exit_zero:
        return EXIT_CLEAN
    counted = SEVERITIES[: SEVERITIES.index(settings.fail_on) + 1]
    return EXIT_FINDINGS if any(report.count(s) for s in counted) else EXIT_CLEAN
