"""The few things that the report for a terminal is laid out with; rich interprets nothing in what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.model import Finding
from inspector.render import Look
from inspector.render.escape import safe

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "cyan", "clean": "bold green"}
GLYPHS = {"error": "✗", "warning": "!", "note": "·", "clean": "✓"}
PROSE = 100
"""The widest line of prose that is still easy to read, on a terminal however wide."""
ASCII = str.maketrans({"✗": "x", "·": "-", "✓": "+", "→": ">", "…": "~", "━": "=", "←": "<", "×": "x", "│": "|"})


def text(*pieces: str | tuple[str, str], style: str = "") -> Text:
    """A line of safe pieces, each with or without a style of its own; rich interprets nothing in it."""
    from rich.text import Text

    return Text.assemble(*pieces, style=style, overflow="fold")


def grid(*columns: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(**{"overflow": "fold", **column})
    return table


def indented(renderable: RenderableType, by: int) -> RenderableType:
    from rich.padding import Padding

    return Padding(renderable, (0, 0, 0, by), expand=False)


def narrow(renderable: RenderableType, look: Look) -> RenderableType:
    from rich.constrain import Constrain

    return Constrain(renderable, min(look.width, PROSE))


def code_text(finding: Finding) -> Text:
    return text((f"{GLYPHS[finding.severity]} {safe(finding.code, 20)}", STYLES[finding.severity]))
