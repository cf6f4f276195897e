"""What the report for a terminal is laid out with: rich's text and colours, and columns of our own.

rich's tables measure every cell several times over; a report of a few hundred lines would cost as much as all the rest
of the command. Nothing that is given here is interpreted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from inspector.model import Finding
from inspector.render.escape import Safe, safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "cyan", "clean": "bold green"}
GLYPHS = {"error": "✗", "warning": "!", "note": "·", "clean": "✓"}
PROSE = 100
"""The widest line of prose that is still easy to read, on a terminal however wide."""
ASCII = str.maketrans(
    {
        "✗": "x",
        "·": "-",
        "✓": "+",
        "→": ">",
        "…": "~",
        "━": "=",
        "←": "<",
        "×": "x",
        "│": "|",
        "┌": "+",
        "┐": "+",
        "└": "+",
        "┘": "+",
        "─": "-",
    }
)
Piece = str | tuple[str, str]


def text(*pieces: Piece, style: str = "") -> Text:
    """A line of safe pieces, each with or without a style of its own."""
    from rich.text import Text

    return Text.assemble(*pieces, style=style)


def code_text(finding: Finding) -> Text:
    """``✗ IPC101`` in the colour of its severity."""
    return text((f"{GLYPHS[finding.severity]} {safe(finding.code, 20)}", STYLES[finding.severity]))


def columns(
    console: Console,
    rows: Sequence[Sequence[Text]],
    *,
    width: int,
    indent: int = 0,
    gaps: Sequence[int] = (),
    caps: Mapping[int, int] | None = None,
) -> Iterator[Text]:
    """Rows as lines: every column as wide as its widest cell, the last one with what is left, wrapped within it.

    Args:
        console: what the text is for.
        rows: the cells; all rows have the same number.
        width: of the whole, in columns of the terminal.
        indent: blank columns before the first.
        gaps: blank columns after each; two where it does not say.
        caps: the most that a column may take; what is longer is wrapped.
    """
    if not rows:
        return
    last = len(rows[0]) - 1
    widths = [min((caps or {}).get(i, width), max(row[i].cell_len for row in rows)) for i in range(last)]
    between = [*gaps, *[2] * (last - len(gaps))]
    left = indent + sum(widths) + sum(between)
    widths.append(max(8, width - left))
    for row in rows:
        cells = [folded(console, cell, room) for cell, room in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            line = text(" " * indent)
            for i, (lines, room) in enumerate(zip(cells, widths, strict=True)):
                part = lines[number] if number < len(lines) else text("")
                line.append_text(part)
                if i < last:
                    line.append(" " * (room - part.cell_len + between[i]))
            yield line


def folded(console: Console, cell: Text, width: int) -> list[Text]:
    """One cell as the lines it takes."""
    if cell.cell_len <= width and "\n" not in cell.plain:
        return [cell]
    return list(cell.wrap(console, width, overflow="fold"))


def fitted(cell: Text, width: int, *, right: bool = False) -> Text:
    """One cell on one line of exactly this width."""
    cell.truncate(width, overflow="ellipsis")
    if right:
        cell.pad_left(width - cell.cell_len)
    return cell


def shown_rule(width: int) -> Safe:
    return Safe("━" * max(2, width))
