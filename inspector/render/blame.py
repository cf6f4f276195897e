"""The chain of one setting for a terminal: hop by hop, then what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import safe
from inspector.render.layout import STYLES, text
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
        yield from page.laid(
            [[text((f"{safe(hop['hop'], 40):<20}", "dim")), text((value_text(hop["value"]), "bold"))]], 2
        )
        why = safe(hop["reason"], 400)
        yield from page.laid(
            [[text((located(hop), "dim")), text((why, "dim"))] if hop["file"] else [text((why, "dim"))]], 24
        )
        for writer in hop["writers"] if page.verbose else hop["writers"][:2]:
            yield from page.laid([[text((f"may be {safe(writer, 200)}", "dim"))]], 24)
    rows = []
    for step in found["next"]:
        kept = text(("kept", STYLES["clean"])) if step["kept"] else text(("not kept", STYLES["warning"]))
        value = f"{value_text(step['value'])}  " if "value" in step else ""
        reason = "" if step["reason"] == "kept" else safe(step["reason"], 300)
        at = f"  {located(step)}" if step.get("file") and not step["kept"] else ""
        rows.append([text((f"then {safe(step['by'], 20)}", "dim")), kept, text(value, (f"{reason}{at}", "dim"))])
    if rows:
        yield text("")
        yield from page.laid(rows, 2)
    if found["reads"]:
        yield text("")
        shown = found["reads"] if page.verbose else found["reads"][:3]
        yield from page.laid([[text(("read by", "dim")), text((safe(r, 200), "dim"))] for r in shown], 2)


def located(row: dict[str, Any]) -> str:
    return f"{safe(row['file'], 120)}:{row['line']}" if row.get("line") else str(safe(row["file"], 120))
