"""The checks of sigmas as Markdown: tables, what is not right, and the figures where they were written."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Report
from inspector.render import Look
from inspector.render.code import parsed
from inspector.render.escape import Safe, safe
from inspector.render.likewise import Code, alike, of_classes
from inspector.render.markdown import GLYPHS, code_span, fenced, quoted, row
from inspector.render.measured import HEAD, facts, plural, summary
from inspector.render.parts import counted
from inspector.render.series import (
    MOST,
    Series,
    by_place,
    lines,
    listed,
    series,
    told_in_full,
)


def part(report: Report, look: Look) -> Iterator[str]:
    found = series(report)
    shown, full = listed(found, look.verbose), told_in_full(found, look.verbose)
    for (place, why), members in by_place(shown).items():
        yield from ("", f"### {quoted(place)}", "")
        if why:
            yield from (quoted(why), "")
        yield row(*(Safe(title or "verdict") for title in HEAD))
        yield "| --- |" + " ---: |" * (len(HEAD) - 2) + " --- |"
        for one in members:
            for check, mark, word, also in lines(one, look.verbose):
                cells = " | ".join([code_span(safe(check["preset"], 60), table=True), *map(quoted, summary(check))])
                rest = f" {quoted(also)}" if also else ""
                yield f"| {cells} | {GLYPHS[mark]} {quoted(word)}{rest} |"
    if len(shown) < len(found):
        rest = f"{counted(len(found) - len(shown), 'preset')} more as they should be"
        yield from ("", f"{GLYPHS['clean']} {rest}")
    for figure in report.data.get("figures", ()):
        yield from ("", f"![{quoted(safe(figure['alt'], 600))}](<{address(figure['file'])}>)")
    many = len(full) > MOST and not look.verbose
    for one in [] if many else full:
        yield from told(one)
    yield from by_code(alike(full if many else [], of_classes(report)), report)


def by_code(found: list[Code], report: Report) -> Iterator[str]:
    """What was found, told once for all the presets or classes that have it."""
    for code in found:
        title = safe(report.data.get("rules", {}).get(code.code, ""), 100)
        yield from ("", f"### {GLYPHS[code.severity]} {safe(code.code, 20)} {quoted(title)}")
        for same in code.said:
            yield from ("", f"- {quoted(safe(same.finding.message))}")
            if same.finding.fix:
                yield f"- fix: {quoted(safe(same.finding.fix, 1_000))}"
            names = ", ".join(code_span(safe(n, 60)) for n in same.names)
            yield f"- {plural(len(same.names), same.of)}: {names}"
            if same.others:
                others = ", ".join(code_span(safe(n, 60)) for n in same.others)
                yield f"- with other numbers, {len(same.others)} more: {others}"


def told(one: Series) -> Iterator[str]:
    """One preset: its findings, what was measured, the lines to write."""
    check = one.row
    title = Safe(f"{safe(check['class'], 60)} on {safe(check['model'], 60)}")
    yield from ("", f"### {code_span(safe(check['preset'], 60))} {quoted(title)}", "")
    for finding in one.findings:
        yield f"- {GLYPHS[finding.severity]} **{safe(finding.code, 20)}** {quoted(safe(finding.message))}"
    for label, said in facts(one):
        if said:
            yield f"- {label}: {quoted(said)}"
    for fix in dict.fromkeys(safe(f.fix, 1_000) for f in one.findings if f.fix):
        yield from ("", *(fenced(fix, "python") if parsed(fix) is not None else (quoted(fix),)))


def address(path: str) -> str:
    """A file's path inside the angle brackets of a link."""
    return "".join(c for c in safe(path, 1_000).replace("\\", "/") if c not in "<>").replace(" ", "%20")
