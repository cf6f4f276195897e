"""Where to stop for one setting, for a terminal: lines to click on, and the same for pdb and for launch.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import safe
from inspector.render.layout import text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_MOST = 8
"""Lines of one kind that are shown."""
_TITLES = {"read": "read", "dropped": "dropped by from_config", "written": "written"}


def told(report: Report, page: Page) -> Iterator[Text]:
    """By what happens there, each line as file:line, which terminals make a link of, with its condition."""
    from inspector.render.human import heading

    data = report.data
    for what, title in _TITLES.items():
        found = [b for b in data["breakpoints"] if b["what"] == what]
        if not found:
            continue
        yield from heading(title, "", page)
        shown = found if page.verbose else found[:_MOST]
        for one in shown:
            yield text("")
            yield from line(one)
        if len(found) > len(shown):
            yield text("")
            yield text(f"  and {len(found) - len(shown)} more (-v)", style="dim")
    yield from heading("for pdb", "", page)
    shown_pdb = data["pdb"] if page.verbose else data["pdb"][: 2 * _MOST]
    for command in shown_pdb:
        yield text("  ", safe(command, 600))
    if len(data["pdb"]) > len(shown_pdb):
        yield text(f"  and {len(data['pdb']) - len(shown_pdb)} more (-v)", style="dim")
    yield from heading("for launch.json", "", page)
    for row in data["configuration_text"]:
        if page.verbose or not row.startswith("//"):
            yield text("  ", safe(row, 600))


def line(one: dict[str, Any]) -> Iterator[Text]:
    place = f"  {safe(one['place'], 20)}" if one["place"] else ""
    yield text("  ", (safe(one["function"], 120), "bold"), (place, "dim"))
    yield text("    ", safe(f"{one['file']}:{one['line']}", 600))
    yield text("    ", (safe(one["source"], 200), "dim"))
    if one["condition"]:
        yield text(("    when  ", "dim"), (safe(one["condition"], 300), "green"))
