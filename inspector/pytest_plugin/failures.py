"""What a failed check says: the findings with their places and fixes, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.outcomes import Failed
    from rich.text import Text

    from inspector.model import InspectError, Report
    from inspector.render.human import Page
else:
    Failed = pytest.fail.Exception

_NAMED = 3


class Findings(Failed):
    """A pipeline, scheduler or source with findings; ``report`` holds them."""

    __module__ = "builtins"  # as pytest's own Failed: the summary names it without its module

    def __init__(self, text: str, report: Report) -> None:
        super().__init__(text, pytrace=False)
        self.report = report


class Unread(Failed):
    """A source that could not be read, or only in part: an error, not a failure."""

    __module__ = "builtins"

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


def error_text(source: str, error: InspectError) -> str:
    """What failed, where, and what to do next."""
    from inspector.render.escape import safe

    said = f"{error.code}: {error.message}" if error.code else error.message
    named = "" if source in said else f"{source}: "
    return "\n".join(str(safe(line)) for line in (f"{named}{said}", error.hint) if line)


def unread_text(source: str, lines: list[str]) -> str:
    """The parts of a source that could not be read."""
    from inspector.render.escape import safe

    return "\n".join([f"{safe(source, 200)}: a part of it could not be read", *(f"  {safe(x, 600)}" for x in lines)])


def text(report: Report, what: str, width: int, *, verbose: bool = False) -> str:
    """The findings as the report for a terminal tells them, under one line that says which.

    Args:
        report: with findings.
        what: was checked; empty where the test's own name says so.
        width: of the terminal.
        verbose: every note and every reader in full.
    """
    from inspector.render import Look
    from inspector.render.escape import safe
    from inspector.render.human import printed

    named = list(dict.fromkeys(f"{f.code} {f.where}" for f in report.findings if f.severity != "note"))
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    head = f"{safe(', '.join(named[:_NAMED]), 300)}{more}{f' in {safe(what, 200)}' if what else ''}"
    shown = printed(report, Look(width=max(60, width), verbose=verbose), sections)
    code = report.findings[0].code if report.findings else ""
    return f"{head}\n{shown.rstrip()}\n\n{code}: inspect-pipe explain {code} says why, and how to accept it".rstrip()


def sections(report: Report, page: Page) -> Iterator[Text]:
    """The components with findings, or what the command itself tells of its own; nothing else of the report."""
    from inspector.render import TELLING
    from inspector.render.human import body, noted, section
    from inspector.render.parts import groups

    if report.data.get("command") in TELLING:
        yield from body(report, page)
        return
    found: list[Any] = groups(report, verbose=page.verbose)
    for group in found:
        if group.blocks:
            yield from section(group, page)
    yield from noted([g for g in found if not g.blocks], page)
