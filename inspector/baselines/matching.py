"""A report and what is accepted of it: what is suppressed, what counts again, what no longer occurs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from inspector.baselines.file import Baseline, Entry
from inspector.baselines.naming import akin, asked, by_class, label, owner_of, unseen
from inspector.fingerprints import fingerprint, fingerprints
from inspector.model import UNREAD, Finding, Report, Skip, Suppressed, worst_first


def apply(report: Report, baseline: Baseline, today: date | None = None, *, complete: bool = True) -> Report:
    """Take what the baseline accepts out of the findings that count.

    Args:
        report: all the findings, before ``--select`` leaves any out.
        baseline: what is accepted.
        today: the day that decides what has expired; the real one when not given.
        complete: everything that could be found was looked for; if not, no entry is said to occur no longer.

    Returns:
        The report with ``suppressed``, and with a finding for each entry that has expired (IPB802) or no longer occurs
        (IPB801), and for a source that the baseline does not name (IPB803).
    """
    day = today or date.today()
    here, owner = label(report, baseline.path.parent), owner_of(report, baseline)
    names = named(report)
    mine = {e.fingerprint: e for e in reversed(baseline.entries) if e.source == owner}
    if here != owner and not mine.keys() & set(names):
        owner, mine = None, {}  # another source, not the same one elsewhere
    kept: list[Finding] = []
    told: list[Finding] = []
    suppressed = list(report.suppressed)
    classes = by_class(report)
    for finding, name in zip(report.findings, names, strict=False):
        entry = mine.get(name) or mine.get(elsewhere(finding, classes.get(finding.where, "")))
        if entry is None or entry.expired(day) or unread(finding):
            kept.append(finding)
            told += [_expired(entry, finding, baseline)] if entry and entry.expired(day) else []
        else:
            suppressed.append(Suppressed(finding, entry.reason, "baseline", entry.expires or None))
    lost, why = gone(report, baseline, owner, complete=complete)
    skipped = (*report.skipped, Skip("baseline", why)) if why else report.skipped
    told += [_stale(e, baseline, kept) for e in lost]
    if here != owner and akin(here, baseline):
        told += _unnamed(here, owner, baseline)
    findings = worst_first([*kept, *told])
    return replace(report, findings=findings, suppressed=tuple(suppressed), skipped=skipped, data=_titled(report, told))


def elsewhere(finding: Finding, where: str) -> str:
    """The fingerprint that the finding has when it is told of something wider, or narrower."""
    return fingerprint(replace(finding, where=where)) if where else ""


def unread(finding: Finding) -> bool:
    """A part that could not be read: nobody can accept what nobody has seen."""
    return finding.code in UNREAD and finding.severity == "error"


def named(report: Report) -> list[str]:
    """The fingerprints of the findings, then of the suppressed ones."""
    return fingerprints([*report.findings, *(s.finding for s in report.suppressed)])


def gone(report: Report, baseline: Baseline, owner: str | None, *, complete: bool = True) -> tuple[list[Entry], str]:
    """The entries of a source that do not occur; none, and why, when not everything was seen."""
    names = set(named(report))
    for preset, cls in by_class(report).items():
        names |= {elsewhere(f, cls) for f in report.findings if f.where == preset}
        names |= {elsewhere(f, preset) for f in report.findings if f.where == cls}
    lost = [e for e in baseline.entries if e.source == owner and e.fingerprint not in names and asked(report, e)]
    why = unseen(report, baseline.sources.get(owner or "", ""), complete=complete) if lost else ""
    return ([], f"{why}; entries that do not occur were left alone") if why else (lost, "")


def _expired(entry: Entry, finding: Finding, baseline: Baseline) -> Finding:
    why = f" ({entry.reason})" if entry.reason else ""
    message = f"{entry.code} was accepted until {entry.expires}{why}: it counts again"
    fix = f"mend it, or accept it anew: inspect-pipe baseline update --expires DATE -o {baseline.path}"
    return Finding("IPB802", "warning", entry.where, message, fix, places=finding.places)


def _stale(entry: Entry, baseline: Baseline, kept: list[Finding]) -> Finding:
    other = any((f.code, f.where) == (entry.code, entry.where) for f in kept)
    said = "occurs with other values than were accepted, and counts" if other else "no longer occurs"
    message = f"{entry.code}, which the baseline accepts, {said}" + (
        f". It was: {entry.message}" if entry.message else ""
    )
    fix = f"inspect-pipe baseline prune -o {baseline.path}"
    return Finding("IPB801", "note", entry.where, message, fix)


def _unnamed(here: str, owner: str | None, baseline: Baseline) -> list[Finding]:
    if owner is None:
        message = f"{baseline.path} does not name {here}: none of its entries count for it"
    else:
        message = f"{baseline.path} does not name {here}: what it accepts of {owner} was taken, for it is the same"
    fix = f"inspect-pipe baseline update {here} -o {baseline.path}"
    return [Finding("IPB803", "note", "baseline", message, fix, places={"a": owner, "b": here})]


def _titled(report: Report, told: list[Finding]) -> dict[str, object]:
    rules = report.data.get("rules")
    if not told or not isinstance(rules, dict):
        return report.data
    from inspector.rules import RULES

    return {**report.data, "rules": {**rules, **{f.code: RULES[f.code].title for f in told}}}
