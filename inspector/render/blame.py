"""The chain of one setting for a terminal: hop by hop, then what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.code import broken
from inspector.render.escape import safe
from inspector.render.layout import STYLES, code_text, text
from inspector.render.parts import value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page


def told(report: Report, page: Page) -> Iterator[Text]:
    """One row a hop, the value beside it."""
    from inspector.render.human import heading

    found = report.data
    yield from heading(f"{found['path']}.{found['key']}", found["class"], page)
    yield text("")
    for hop in found["hops"]:
        name = text((f"{safe(hop['hop'], 40):<20}", "dim"))
        yield from page.laid([[name, text((value_text(hop["value"]), "bold"))]], 2)
        lines = [located(hop)] if hop["file"] else []
        lines += [safe(hop["reason"], 400)]
        lines += [f"may be {safe(w, 200)}" for w in (hop["writers"] if page.verbose else hop["writers"][:2])]
        yield from page.laid([[text((line, "dim"))] for line in lines], 24)
    judged = [[code_text(f), text(safe(f.message, 900))] for f in report.findings]
    if judged:
        yield text("")
        yield from page.laid(judged, 2)
    if found["answer"]["write"]:
        width = min(page.width, 140)
        shown = broken(safe(found["answer"]["write"], 1_000), width - 9)
        yield text("")
        yield from page.laid([[text(("write", "bold green")), text((shown, "green"))]], 2, width=width)
    rows = []
    for step in found["next"]:
        kept = text(("kept", STYLES["clean"])) if step["kept"] else text(("not kept", STYLES["warning"]))
        value = f"{value_text(step['value'])}  " if "value" in step else ""
        reason = safe(step["reason"], 300)
        at = f"  {located(step)}" if step.get("file") and not step["kept"] else ""
        rows.append([text((f"then {safe(step['by'], 20)}", "dim")), kept, text(value, (f"{reason}{at}", "dim"))])
    if rows:
        yield text("")
        yield from page.laid(rows, 2)
    if not found["reads"]:
        yield text("")
        by = "__init__ only" if found["read_at_start"] else "no code by its name"
        by += f"; the whole config by {safe(found['read_whole'][0], 200)}" if found["read_whole"] else ""
        yield from page.laid([[text(("read by", "dim")), text((by, "dim"))]], 2)
    else:
        yield text("")
        shown = found["reads"] if page.verbose else found["reads"][:3]
        yield from page.laid([[text(("read by", "dim")), text((safe(r, 200), "dim"))] for r in shown], 2)


def located(row: dict[str, Any]) -> str:
    return f"{safe(row['file'], 120)}:{row['line']}" if row.get("line") else str(safe(row["file"], 120))
