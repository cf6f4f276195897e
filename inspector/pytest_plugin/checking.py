"""From a test to its verdict: read what it names, accept what its markers accept, fail with what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inspector.pytest_plugin.asking import ASKED
from inspector.pytest_plugin.failures import Findings, Unread, error_text, text, unread_text
from inspector.pytest_plugin.judging import JUDGE, Ignored, accepted, counted, unread

if TYPE_CHECKING:
    from inspector.model import Report, Snapshot

TOLD = pytest.StashKey[list[dict[str, Any]]]()
"""What an item has to say in the summary: plain data, for it may come from another process."""


def read(item: pytest.Item, source: str) -> tuple[Report, Snapshot]:
    """The report of a source, and what was seen.

    Raises:
        Unread: it could not be read.
    """
    __tracebackhide__ = True
    from inspector.model import InspectError
    from inspector.pytest_plugin.refusing import refuse

    judge = item.config.stash[JUDGE]
    try:
        refuse(item.config, [item.config.stash[ASKED].sources.get(source, source)], item.config.args)
        return judge.source(source)
    except InspectError as error:
        tell_unread(item, source, error.message)
        raise Unread(error_text(source, error)) from None
    except pytest.UsageError as error:
        raise Unread(str(error)) from None


def check_report(
    item: pytest.Item, report: Report, what: str = "", *, unreadable: bool = False, findings: bool = True
) -> None:
    """Fail with what counts of a report.

    Args:
        item: the test, whose markers may accept some of it.
        report: of a source or an object.
        what: was checked; empty where the item's own name says so.
        unreadable: also where a part could not be read.
        findings: not only there.

    Raises:
        Unread: a part could not be read.
        Findings: as bad as ``fail-on`` or worse.
    """
    __tracebackhide__ = True
    judge = item.config.stash[JUDGE]
    left = accepted(report, ignored(item))
    if unreadable and (lines := unread(report, judge.settings)):
        tell_unread(item, what or report.source, f"a part of it could not be read ({len(lines)})")
        raise Unread(unread_text(what or report.source, lines))
    if findings and counted(left, judge.settings):
        raise Findings(text(left, what, width(item.config), verbose=item.config.option.verbose > 0), left)


def ignored(item: pytest.Item) -> Ignored:
    """What the markers of a test accept, the closest first."""
    found: Ignored = {}
    for mark in item.iter_markers("pipe_ignore"):
        for code in mark.args:
            found.setdefault(code.upper(), mark.kwargs["reason"])
    return found


def tell(item: pytest.Item, report: Report, source: str) -> None:
    """Have the summary tell of the report of a source, which is called as the user called it."""
    from inspector.rules import RULES

    left = accepted(report, ignored(item))
    item.stash.setdefault(TOLD, []).append(
        {
            "source": source,
            "findings": [
                [f.code, f.severity, f.where, RULES[f.code].title if f.code in RULES else ""] for f in left.findings
            ],
            "suppressed": [[s.finding.code, s.finding.where, s.reason, s.by] for s in left.suppressed],
            "skipped": [[s.where, s.reason] for s in left.skipped if not s.failed],
            "unread": "",
        }
    )


def tell_unread(item: pytest.Item, source: str, why: str) -> None:
    said = {"source": source, "findings": [], "suppressed": [], "skipped": [], "unread": why}
    item.stash.setdefault(TOLD, []).append(said)


def width(config: pytest.Config) -> int:
    """Of the terminal; of the controller's where this is one of its workers."""
    told = getattr(config, "workerinput", {}).get("inspect_pipe_width")
    if told:
        return int(told)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return int(reporter._tw.fullwidth) if reporter is not None else 80
