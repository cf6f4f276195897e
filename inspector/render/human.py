"""The report for a terminal: by component, each setting with its places, who reads them, and the line to write."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import SEVERITIES, Finding, Report, Table, same
from inspector.render import Look
from inspector.render.code import broken
from inspector.render.escape import Safe, safe
from inspector.render.layout import ASCII, GLYPHS, PROSE, STYLES, code_text, grid, indented, narrow, text
from inspector.render.parts import (
    Block,
    Group,
    counted,
    groups,
    marks,
    odd_ones,
    readers,
    skip_text,
    value_text,
    verdict,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_NARROW = ("component", "class", "parameters")
"""The columns of the overview that fit 80 columns."""
_NUMBERS = ("settings", "parameters")
_MOST = 2
"""Readers of one place, and lines of one reader, that are shown before the rest is counted."""


def human(report: Report, look: Look) -> Safe:
    """The report as text of ``look.width`` columns."""
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
    for part in parts(report, look):
        console.print(part, soft_wrap=False)
    lines = (line.rstrip() for line in out.getvalue().removesuffix("\n").split("\n"))
    text = "\n".join(lines) + "\n"
    return Safe(text.translate(ASCII) if look.ascii else text)


def parts(report: Report, look: Look) -> Iterator[RenderableType]:
    """The report from top to bottom."""
    yield from head(report, look)
    found, titles = groups(report, verbose=look.verbose), report.data.get("rules", {})
    for group in found:
        if group.blocks:
            yield from section(group, titles, look)
    yield from noted([g for g in found if not g.blocks], titles, look)
    yield from skipped(report, look)
    severity, line = verdict(report, look.width - 2)
    yield text("")
    yield text(f"{GLYPHS[severity]} ", line, style=STYLES[severity])


def head(report: Report, look: Look) -> Iterator[RenderableType]:
    """What was inspected with which versions, and the components at a glance."""
    other = report.data.get("other")
    if other:
        a, _, b = report.source.partition(" → ")
        yield text(("a  ", "bold"), safe(a, 200), (f"   {versions(report.versions)}", "dim"))
        yield text(("b  ", "bold"), safe(other["source"] or b, 200), (f"   {versions(other['versions'])}", "dim"))
        return
    yield text((safe(report.source, 200), "bold"), (f"   {versions(report.versions)}", "dim"))
    for overview in report.tables:
        yield text("")
        yield indented(overview_table(overview, report, look), 2)


def overview_table(overview: Table, report: Report, look: Look) -> RenderableType:
    """A table of the report; that of the components with their findings, and on a narrow terminal with less."""
    components = overview.title == "components"
    shown = [i for i, c in enumerate(overview.columns) if not components or look.width >= 100 or c in _NARROW]
    table = grid()
    table.show_header = True
    for i in shown:
        right = overview.columns[i] in _NUMBERS
        name = text((safe(overview.columns[i], 40), "dim"))
        table.add_column(name, no_wrap=True, overflow="ellipsis", justify="right" if right else "left")
    if components:
        table.add_column(text(("findings", "dim")), no_wrap=True)
    found = marks(report)
    for row in overview.rows:
        cells = [text(safe(row[i], 80)) for i in shown]
        table.add_row(*cells, *([tally(found.get(row[0], {}))] if components else []))
    return table


def versions(found: dict[str, str]) -> Safe:
    return Safe(
        " · ".join(
            f"{safe(k, 40)} {safe(v, 40)}" for k, v in found.items() if k in ("diffusers", "transformers", "torch")
        )
    )


def tally(counts: dict[Any, int]) -> Text:
    """``2✗ 1!``: a component's findings in the overview."""
    shown = [(f"{counts[s]}{GLYPHS[s]} ", STYLES[s]) for s in SEVERITIES if counts.get(s)]
    return text(*shown) if shown else text((GLYPHS["clean"], "green"))


def section(group: Group, titles: dict[str, str], look: Look) -> Iterator[RenderableType]:
    """One component: a heading, its blocks, its notes."""
    yield from heading(group.expression, group.cls, look)
    for block in group.blocks:
        yield text("")
        yield from told(block, look)
    if group.notes:
        yield text("")
        table = grid({"no_wrap": True}, {})
        for code, notes in group.notes.items():
            table.add_row(code_text(notes[0]), summarised(notes, titles.get(code, "")))
        yield narrow(indented(table, 2), look)


def heading(name: str, cls: str, look: Look) -> Iterator[RenderableType]:
    title, of = safe(name, 120), safe(cls, 120)
    rule = "━" * max(2, min(look.width, PROSE) - len(title) - len(of) - (6 if of else 4))
    yield text("")
    yield text(("━━ ", "dim"), (title, "bold"), "  " if of else "", of, (f" {rule}", "dim"))


def noted(found: list[Group], titles: dict[str, str], look: Look) -> Iterator[RenderableType]:
    """The components of which there are only notes, together."""
    if not found:
        return
    yield from heading("notes", "", look)
    yield text("")
    table = grid({"no_wrap": True}, {"no_wrap": True}, {})
    for group in found:
        for code, notes in group.notes.items():
            table.add_row(
                code_text(notes[0]), text(safe(group.expression, 60)), summarised(notes, titles.get(code, ""))
            )
    yield narrow(indented(table, 2), look)


def summarised(notes: list[Finding], title: str) -> Text:
    """All notes of one code in one line: what they say, and of which settings."""
    if len(notes) == 1:
        setting = notes[0].where.rpartition(".")[2] if "." in notes[0].where else ""
        named = f"{safe(setting, 60)}: " if setting and setting not in notes[0].message else ""
        return text((f"{named}{safe(notes[0].message, 300)}", "dim"))
    names = [f.where.rpartition(".")[2] for f in notes]
    shown = ", ".join(safe(n, 40) for n in names[:6])
    rest = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return text((f"{len(notes)}× {safe(title or 'noted', 120)}: {shown}{rest}", "dim"))


def told(block: Block, look: Look) -> Iterator[RenderableType]:
    """One setting: what is wrong, where each value stands and who reads it, and the line to write."""
    if block.setting:
        yield indented(text((safe(block.setting, 120), "bold underline")), 2)
    says = grid({"no_wrap": True}, {})
    for finding in block.findings:
        sure = "" if finding.confidence == "certain" else f" ({finding.confidence})"
        says.add_row(code_text(finding), text(safe(finding.message), sure))
    yield narrow(indented(says, 2), look)
    if proof := table_of(block, look):
        yield text("")
        yield indented(proof, 6)
    for fix in block.fixes:
        yield text("")
        yield from remedy(fix, look)


def table_of(block: Block, look: Look) -> RenderableType | None:
    """The places of a setting with their values, the odd ones marked, beside whoever reads them."""
    by_place = readers(block.reads)
    if not look.verbose and by_place.keys() - {"init"}:
        by_place.pop("init", None)  # whoever reads it later is what counts
    rows = [(p, value_text(d, look.width if look.verbose else 60)) for p, d in block.places.items()]
    odd = odd_ones(block.places)
    alike = all(same(data, block.places[rows[0][0]]) for data in block.places.values()) if rows else False
    if len(rows) > 1 and alike and not by_place.keys() & block.places.keys():
        rows = [(", ".join(block.places), rows[0][1])]
    rows += [(place, Safe("")) for place in by_place if place not in block.places]
    if not rows:
        return None
    mark = STYLES[block.severity].removeprefix("bold ")
    beside: list[dict[str, Any]] = [{}] if by_place else []
    table = grid({"no_wrap": True}, {"max_width": max(24, min(look.width, 140) // 3)} if by_place else {}, *beside)
    for place, value in rows:
        cells = [text((safe(place, 60), "dim")), text((value, mark if place in odd else ""))]
        table.add_row(*cells, *([reader_table(by_place.get(place, []), look)] if by_place else []))
    return table


def reader_table(found: list[tuple[str, list[str]]], look: Look) -> RenderableType:
    """``← set_timesteps scheduling_x.py:397, 444``, one a line."""
    most = len(found) if look.verbose else _MOST
    table = grid({"no_wrap": True}, {})
    table.padding = (0, 1, 0, 0)
    for function, (file, *lines) in found[:most]:
        kept = lines if look.verbose else lines[:_MOST]
        rest = f" +{len(lines) - len(kept)}" if len(lines) > len(kept) else ""
        table.add_row(
            text(("←", "dim")), text(safe(function, 80), (f" {safe(file, 120)}:{', '.join(kept)}{rest}", "dim"))
        )
    if len(found) > most:
        table.add_row("", text((f"and {counted(len(found) - most, 'function')} more", "dim")))
    return table


def remedy(fix: str, look: Look) -> Iterator[RenderableType]:
    """The fix, broken only where Python lets a line break, so that it can be pasted."""
    shown = broken(safe(fix, 1_000), min(look.width, 140) - 11)
    table = grid({"no_wrap": True}, {})
    table.add_row(text(("fix", "bold green")), text((shown, "green")))
    yield indented(table, 6)


def skipped(report: Report, look: Look) -> Iterator[RenderableType]:
    """What was not checked or not counted, each with its reason."""
    ignored = report.data.get("ignored", {})
    if not report.skipped and not ignored:
        return
    yield text("")
    table = grid({"no_wrap": True}, {})
    for skip in report.skipped:
        label = ("not read", STYLES["error"]) if skip.failed else ("skipped", "dim")
        table.add_row(text(label), text(skip_text(skip), style="" if skip.failed else "dim"))
    for code, why in ignored.items():
        what = f"{counted(why['count'], 'finding')} {safe(code, 20)}: {safe(why['reason'], 300)}"
        table.add_row(text(("ignored", "dim")), text((what, "dim")))
    yield narrow(indented(table, 2), look)
