"""The checks of sigmas as Markdown: tables, what is not right, and the figures where they were written."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Report
from inspector.render import Look
from inspector.render.code import parsed
from inspector.render.escape import Safe, safe
from inspector.render.markdown import GLYPHS, code_span, fenced, quoted, row
from inspector.render.measured import (
    FEW,
    HEAD,
    MOST,
    Story,
    by_place,
    facts,
    listed,
    mark_of,
    severities,
    skipped_by_reason,
    stories,
    summary,
)
from inspector.render.parts import counted


def part(report: Report, look: Look) -> Iterator[str]:
    checks, severe = report.data["checks"], severities(report)
    shown = listed(report, look.verbose)
    for place, rows in by_place(shown).items():
        yield from ("", f"### {quoted(place)}", "")
        yield row(*(Safe(title or "verdict") for title in HEAD))
        yield "| --- |" + " ---: |" * (len(HEAD) - 2) + " --- |"
        for one in rows:
            mark, word = mark_of(one, severe)
            cells = " | ".join([code_span(safe(one["preset"], 60), table=True), *map(quoted, summary(one))])
            yield f"| {cells} | {GLYPHS[mark]} {quoted(word)} |"
    if len(shown) < len(checks):
        yield from ("", f"{GLYPHS['clean']} {counted(len(checks) - len(shown), 'check')} more as they should be")
    for figure in report.data.get("figures", ()):
        yield from ("", f"![{quoted(safe(figure['alt'], 600))}](<{address(figure['file'])}>)")
    found = stories(report, everything=look.verbose or len(checks) <= FEW)
    for story in found if look.verbose else found[:MOST]:
        yield from told(story)
    if len(found) > MOST and not look.verbose:
        yield from ("", f"and {len(found) - MOST} more presets that are not right")
    skipped = skipped_by_reason(checks)
    if skipped:
        yield from ("", "### Skipped", "")
        for reason, names in skipped.items():
            yield f"- {quoted(safe(reason, 400))}: {', '.join(code_span(safe(n, 60)) for n in names)}"


def told(story: Story) -> Iterator[str]:
    """One story: its findings, what was measured, the lines to write."""
    one = story.row
    title = Safe(f"{safe(one['class'], 60)} on {safe(one['model'], 60)}")
    yield from ("", f"### {code_span(safe(one['preset'], 60))} {quoted(title)}", "")
    for finding in story.findings:
        yield f"- {GLYPHS[finding.severity]} **{safe(finding.code, 20)}** {quoted(safe(finding.message))}"
    for label, said in facts(story):
        if said:
            yield f"- {label}: {quoted(said)}"
    for fix in dict.fromkeys(safe(f.fix, 1_000) for f in story.findings if f.fix):
        yield from ("", *(fenced(fix, "python") if parsed(fix) is not None else (quoted(fix),)))


def address(path: str) -> str:
    """A file's path inside the angle brackets of a link."""
    return "".join(c for c in safe(path, 1_000).replace("\\", "/") if c not in "<>").replace(" ", "%20")
