"""The trace for a terminal: the answer, then the keys by what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report, same
from inspector.render.code import broken
from inspector.render.escape import safe
from inspector.render.layout import STYLES, text
from inspector.render.parts import counted, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_LOOKS = {"dropped": "warning", "unused": "warning", "hidden": "note", "used": "clean", "default": "clean"}
_SAID = {
    "dropped": "dropped",
    "unused": "unused keywords",
    "hidden": "hidden: kept in the config, not read",
    "used": "used",
    "default": "defaults of the new class",
}


def told(report: Report, page: Page) -> Iterator[Text]:
    """The answer in sentences and as a line to write; then each fate with its keys."""
    found = report.data
    if found["key"]:
        for row in found["keys"]:
            yield from one(row, page)
        return
    yield text("")
    for line in found["answer"]["lines"]:
        yield from page.laid([[text(("•", "dim")), text(safe(line, 600))]], 2)
    for said in found["said"]:
        yield from page.laid([[text(("says", "dim")), text((safe(said, 300), "dim"))]], 2)
    if found["answer"]["write"]:
        width = min(page.width, 140)
        shown = broken(safe(found["answer"]["write"], 1_000), width - 9)
        yield text("")
        yield from page.laid([[text(("write", "bold green")), text((shown, "green"))]], 2, width=width)
    from inspector.render.human import heading

    for fate, title in _SAID.items():
        rows = [r for r in found["keys"] if r["fate"] == fate and (page.verbose or not r["name"].startswith("_"))]
        if not rows:
            continue
        yield from heading(f"{title} ({len(rows)})", "", page)
        yield from (grouped(rows, page) if fate not in ("used", "default") or page.verbose else plainly(rows, page))


def grouped(rows: list[dict[str, Any]], page: Page) -> Iterator[Text]:
    """Keys of one fate, those with the same reason together, under the line of the library that did it."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["file"], row["line"], row["reason"]), []).append(row)
    for (file, line, reason), members in groups.items():
        yield text("")
        yield from page.laid([[text(safe(reason, 600))]], 2)
        if line:
            place = f"{safe(file, 120)}:{line}"
            yield from page.laid([[text((place, "dim")), text((safe(members[0]["source"], 200), "dim"))]], 2)
        cells = [[text(safe(r["name"], 80)), values(r)] for r in members]
        yield from page.laid(cells, 6)


def plainly(rows: list[dict[str, Any]], page: Page) -> Iterator[Text]:
    yield from page.laid([[text(safe(r["name"], 80)), values(r), text((note(r), "dim"))] for r in rows], 2)


def note(row: dict[str, Any]) -> str:
    origin = {"keyword": "your keyword", "file": "file", "component": "component"}.get(row["origin"], "")
    return (
        origin
        if "rewritten" not in row
        else f"rewritten at {safe(row['rewritten']['file'], 80)}:{row['rewritten']['line']}"
    )


def values(row: dict[str, Any]) -> Text:
    """``'leading' → 'linspace'``; one value where nothing changed."""
    if "given" not in row:
        return text(value_text(row["result"], 40)) if "result" in row else text("")
    given = value_text(row["given"], 40)
    if "result" in row and not same(row["given"], row["result"]):
        return text(given, " → ", (value_text(row["result"], 40), STYLES["warning"]))
    return text(given)


def one(row: dict[str, Any], page: Page) -> Iterator[Text]:
    """One key's story, step by step."""
    yield text("")
    yield text((safe(row["name"], 120), "bold underline"), "  ", (row["fate"], STYLES[_LOOKS[row["fate"]]]))
    rows = []
    if "given" in row:
        rows.append([text(("given", "dim")), text(value_text(row["given"], 60), (f"  by {row['origin']}", "dim"))])
    if "in_config" in row:
        rows.append([text(("in the config", "dim")), text(value_text(row["in_config"], 60))])
    if "result" in row:
        rows.append([text(("ends as", "dim")), text(value_text(row["result"], 60))])
    kept = {True: "yes", False: "no", None: "cannot tell"}[row["survives"]]
    rows += [[text(("saved", "dim")), text(kept)], [text(("why", "dim")), text(safe(row["reason"], 600))]]
    yield from page.laid(rows, 2)
    steps = [[text((f"{safe(s['file'], 100)}:{s['line']}", "dim")), text(safe(s["source"], 200))] for s in row["steps"]]
    if steps:
        yield text("")
        yield from page.laid([[text((counted(len(steps), "step") + " in the library's code", "dim"))]], 2)
        yield from page.laid(steps, 4)
