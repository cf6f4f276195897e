"""The checks of sigmas for a terminal: one line a preset, then what is to be said of those that are not right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inspector.model import Report, Severity
from inspector.render.code import broken
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS, STYLES, code_text, fitted, text
from inspector.render.measured import (
    FEW,
    HEAD,
    MOST,
    Story,
    by_place,
    compared,
    facts,
    listed,
    mark_of,
    severities,
    skipped_by_reason,
    solved,
    stories,
    summary,
)
from inspector.render.parts import counted

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

WIDTHS = (25, 6, 8, 8, 5, 5, 8, 6)
"""Of the columns in :data:`HEAD`; with the mark and the gaps, 80."""


def told(report: Report, page: Page) -> Iterator[Text]:
    """Tables by model, steps and device; the skipped ones by reason; the stories of what is not right."""
    checks = report.data["checks"]
    shown, severe = listed(report, page.verbose), severities(report)
    for place, rows in by_place(shown).items():
        yield text("")
        yield text((place, "bold"))
        yield line(HEAD, "dim")
        for row in rows:
            yield from check_line(row, severe, page)
    if len(shown) < len(checks):
        yield text("")
        yield text(
            (f"  {GLYPHS['clean']} ", "green"), f"{counted(len(checks) - len(shown), 'check')} more as it should (-v)"
        )
    yield from skips(checks, page)
    found = stories(report, everything=page.verbose or len(checks) <= FEW)
    most = len(found) if page.verbose else MOST
    for story in found[:most]:
        yield from one(story, page)
    if len(found) > most:
        yield text("")
        yield text((f"  and {counted(len(found) - most, 'preset')} more that are not right (-v)", "dim"))


def line(cells: Sequence[Text | str], style: str = "") -> Text:
    """The cells of one check side by side: 80 columns."""
    shown = text("  ")
    for i, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True)):
        piece = text((cell, style)) if isinstance(cell, str) else cell
        cell_text = fitted(piece, width, right=0 < i < len(WIDTHS) - 1)
        cell_text.pad_right(width - cell_text.cell_len)
        shown.append_text(cell_text).append(" ")
    return shown


def check_line(row: Mapping[str, Any], severe: Mapping[str, Severity], page: Page) -> Iterator[Text]:
    """``✓ dpmpp_2m  21  14.615  0.22558  0  19  2.7e-06  pass``; below it what else there is to know."""
    mark, word = mark_of(row, severe)
    shown = line([text(safe(row["preset"], WIDTHS[0])), *summary(row), text((word, STYLES[mark]))])
    yield text((GLYPHS[mark], STYLES[mark])).append_text(shown[1:])
    said = [Safe(", ".join(safe(c, 20) for c in row["codes"]))] if len(row["codes"]) > 1 else []
    said += [safe(row["reason"], 300)] if row["reason"] and not row["codes"] else []
    said += [compared(row["against"])] if (row.get("against") or {}).get("verdict") else []
    said += [solved(row["solve"])] if row.get("solve") else []
    for sentence in said:
        yield from page.laid([[text((sentence, "dim"))]], 4)


def skips(checks: Sequence[Mapping[str, Any]], page: Page) -> Iterator[Text]:
    """The checks that could not be made, by reason."""
    rows = []
    for reason, names in skipped_by_reason(checks).items():
        kept = names if page.verbose else names[:4]
        rest = f" and {len(names) - len(kept)} more" if len(names) > len(kept) else ""
        who = f"{', '.join(safe(n, 60) for n in kept)}{rest}"
        rows.append([text(("skipped", "dim")), text((f"{who}: {safe(reason, 400)}", "dim"))])
    if rows:
        yield text("")
        yield from page.laid(rows, 2)


def one(story: Story, page: Page) -> Iterator[Text]:
    """One story: what was found, the worst step, the tolerance and where it comes from, what other checks say."""
    from inspector.render.human import heading

    row = story.row
    yield from heading(str(safe(row["preset"], 40)), f"{safe(row['class'], 60)} on {safe(row['model'], 40)}", page)
    for finding in story.findings:
        yield from page.laid([[code_text(finding), text(safe(finding.message))]], 2)
    rows = [[text((label, "dim")), text(said)] for label, said in facts(story) if said]
    yield from page.laid(rows, 2)
    for fix in dict.fromkeys(f.fix for f in story.findings if f.fix):
        shown = broken(safe(fix, 1_000), min(page.width, 140) - 8)
        yield from page.laid([[text(("fix", "bold green")), text((shown, "green"))]], 2, width=min(page.width, 140))
