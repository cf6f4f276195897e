"""The report as commands to the runner of GitHub Actions: annotations on files and lines, and the log for a person.

A runner obeys every line that begins with ``::``, whoever wrote it. So the text for a person stands between
``::stop-commands::TOKEN`` and ``::TOKEN::``, with a token made of that very text: nothing in it can know it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inspector.model import SEVERITIES, Report, Severity
from inspector.render import Look
from inspector.render.alerts import alerts, command, words
from inspector.render.escape import Safe, safe
from inspector.render.human import human
from inspector.render.parts import verdict

KINDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
MOST = 10
"""GitHub shows so many annotations of each kind for one step, and drops the rest without a word."""
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Note:
    """One annotation, its texts not yet escaped for a command."""

    title: str
    text: str
    file: str = ""
    line: int | None = None


def github(report: Report, look: Look) -> Safe:
    """A group with the report for a person, then one annotation a finding, ten of a kind at most."""
    kinds: dict[Severity, list[Note]] = {s: [] for s in SEVERITIES}
    for skip in report.skipped:
        if skip.failed:
            kinds["error"].append(Note("not read", f"{safe(skip.where, 200)}: {safe(skip.reason)}"))
    for alert in alerts(report):
        found = alert.finding
        if alert.suppressed is None:
            note = Note(safe(found.code, 40), words(found), safe(alert.file, 1_000), alert.line)
            kinds[found.severity].append(note)
    if "answer" in report.data and not any(kinds.values()):  # of a command that answers a question
        severity, line = verdict(report)
        kinds["note" if severity == "clean" else severity].append(Note(f"inspect-pipe {command(report)}", line))
    lines = [*grouped(report, look)]
    for severity, notes in kinds.items():
        lines += [annotation(KINDS[severity], n) for n in few(notes, KINDS[severity])]
    return Safe("\n".join(lines) + "\n")


def grouped(report: Report, look: Look) -> Iterator[str]:
    """The report for a person, folded away, in which no line is a command."""
    text = human(report, replace(look, color=False)).rstrip("\n")
    text = text.replace("##[", "# #[")  # the older commands, which may stand anywhere in a line
    token = f"inspect-pipe-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    yield f"::group::{data(verdict(report)[1])}"
    yield f"::stop-commands::{token}"
    yield text
    yield f"::{token}::"
    yield "::endgroup::"


def few(notes: Sequence[Note], kind: str) -> Iterator[Note]:
    """As many as are shown; the last one tells of the rest."""
    if len(notes) <= MOST:
        yield from notes
        return
    yield from notes[: MOST - 1]
    rest = notes[MOST - 1 :]
    codes = Counter(n.title for n in rest)
    named = ", ".join(f"{count}× {code}" for code, count in codes.most_common(_NAMED))
    more = f" and {len(codes) - _NAMED} other codes" if len(codes) > _NAMED else ""
    said = f"{len(rest)} more of this kind: {named}{more}\nthe log and the job summary have them all"
    yield Note(f"{len(rest)} more {kind}s", said)


def annotation(kind: str, note: Note) -> str:
    """``::error file=…,line=…,title=…::message``."""
    given = {"file": note.file, "line": str(note.line or "") if note.file else "", "title": note.title}
    shown = ",".join(f"{k}={quoted(v)}" for k, v in given.items() if v)
    return f"::{kind} {shown}::{data(note.text)}"


def data(text: str) -> str:
    """Safe text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def quoted(text: str) -> str:
    """Safe text as a property of a command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
