"""The report as GitHub-flavoured Markdown, for an issue or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.model import Report
from inspector.render import Look
from inspector.render.code import parsed
from inspector.render.escape import Safe, safe
from inspector.render.human import body_alone
from inspector.render.parts import (
    Block,
    Group,
    accepted,
    groups,
    marks,
    readers,
    skip_text,
    unsaid,
    value_text,
    verdict,
)

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~#$@]|:(?=//)|(?<=\bwww)\.)")
GLYPHS = {"error": "❌", "warning": "⚠️", "note": "ℹ️", "clean": "✅"}


def markdown(report: Report, look: Look) -> Safe:
    """The report as Markdown in which no foreign text is a link, a mention, HTML or a heading."""
    return Safe("\n".join(lines(report, look)) + "\n")


def lines(report: Report, look: Look) -> Iterator[str]:
    severity, line = verdict(report)
    yield f"## {GLYPHS[severity]} {quoted(line)}"
    yield ""
    versions = ", ".join(f"{safe(k, 40)} {safe(v, 40)}" for k, v in report.versions.items())
    command = safe(report.data.get("command", "diff"), 20)
    yield quoted(Safe(f"inspect-pipe {command}, {versions or 'no library was loaded'}"))
    counts = marks(report)
    for table in report.tables:
        extra = ("findings",) if table.title == "components" else ()
        yield ""
        yield row(*map(safe, (*table.columns, *extra)))
        yield "|" + " --- |" * len((*table.columns, *extra))
        for cells in table.rows:
            found = counts.get(cells[0], {})
            tally = ", ".join(f"{n} {s}{'s' if n > 1 else ''}" for s, n in found.items() if n)
            yield row(*(safe(c, 120) for c in cells), *([Safe(tally)] if extra else []))
    for group in groups(report, verbose=look.verbose):
        yield from section(group, report)
    if report.data.get("command") == "sigmas":
        from inspector.render.sigmas_markdown import part

        yield from part(report, look)
    elif told_alone := body_alone(report, look.verbose).strip("\n"):
        yield from ("", *fenced(Safe(told_alone), "text"))
    if unsaid(report):
        yield from ("", "### Not checked", "")
        for skip in unsaid(report):
            yield f"- {'**not read** ' if skip.failed else ''}{quoted(skip_text(skip))}"
    ignored = report.data.get("ignored", {})
    if ignored:
        yield from ("", "### Ignored", "")
        for code, why in ignored.items():
            yield f"- {why['count']} × {code_span(safe(code, 20))}: {quoted(safe(why['reason'], 300))}"
    if shown := accepted(report, verbose=look.verbose):
        yield from ("", "### Suppressed", "", *(f"- {quoted(line)}" for line in shown))


def section(group: Group, report: Report) -> Iterator[str]:
    cls = f" {code_span(safe(group.cls, 120))}" if group.cls else ""
    yield from ("", f"### {code_span(safe(group.expression, 120))}{cls}")
    for block in group.blocks:
        yield from told(block)
    if group.notes:
        titles = report.data.get("rules", {})
        yield ""
        for code, notes in group.notes.items():
            about = safe(notes[0].message) if len(notes) == 1 else safe(titles.get(code, "noted"))
            names = ", ".join(code_span(safe(f.where.rpartition(".")[2], 60)) for f in notes[:8])
            rest = f" and {len(notes) - 8} more" if len(notes) > 8 else ""
            yield f"- {GLYPHS['note']} **{safe(code, 20)}** {quoted(about)}" + (
                f": {names}{rest}" if len(notes) > 1 else ""
            )


def told(block: Block) -> Iterator[str]:
    """One setting: the messages, its places as a table, the fix as code."""
    if block.setting:
        yield from ("", f"#### {code_span(safe(block.setting, 120))}")
    yield ""
    for finding in block.findings:
        sure = "" if finding.confidence == "certain" else f" ({finding.confidence})"
        yield f"- {GLYPHS[finding.severity]} **{safe(finding.code, 20)}** {quoted(safe(finding.message))}{sure}"
    found = readers(block.reads)
    if block.places:
        yield from ("", "| place | value | read by |", "| --- | --- | --- |")
        for place, data in block.places.items():
            by = [f"{quoted(safe(f, 80))} {code_span(located(where))}" for f, where in found.get(place, [])]
            by = by if len(by) <= 3 else [*by[:3], f"and {len(by) - 3} more"]
            yield f"| {quoted(safe(place, 60))} | {code_span(value_text(data, 120), table=True)} | {'; '.join(by)} |"
    for fix in block.fixes:
        shown = safe(fix, 1_000)
        if parsed(shown) is None:
            yield from ("", f"Fix: {quoted(shown)}")
            continue
        yield from ("", *fenced(shown, "python"))


def located(where: list[str]) -> Safe:
    file, *numbers = where
    return Safe(f"{safe(file, 120)}:{', '.join(numbers[:4])}{'…' if len(numbers) > 4 else ''}")


def row(*cells: Safe) -> str:
    return "| " + " | ".join(quoted(c) for c in cells) + " |"


def fenced(text: Safe, language: str) -> tuple[str, str, str]:
    """Safe text as a block of code, whatever backticks are in it."""
    fence = "`" * max(3, 1 + max((len(m) for m in re.findall("`+", text)), default=0))
    return f"{fence}{language}", text, fence


def quoted(text: Safe) -> str:
    """Safe text with all that Markdown, HTML or GitHub (links, mentions, issues) would interpret made literal."""
    return _SPECIAL.sub(lambda m: f"&#{ord(m[1])};" if m[1] in "<>&@#:.$" else f"\\{m[1]}", text)


def code_span(text: Safe, *, table: bool = False) -> str:
    """Safe text as inline code, whatever backticks are in it."""
    shown = text.replace("|", "\\|") if table else text
    ticks = "`" * (1 + max((len(m) for m in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"
