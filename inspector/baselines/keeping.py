"""Making a baseline of reports, and keeping it true to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from inspector.baselines.file import Baseline, Entry
from inspector.baselines.matching import gone, named, unread
from inspector.baselines.naming import extent, label, owner_of, widest
from inspector.model import SEVERITIES, Report


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is said of every new entry; ``fail_on`` is the least severity that needs one."""

    reason: str = ""
    by: str = ""
    expires: str = ""
    fail_on: str = "warning"
    today: date | None = None

    @property
    def day(self) -> date:
        return self.today or date.today()

    def counts(self, severity: str) -> bool:
        least = "warning" if self.fail_on == "never" else self.fail_on
        return severity in SEVERITIES[: SEVERITIES.index(least) + 1]


def updated(baseline: Baseline, reports: Iterable[Report], said: Acceptance = Acceptance()) -> Baseline:
    """The baseline with what is new in the reports; what stays keeps its reason and its dates.

    ``said.reason`` is also given to entries of these sources that have none, and ``said.expires`` to those that have
    expired.

    Args:
        baseline: the one there is, or an empty one with the path it is for.
        reports: what was found, each source on its own.
        said: of the new entries.
    """
    for report in reports:
        here = label(report, baseline.path.parent)
        owner = here if here in baseline.named else owner_of(report, baseline)
        known = {e.fingerprint: e for e in reversed(baseline.entries) if e.source == owner}
        entries = [_anew(e, said) if e.source == here else e for e in baseline.entries]
        for finding, name in zip(report.findings, named(report), strict=False):
            if name in known and owner == here:
                continue
            if name in known:  # the same source under another name: why it was accepted goes with it
                entries.append(replace(known[name], source=here))
            elif said.counts(finding.severity) and not finding.code.startswith("IPB") and not unread(finding):
                entries.append(
                    Entry(
                        here, finding.code, finding.where, name, finding.message,
                        said.reason, said.by, said.day.isoformat(), said.expires,
                    )
                )  # fmt: skip
        sources = {**baseline.sources, here: widest(baseline.sources.get(here, ""), extent(report))}
        baseline = replace(baseline, entries=tuple(entries), sources=sources)
    return baseline


def pruned(baseline: Baseline, reports: Iterable[Report]) -> tuple[Baseline, list[tuple[str, str]]]:
    """The baseline without the entries that no longer occur.

    Returns:
        The baseline, and each source of which entries had to be left alone, with the reason.
    """
    left = []
    for report in reports:
        here = label(report, baseline.path.parent)
        lost, why = gone(report, baseline, here)
        left += [(here, why)] if why else []
        baseline = replace(baseline, entries=tuple(e for e in baseline.entries if e not in lost))
    return baseline, left


def _anew(entry: Entry, said: Acceptance) -> Entry:
    if said.expires and entry.expired(said.day):
        entry = replace(entry, expires=said.expires)
    return replace(entry, reason=said.reason, by=entry.by or said.by) if said.reason and not entry.reason else entry
