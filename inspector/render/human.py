"""The report for a terminal: by component, each setting with its places, who reads them, and the line to write."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.model import SEVERITIES, Finding, Report, Table, same
from inspector.render import Look
from inspector.render.code import broken
from inspector.render.escape import Safe, safe, tame
from inspector.render.layout import ASCII, GLYPHS, PROSE, STYLES, Piece, code_text, columns, fitted, shown_rule, text
from inspector.render.parts import (
    Block,
    Group,
    accepted,
    counted,
    groups,
    marks,
    odd_ones,
    readers,
    skip_text,
    unsaid,
    value_text,
    verdict,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_NARROW = ("component", "class", "parameters")
"""The columns of the overview that fit 80 columns."""
_NUMBERS = ("settings", "parameters")
_MOST = 2
"""Readers of one place, and lines of one reader, that are shown before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is written on: ``prose`` is the width for sentences, ``width`` that for code."""

    console: Console
    width: int
    prose: int
    verbose: bool
    titles: dict[str, str]

    def laid(self, rows: list[list[Text]], indent: int, **options: Any) -> Iterator[Text]:
        return columns(self.console, rows, **{"width": self.prose, "indent": indent, **options})


def human(report: Report, look: Look) -> Safe:
    """The report as text of ``look.width`` columns."""
    return printed(report, look, lines)


def body_alone(report: Report, verbose: bool) -> Safe:
    """What a command other than ``diff`` tells, as plain text for the formats that frame it; empty for ``diff``."""
    return printed(report, Look(width=PROSE, verbose=verbose), body)


def printed(report: Report, look: Look, told: Callable[[Report, Page], Iterator[Text]]) -> Safe:
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=look.width,
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        no_color=not look.color,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    titles = report.data.get("rules", {})
    page = Page(console, look.width, min(look.width, PROSE), look.verbose, titles)
    for line in told(report, page):
        line.rstrip()
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    shown = out.getvalue()
    return Safe(tame(shown.translate(ASCII) if look.ascii else shown))


def lines(report: Report, page: Page) -> Iterator[Text]:
    """The report from top to bottom."""
    yield from head(report, page)
    found = groups(report, verbose=page.verbose)
    for group in found:
        if group.blocks:
            yield from section(group, page)
    yield from noted([g for g in found if not g.blocks], page)
    yield from body(report, page)
    yield from skipped(report, page)
    severity, line = verdict(report, page.width - 2)
    yield text("")
    yield text(f"{GLYPHS[severity]} ", line, style=STYLES[severity])


def body(report: Report, page: Page) -> Iterator[Text]:
    """What a command other than ``diff`` tells, by a function of its own."""
    from inspector.render import BODIES

    place = BODIES.get(report.data.get("command", ""))
    if place is not None:
        module, _, name = place.partition(":")
        yield from getattr(importlib.import_module(module), name)(report, page)


def head(report: Report, page: Page) -> Iterator[Text]:
    """What was inspected with which versions, and the components at a glance."""
    other = report.data.get("other")
    titles = [("", report.source, report.versions)]
    if other:
        first = report.source.partition(" → ")[0]
        titles = [("a  ", first, report.versions), ("b  ", other["source"], other["versions"])]
    for side, source, found in titles:
        title, libraries = text((side + safe(source, 200), "bold")), versions(found)
        if title.cell_len + 3 + len(libraries) <= page.width:
            yield title.append(f"   {libraries}", "dim")
        else:
            yield from page.laid([[title]], 0, width=page.width)
            yield from page.laid([[text((libraries, "dim"))]], len(side), width=page.width)
    for overview in () if other else report.tables:
        yield text("")
        yield from table(overview, report, page)


def versions(found: dict[str, str]) -> Safe:
    shown = (f"{safe(k, 40)} {safe(v, 40)}" for k, v in found.items() if k in ("diffusers", "transformers", "torch"))
    return Safe(" · ".join(shown))


def table(overview: Table, report: Report, page: Page) -> Iterator[Text]:
    """A table of the report; that of the components with their findings, and on a narrow terminal with less."""
    components = overview.title == "components"
    wide = page.width >= PROSE
    shown = [i for i, c in enumerate(overview.columns) if not components or wide or c in _NARROW]
    right = [overview.columns[i] in _NUMBERS for i in shown]
    found = marks(report)
    rows = [[text((safe(overview.columns[i], 40), "dim")) for i in shown]]
    rows += [[text(safe(row[i], 80)) for i in shown] for row in overview.rows]
    if components:
        rows[0].append(text(("findings", "dim")))
        for cells, row in zip(rows[1:], overview.rows, strict=True):
            cells.append(tally(found.get(row[0], {})))
    widths = [max(row[i].cell_len for row in rows) for i in range(len(rows[0]))]
    over = 2 + sum(widths) + 2 * (len(widths) - 1) - page.width
    if over > 0:
        longest = widths.index(max(widths))
        widths[longest] = max(4, widths[longest] - over)
    fits = [[fitted(c, w, right=r) for c, w, r in zip(row, widths, [*right, False], strict=False)] for row in rows]
    yield from page.laid(fits, 2, width=page.width)


def tally(counts: dict[Any, int]) -> Text:
    """``2✗ 1!``: a component's findings in the overview."""
    shown: list[Piece] = [(f"{counts[s]}{GLYPHS[s]} ", STYLES[s]) for s in SEVERITIES if counts.get(s)]
    return text(*shown) if shown else text((GLYPHS["clean"], "green"))


def section(group: Group, page: Page) -> Iterator[Text]:
    """One component: a heading, its blocks, its notes."""
    yield from heading(group.expression, group.cls, page)
    for block in group.blocks:
        yield text("")
        yield from told(block, page)
    if group.notes:
        yield text("")
        yield from page.laid([[code_text(notes[0]), summarised(notes, page)] for notes in group.notes.values()], 2)


def heading(name: str, cls: str, page: Page) -> Iterator[Text]:
    title, of = safe(name, 60), safe(cls, 60)
    rule = shown_rule(page.prose - len(title) - len(of) - (6 if of else 4))
    yield text("")
    line = text(("━━ ", "dim"), (title, "bold"), "  " if of else "", of, (f" {rule}", "dim"))
    yield fitted(line, min(line.cell_len, page.width))


def noted(found: list[Group], page: Page) -> Iterator[Text]:
    """The components of which there are only notes, together."""
    if found:
        yield from heading("notes", "", page)
        yield text("")
        rows = [
            [code_text(notes[0]), text(safe(group.expression, 60)), summarised(notes, page)]
            for group in found
            for notes in group.notes.values()
        ]
        yield from page.laid(rows, 2)


def summarised(notes: list[Finding], page: Page) -> Text:
    """All notes of one code in one line: what they say, and of which settings."""
    if len(notes) == 1:
        setting = notes[0].where.rpartition(".")[2] if "." in notes[0].where else ""
        named = f"{safe(setting, 60)}: " if setting and setting not in notes[0].message else ""
        return text((f"{named}{safe(notes[0].message, 600)}", "dim"))
    names = [f.where.rpartition(".")[2] for f in notes]
    shown = ", ".join(safe(n, 40) for n in names[:6])
    rest = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return text((f"{len(notes)}× {safe(page.titles.get(notes[0].code, 'noted'), 120)}: {shown}{rest}", "dim"))


def told(block: Block, page: Page) -> Iterator[Text]:
    """One setting: what is wrong, where each value stands and who reads it, and the line to write."""
    if block.setting:
        yield text("  ", (safe(block.setting, 120), "bold underline"))
    rows = []
    for finding in block.findings:
        sure = "" if finding.confidence == "certain" else f" ({finding.confidence})"
        rows.append([code_text(finding), text(safe(finding.message), sure)])
    yield from page.laid(rows, 2)
    if proof := places(block, page):
        yield text("")
        caps = {1: max(24, page.width // 3)} if len(proof[0]) > 2 else {}
        yield from page.laid(proof, 6, width=min(page.width, 140), caps=caps, gaps=(2, 2, 1)[: len(proof[0]) - 1])
    for fix in block.fixes:
        yield text("")
        shown = broken(safe(fix, 1_000), min(page.width, 140) - 11)
        yield from page.laid([[text(("fix", "bold green")), text((shown, "green"))]], 6, width=min(page.width, 140))


def places(block: Block, page: Page) -> list[list[Text]]:
    """The places of a setting with their values, the odd ones marked, beside whoever reads them."""
    by_place = readers(block.reads)
    if not page.verbose and by_place.keys() - {"init"}:
        by_place.pop("init", None)  # whoever reads it later is what counts
    values = {p: value_text(d, page.width if page.verbose else 60) for p, d in block.places.items()}
    alike = all(same(data, next(iter(block.places.values()))) for data in block.places.values())
    if len(values) > 1 and alike and not by_place.keys() & values.keys():
        values = {", ".join(block.places): next(iter(values.values()))}
    odd, mark = odd_ones(block.places), STYLES[block.severity].removeprefix("bold ")
    rows = []
    for place in [*values, *(p for p in by_place if p not in values)]:
        named = [text((safe(place, 60), "dim")), text((values.get(place, Safe("")), mark if place in odd else ""))]
        if by_place:
            for read in read_by(by_place.get(place, []), page):
                arrow = "←" if read.plain and not read.plain.startswith("and ") else ""
                rows.append([*named, text((arrow, "dim")), read])
                named = [text(""), text("")]
        else:
            rows.append(named)
    return rows


def read_by(found: list[tuple[str, list[str]]], page: Page) -> list[Text]:
    """``set_timesteps scheduling_x.py:397, 444``, one a line; one empty line when nobody does."""
    most = len(found) if page.verbose else _MOST
    shown = []
    for function, (file, *numbers) in found[:most]:
        kept = numbers if page.verbose else numbers[:_MOST]
        rest = f" +{len(numbers) - len(kept)}" if len(numbers) > len(kept) else ""
        shown.append(
            text(safe(function, 80), (f" {safe(file, 120)}:{', '.join(safe(n, 20) for n in kept)}{rest}", "dim"))
        )
    if len(found) > most:
        shown.append(text((f"and {counted(len(found) - most, 'function')} more", "dim")))
    return shown or [text("")]


def skipped(report: Report, page: Page) -> Iterator[Text]:
    """What was not checked or not counted, each with its reason."""
    rows = []
    for skip in unsaid(report):
        label = ("not read", STYLES["error"]) if skip.failed else ("skipped", "dim")
        rows.append([text(label), text(skip_text(skip), style="" if skip.failed else "dim")])
    for code, why in report.data.get("ignored", {}).items():
        what = f"{counted(why['count'], 'finding')} {safe(code, 20)}: {safe(why['reason'], 300)}"
        rows.append([text(("ignored", "dim")), text((what, "dim"))])
    rows += [[text(("suppressed", "dim")), text((line, "dim"))] for line in accepted(report, verbose=page.verbose)]
    if rows:
        yield text("")
        yield from page.laid(rows, 2)
