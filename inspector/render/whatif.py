"""What each line would do, for a terminal: the answers with their reasons, the places, the line to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.code import broken
from inspector.render.escape import safe
from inspector.render.layout import STYLES, text
from inspector.render.parts import counted, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_ANSWERS = (
    ("object", "takes effect now"),
    ("from_config", "after from_config"),
    ("saved", "after save and load"),
)
_SAID = {True: ("yes", STYLES["clean"]), False: ("no", STYLES["error"]), None: ("cannot tell", "dim")}
_MOST = 6


def told(report: Report, page: Page) -> Iterator[Text]:
    """One block a line."""
    for row in report.data["lines"]:
        yield text("")
        yield from page.laid([[text((">>>", "dim")), text((broken(safe(row["line"]), page.width - 6), "bold"))]], 0)
        if any(row[name] is not None for name, _ in _ANSWERS):
            yield from page.laid([answer(row, name, label) for name, label in _ANSWERS], 4)
        notes = row.get("notes") or [row["reason"]]
        yield from page.laid([[text((safe("; ".join(notes)), "" if row["object"] is not None else "dim"))]], 4)
        yield from places(row, page)
        for said in row.get("said", ()):
            yield from page.laid([[text(("says", "dim")), text((safe(said, 300), "dim"))]], 4)
        if row["instead"]:
            width = min(page.width, 140)
            shown = broken(safe(row["instead"], 1_000), width - 13)
            yield from page.laid([[text(("instead", "bold green")), text((shown, "green"))]], 4, width=width)


def answer(row: dict[str, Any], name: str, label: str) -> list[Text]:
    """One of the three answers with its reason."""
    return [text(label), text(_SAID[row[name]]), text(safe(row.get("why", {}).get(name, "")))]


def places(row: dict[str, Any], page: Page) -> Iterator[Text]:
    """The places that changed, item and attribute in one row where they changed alike; of a component that was
    replaced the settings that both have, not what only one class keeps."""
    changed = row["changed"] if page.verbose else [c for c in row["changed"] if telling(c, replaced(row))]
    rows: dict[tuple[str, str, str], list[str]] = {}
    for change in changed:
        before = value_text(change["before"], 40) if "before" in change else "(none)"
        after = value_text(change["after"], 40) if "after" in change else "(none)"
        rows.setdefault((change["where"], before, after), []).append(change["place"])
    shown = list(rows.items())[: len(rows) if page.verbose else _MOST]
    told = [
        [text((safe(where, 60), "dim")), text((safe("+".join(kinds), 40), "dim")), text(f"{before} → {after}")]
        for (where, before, after), kinds in shown
    ]
    yield from page.laid(told, 4)
    left = len(row["changed"]) - sum(len(kinds) for _, kinds in shown)
    if left:
        yield text(" " * 4, (f"and {counted(left, 'place')} more (-v)", "dim"))


def replaced(row: dict[str, Any]) -> set[str]:
    """The components that are of another class now."""
    return {c["where"] for c in row["changed"] if c["place"] == "class"}


def telling(change: dict[str, Any], swapped: set[str]) -> bool:
    """Whether a change says more than that another class is another class."""
    if change["where"].removeprefix("pipe.") in swapped:
        return bool(change["place"] == "class")
    if change["where"].partition(".")[0] not in swapped:
        return True
    data = [change.get("before"), change.get("after")]
    return "before" in change and "after" in change and not any(isinstance(d, dict) for d in data)
