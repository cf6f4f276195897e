"""``__call__`` for a terminal: one pipeline with descriptions, or several side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import Safe, safe
from inspector.render.layout import STYLES, fitted, text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_MISSING = "–"


def told(report: Report, page: Page) -> Iterator[Text]:
    """One pipeline in detail; two or more as a table in which what differs is marked."""
    shown = report.data["pipelines"]
    if len(shown) == 1:
        yield from detail(shown[0], page)
    else:
        yield from beside(shown, set(report.data["differing"]), page)
    for one in shown:
        if one["callback_tensors"]:
            names = safe(", ".join(one["callback_tensors"]), 400)
            yield text("")
            whose = "" if len(shown) == 1 else f" of {safe(one['class'], 80)}"
            yield from page.laid([[text((f"callback tensors{whose}", "dim")), text(names)]], 2)


def detail(one: dict[str, Any], page: Page) -> Iterator[Text]:
    from inspector.render.human import heading

    yield from heading(
        f"{safe(one['class'], 80)}.__call__", Safe(f"{safe(one['file'], 120).rpartition('/')[2]}:{one['line']}"), page
    )
    for row in one["parameters"]:
        yield text("")
        given = f" = {safe(row['default'], 60)}" if row["default"] not in ("required", "") else ""
        required = "  required" if row["default"] == "required" else ""
        never = "  never used by the body" if not row["used"] else ""
        line = text("  ", (safe(row["name"], 60), "bold"), (given, ""), (required, "dim"), (never, STYLES["warning"]))
        yield line
        if row["type"]:
            yield from page.laid([[text((safe(row["type"], 300), "dim"))]], 6)
        doc = row["doc"] if page.verbose else first_sentence(row["doc"])
        if doc:
            yield from page.laid([[text(safe(doc, 2_000))]], 6)


def first_sentence(doc: str) -> str:
    head, dot, _ = doc.partition(". ")
    return head + "." if dot else doc


def beside(shown: list[dict[str, Any]], differing: set[str], page: Page) -> Iterator[Text]:
    """Parameter by pipeline: the default, ``–`` where there is no such parameter."""
    names = list(dict.fromkeys(p["name"] for one in shown for p in one["parameters"]))
    names = [n for n in names if n in differing] + ([n for n in names if n not in differing] if page.verbose else [])
    room = max(10, (page.width - 2 - max((len(n) for n in names), default=8) - 2 * len(shown)) // len(shown))
    rows = [[text(("parameter", "dim")), *(fitted(text((short(one["class"]), "dim")), room) for one in shown)]]
    for name in names:
        cells = []
        for one in shown:
            row = next((p for p in one["parameters"] if p["name"] == name), None)
            value = text((_MISSING, "dim")) if row is None else text(safe(row["default"] or "any", 60))
            cells.append(fitted(value, room))
        rows.append([text(safe(name, 60), style="yellow" if name in differing else ""), *cells])
    yield text("")
    yield from page.laid(rows, 2, width=page.width)
    same = len({p["name"] for one in shown for p in one["parameters"]}) - len(differing)
    if same and not page.verbose:
        yield text(f"  and {same} more, the same in all (-v)", style="dim")


def short(name: str) -> Safe:
    return Safe(safe(name, 80).removesuffix("Pipeline") or safe(name, 80))
