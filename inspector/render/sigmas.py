"""The checks of sigmas for a terminal: one line a preset, then what is to be said of those that are not right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.code import broken
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS, STYLES, code_text, fitted, text
from inspector.render.likewise import Alike, Code, alike, count, of_classes
from inspector.render.measured import HEAD, facts, plural, solved, summary
from inspector.render.parts import counted
from inspector.render.series import (
    MOST,
    Mark,
    Series,
    by_place,
    lines,
    listed,
    series,
    severities,
    told_in_full,
)

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

WIDTHS = (27, 5, 5, 8, 8, 5, 7, 6)
"""Of the columns in :data:`HEAD`; with the mark and the gaps, 80."""

NAMES = 12
"""Presets that are named before the rest is counted."""
PLOTS = 12
"""Groups that are drawn before the rest is counted."""


def told(report: Report, page: Page) -> Iterator[Text]:
    """Tables by model and device; the skipped ones by reason; in full what is not right."""
    found = series(report)
    shown = listed(found, page.verbose)
    for (place, why), members in by_place(shown).items():
        yield text("")
        yield text((place, "bold"))
        if why:
            yield from page.laid([[text((why, "dim"))]], 2)
        yield line(HEAD, "dim")
        for one in members:
            for row, mark, word, also in lines(one, page.verbose):
                yield check_line(row, mark, word)
                yield from below(row, also, page)
    if len(shown) < len(found):
        yield text("")
        rest = f"{counted(len(found) - len(shown), 'preset')} more as they should be (-v)"
        yield text((f"{GLYPHS['clean']} ", "green"), rest)
    yield from plots(report, page)
    full = told_in_full(found, page.verbose)
    many = len(full) > MOST and not page.verbose
    for one in [] if many else full:
        yield from in_full(one, page)
    yield from by_code(alike(full if many else [], of_classes(report)), report, page)
    if many:
        yield text("")
        yield text(("  inspect-pipe sigmas NAME tells all of one preset; -v of every one", "dim"))


def line(cells: Sequence[Text | str], style: str = "") -> Text:
    """The cells of one check side by side: 80 columns."""
    shown = text("  ")
    for i, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True)):
        piece = text((cell, style)) if isinstance(cell, str) else cell
        cell_text = fitted(piece, width, right=0 < i < len(WIDTHS) - 1)
        cell_text.pad_right(width - cell_text.cell_len)
        shown.append_text(cell_text).append(" ")
    return shown


def check_line(row: Mapping[str, Any], mark: Mark, word: Safe) -> Text:
    """``✓ dpmpp_2m  20  21  14.615  0.22558  19  2.7e-06  pass``."""
    shown = line([text(safe(row["preset"], 200)), *summary(row), text((word, STYLES[mark]))])
    return text((GLYPHS[mark], STYLES[mark])).append_text(shown[1:])


def below(row: Mapping[str, Any], also: Safe, page: Page) -> Iterator[Text]:
    """What the line does not say: other codes, why there is no verdict, what was solved."""
    said = [also]
    said += [safe(row["reason"], 300)] if row["reason"] and not row["codes"] else []
    said += [solved(row["solve"])] if row.get("solve") else []
    for sentence in filter(None, said):
        yield from page.laid([[text((sentence, "dim"))]], 4)


def plots(report: Report, page: Page) -> Iterator[Text]:
    """With ``--plot``: the curves, what is not right first."""
    if not report.data.get("plot"):
        return
    from rich.text import Text

    from inspector.render.curves import groups
    from inspector.render.plot import plot

    found = groups([one.drawn for one in series(report)], severities(report))
    for group in found if page.verbose else found[:PLOTS]:
        yield text("")
        for drawn in plot(group, width=page.width, color=not page.console.no_color):
            yield Text.from_ansi(drawn)
    if len(found) > PLOTS and not page.verbose:
        yield text((f"  and {counted(len(found) - PLOTS, 'group')} more without curves here (-v)", "dim"))


def by_code(found: list[Code], report: Report, page: Page) -> Iterator[Text]:
    """What was found, told once for all the presets or classes that have it."""
    from inspector.render.human import heading

    for code in found:
        title = report.data.get("rules", {}).get(code.code, "")
        yield from heading(f"{GLYPHS[code.severity]} {safe(code.code, 20)}", str(safe(title, 100)), page)
        for number, same in enumerate(code.said):
            if number:
                yield text("")
            yield from once(same, page)


def once(same: Alike, page: Page) -> Iterator[Text]:
    """One thing that was found, of whom, and what to write."""
    finding, rows = same.finding, [[text((plural(count(same), same.of), "dim")), text(named(same.names))]]
    if same.others:
        rows.append([text(("likewise", "dim")), text(named(same.others))])
    rows.append([text(("says", "dim")), text(safe(finding.message))])
    if finding.fix:
        shown = broken(safe(finding.fix, 1_000), min(page.width, 140) - 14)
        rows.append([text(("fix", "bold green")), text((Safe(shown), "green"))])
    yield from page.laid(rows, 2)


def named(names: Sequence[str]) -> Safe:
    rest = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return Safe(f"{', '.join(safe(n, 60) for n in names[:NAMES])}{rest}")


def in_full(one: Series, page: Page) -> Iterator[Text]:
    """What was found, the worst step, the tolerance and where it comes from, what the other checks say."""
    from inspector.render.human import heading

    row = one.row
    yield from heading(str(safe(row["preset"], 40)), f"{safe(row['class'], 60)} on {safe(row['model'], 40)}", page)
    fixed: set[str] = set()
    for finding in one.findings:
        yield from page.laid([[code_text(finding), text(safe(finding.message))]], 2)
        if finding.fix and finding.fix not in fixed:
            shown = broken(safe(finding.fix, 1_000), min(page.width, 140) - 17)
            yield from page.laid([[text(("fix", "bold green")), text((Safe(shown), "green"))]], 12, width=page.width)
            fixed.add(finding.fix)
    if one.findings:
        yield text("")
    rows = [[text((label, "dim")), text(said)] for label, said in facts(one) if said]
    yield from page.laid(rows, 2)
