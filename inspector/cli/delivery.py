"""A report to everywhere it was asked for: stdout or ``-o``, every ``--report``, and the summary of a GitHub job."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.guarded import say
from inspector.cli.output import emit, look
from inspector.elsewhere import FAR
from inspector.model import EXIT_UNWRITABLE, EXIT_USAGE, InspectError, Report, Skip
from inspector.render import FOR_CI, render
from inspector.render.escape import Safe, safe
from inspector.settings import FORMATS, Settings, did_you_mean

if TYPE_CHECKING:
    from inspector.cli.diffing import Request

TOLD_ALL_THE_SAME = ("github", "junit")
"""Formats that tell of a command that failed. Not those from whose empty list a server takes it that all is fixed."""
SUMMARY = "GITHUB_STEP_SUMMARY"
"""Names the file in which GitHub collects a step's part of the job summary."""
_LARGEST = 1 << 20
"""GitHub takes no more of one step."""


OWED: list[Request] = []
"""The request whose reports are promised, and not yet written."""


@dataclass(frozen=True, slots=True)
class Target:
    """One file that a report goes to."""

    form: str
    file: Path


def promise(request: Request, inspected: Sequence[Path] = ()) -> None:
    """Refuse before the work what could not be written after it.

    Args:
        request: with ``output`` and ``reports``.
        inspected: the files and folders that nothing may be written into.

    Raises:
        InspectError: a ``--report`` that is not FORMAT=FILE, a format that does not exist or a file named twice
            (exit status 2), or a file inside of what is inspected (exit status 5).
    """
    from inspector.writing import refuse

    files = [*([request.output] if request.output is not None else []), *(t.file for t in targets(request.reports))]
    seen: set[str] = set()
    for file in files:
        place = os.path.join(os.path.realpath(file.parent), file.name)
        if place in seen:
            raise InspectError(
                f"two reports would go to {file}", hint="give each --report, and -o, a file of its own",
                exit_code=EXIT_USAGE,
            )  # fmt: skip
        seen.add(place)
        refuse(file, inspected)
    OWED[:] = [request]


def targets(given: Sequence[str]) -> list[Target]:
    """``sarif=out.sarif`` as typed.

    Raises:
        InspectError: it is not FORMAT=FILE, or there is no such format (exit status 2).
    """
    found = []
    for text in given:
        form, _, file = text.partition("=")
        if not file:
            raise InspectError(
                f"--report {text!r} names no file", hint="write FORMAT=FILE: --report sarif=out.sarif",
                exit_code=EXIT_USAGE,
            )  # fmt: skip
        if form not in FORMATS:
            hint = did_you_mean(form, FORMATS)
            raise InspectError(f"--report: format {form!r} does not exist", hint=hint, exit_code=EXIT_USAGE)
        found.append(Target(form, Path(file)))
    return found


def deliver(
    report: Report, request: Request, settings: Settings, inspected: Sequence[Path] = (), *, code: int | None = None
) -> int:
    """Write the report everywhere it was asked for, and return the exit status.

    Every file is written whole or not at all; one that cannot be written stops none of the others.

    Args:
        report: what was found.
        request: where it goes.
        settings: the format for stdout or ``-o``, and from which severity on a finding fails.
        inspected: the files and folders that the report is about; nothing is written into them.
        code: the exit status, where the command has its own idea of it.

    Raises:
        InspectError: a report could not be written (exit status 5); the others are whole.
    """
    from inspector.cli.diffing import status
    from inspector.cli.elsewhere import counts

    OWED.clear()
    if (fetched := counts()) is not None:
        report = replace(report, data={**report.data, "stats": fetched})
    if FAR and FAR[-1].shown not in report.source:  # a report of another machine says of which
        report = replace(report, source=f"{FAR[-1].shown}: {report.source}")
    code = status(report, settings) if code is None else code
    files = [(t.form, look(verbose=settings.verbose, to_file=True), t.file) for t in targets(request.reports)]
    own = look(verbose=settings.verbose, to_file=request.output is not None)
    wanted = [*files, (settings.format, own, request.output)]
    if any(form in FOR_CI for form, _, _ in wanted):
        from inspector.locating import located

        found = {"locations": located(report, inspected), "exit_code": code, "fail_on": settings.fail_on}
        told = replace(report, data={**report.data, **found, "select": list(settings.select)})
    else:
        told = report
    texts = [render(told if form in FOR_CI else report, form, how) for form, how, _ in wanted]
    failed: list[InspectError] = []
    for text, (_, _, file) in zip(texts, wanted, strict=True):
        try:
            emit(text, file, inspected=inspected)
        except InspectError as error:
            failed.append(error)
    if settings.format == "github" and (summary := os.environ.get(SUMMARY)):
        append(render(report, "markdown", look(to_file=True)), Path(summary))
    if failed:
        raise together(failed, len(wanted))
    return code


def tell_failure(message: str, where: str, code: int) -> None:
    """Tell CI, in the formats that were asked for, that nothing could be found out; what cannot be written is left.

    Args:
        message: what went wrong.
        where: what it is about.
        code: the exit status.
    """
    for request in OWED:
        skip = Skip(where or request.source, message, failed=True)
        report = Report(request.source, skipped=(skip,), data={"exit_code": code})
        wanted = [(request.form, request.output), *((t.form, t.file) for t in targets(request.reports))]
        for form, file in wanted:
            if form in TOLD_ALL_THE_SAME:
                with contextlib.suppress(InspectError):
                    emit(render(report, form, look(to_file=file is not None)), file)
    OWED.clear()


def together(failed: Sequence[InspectError], count: int) -> InspectError:
    """What could not be written, as one error."""
    first = failed[0]
    if count == 1:
        return first
    rest = "the other reports are whole" if len(failed) < count else "no report was written"
    message = "; ".join(error.message for error in failed)
    return InspectError(message, hint=f"choose another file; {rest}", exit_code=EXIT_UNWRITABLE, where=first.where)


def append(text: Safe, summary: Path) -> None:
    """Add to the job summary; a runner that does not let us is told, and the report itself is not in danger."""
    data = text.encode("utf-8")
    try:
        with open(summary, "ab") as file:
            room = _LARGEST - file.tell()
            if len(data) >= room:
                note = b"\n\nCut here: GitHub takes 1 MiB of one step.\n"
                data = data[: max(0, room - len(note))].rpartition(b"\n")[0] + note if room > len(note) else b""
            file.write(data)
    except OSError as error:
        say(f"warning: the job summary {safe(summary, 200)} was not written: {error.strerror or error}")
