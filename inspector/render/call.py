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
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def told(report: Report, page: Page) -> Iterator[Text]:
    """One pipeline in detail; two or more as a table of what differs."""
    shown = report.data["pipelines"]
    if len(shown) == 1:
        yield from detail(shown[0], page)
    else:
        yield from beside(shown, set(report.data["differing"]), page)
    rows = []
    for one in shown:
        if one["callback_tensors"]:
            names = safe(", ".join(one["callback_tensors"]), 400)
            whose = "" if len(shown) == 1 else f" of {safe(one['class'], 80)}"
            rows.append([text((f"callback tensors{whose}", "dim")), text(names)])
    if rows:
        yield text("")
        yield from page.laid(rows, 2)


def detail(one: dict[str, Any], page: Page) -> Iterator[Text]:
    from inspector.render.human import heading

    file = safe(one["file"], 120).rpartition("/")[2]
    yield from heading(f"{safe(one['class'], 80)}.__call__", Safe(f"{file}:{one['line']}"), page)
    if one["defined_in"] != one["class"]:
        yield text((f"  inherited from {safe(one['defined_in'], 80)}", "dim"))
    for row in one["parameters"]:
        yield text("")
        given = f" = {safe(row['default'], 60)}" if row["default"] not in ("required", "") else ""
        required = "  required" if row["default"] == "required" else ""
        yield text(
            "  ", (safe(row["name"], 60), "bold"), (given, ""), (required, "dim"), (unused(row), STYLES["warning"])
        )
        if row["type"]:
            yield from page.laid([[text((safe(row["type"], 300), "dim"))]], 6)
        if row.get("takes"):
            yield from page.laid([[text(f"takes {safe(', '.join(row['takes']), 300)}")]], 6)
        doc = row["doc"] if page.verbose else first_sentence(row["doc"])
        if doc:
            yield from page.laid([[text(safe(doc, 2_000))]], 6)


def unused(row: dict[str, Any]) -> str:
    if row["only_checked"]:
        return "  only checked, then never used"
    return "" if row["used"] else "  never used by the body"


def first_sentence(doc: str) -> str:
    head, dot, _ = doc.partition(". ")
    return head + "." if dot else doc


def beside(shown: list[dict[str, Any]], differing: set[str], page: Page) -> Iterator[Text]:
    """Parameter by pipeline: the default, ``–`` where there is no such parameter."""
    names = list(dict.fromkeys(p["name"] for one in shown for p in one["parameters"]))
    names = [n for n in names if n in differing] + ([n for n in names if n not in differing] if page.verbose else [])
    room = max(10, (page.width - 2 - max((len(n) for n in names), default=8) - 2 * len(shown)) // len(shown))
    titles = [safe(one["class"], 80) for one in shown]
    if any(len(title) > room for title in titles):  # cut short they would look alike: letters, and what they stand for
        yield text("")
        for letter, title in zip(_LETTERS, titles, strict=False):
            yield text((f"  {letter}  ", "dim"), title)
        titles = [Safe(letter) for letter in _LETTERS[: len(titles)]]
    rows = [[text(("parameter", "dim")), *(fitted(text((title, "dim")), room) for title in titles)]]
    for name in names:
        cells = []
        for one in shown:
            row = next((p for p in one["parameters"] if p["name"] == name), None)
            value = text((_MISSING, "dim")) if row is None else text(safe(row["default"] or "any", 60))
            cells.append(fitted(value, room))
        rows.append([text(safe(name, 60), style="yellow" if name in differing else ""), *cells])
    if names:
        yield text("")
        yield from page.laid(rows, 2, width=page.width)
    same = len({p["name"] for one in shown for p in one["parameters"]}) - len(differing)
    if same and not page.verbose:
        yield text(f"  and {same} more, the same in all (-v)" if names else f"  all {same} the same (-v)", style="dim")
