"""Who read and wrote which setting, for a terminal: the writes in order, what nobody saw, what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import Safe, safe
from inspector.render.layout import STYLES, text
from inspector.render.parts import counted, readers, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_MOST = 3
_EXPRESSIONS = {"attr": "config.{}", "item": "config[{!r}]", "from_config": "{}= to from_config"}


def told(report: Report, page: Page) -> Iterator[Text]:
    """The parts of the report, each under its heading."""
    data = report.data
    yield from writes(data, page)
    for key, title, cell in (
        ("never_read", "written and never read", lambda r: text((safe(r["reason"]), ""))),
        ("read_elsewhere", "read from another place than it was written to", elsewhere),
    ):
        if data[key]:
            yield from titled(title)
            rows = []
            for row in data[key]:
                rows.append([text((located(row), "dim")), text((written(row), STYLES["warning"]))])
                rows.append([text(""), cell(row)])
            yield from page.laid(rows, 2)
    yield from warned(data, page)
    yield from read(data, page)
    yield from coverage(data["coverage"], page)


def titled(title: str) -> Iterator[Text]:
    yield text("")
    yield text((title, "bold"))


def located(row: dict[str, Any]) -> Safe:
    return Safe(f"{safe(row['file'], 60)}:{row['line']}")


def written(row: dict[str, Any]) -> Safe:
    """``scheduler.config.use_karras_sigmas = True``."""
    path, _, key = row["where"].rpartition(".")
    place = _EXPRESSIONS.get(row["place"], "{}").format(safe(key, 60))
    if row["place"] == "register_to_config":
        return Safe(f"{safe(path, 60)}.register_to_config({safe(key, 60)}={value_text(row['value'], 40)})")
    if row["place"] == "from_config":
        return Safe(f"{safe(path, 60)}: from_config({safe(key, 60)}={value_text(row['value'], 40)})")
    value = safe(row["value"], 60) if row["place"] == "component" else value_text(row["value"], 40)
    return Safe(f"{safe(path, 60)}.{place} = {value}")


def elsewhere(row: dict[str, Any]) -> Text:
    first, _, rest = row["read"].partition(", ")
    more = f" and {rest.count(', ') + 1} more" if rest else ""
    return text(f"read as {safe(first)}{more}")


def writes(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """The timeline."""
    rows = []
    for event in data["events"]:
        if event["kind"] == "write":
            own = (event["file"], event["line"]) == (event["by"]["file"], event["by"]["line"])
            by = "" if own else f"by {safe(event['function'], 60)}, called at {located(event['by'])}"
            rows.append([text((located(event), "dim")), text(written(event), "  " if by else "", (by, "dim"))])
    yield from titled("writes")
    if rows:
        yield from page.laid(rows, 2)
    else:
        yield text("  none")


def warned(data: dict[str, Any], page: Page) -> Iterator[Text]:
    if data["warnings"]:
        yield from titled("what the library said")
        yield from page.laid([[text((located(w), "dim")), text(safe(w["message"], 400))] for w in data["warnings"]], 2)


def read(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """Who read each setting; components and their like only when all is asked for."""
    rows = []
    shown = data["readers"] if page.verbose else data["read_after"]
    for where, by in shown.items():
        found = [(p, f, lines) for p, functions in readers(by).items() for f, lines in functions]
        most = len(found) if page.verbose else _MOST
        lines = [f"{safe(p)}: {safe(f, 80)} {safe(file, 80)}:{', '.join(n)}" for p, f, (file, *n) in found[:most]]
        lines += [f"and {counted(len(found) - most, 'reader')} more"] if len(found) > most else []
        rows.append([text(safe(where, 80)), text(Safe("\n".join(lines)))])
    rest = len(data["readers"]) - len(shown)
    if rows:
        yield from titled("who read what" if page.verbose else "who read what was written, from then on")
        yield from page.laid(rows, 2)
    if rest:
        yield text("")
        yield text((f"{counted(rest, 'setting')} more {'was' if rest == 1 else 'were'} read (-v)", "dim"))


def coverage(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """What this run never asked for."""
    rows = []
    for part in data["settings"]:
        never = part["never"]
        if never:
            names = ", ".join(safe(n, 40) for n in (never if page.verbose else never[:8]))
            rest = "" if page.verbose or len(never) <= 8 else f" and {len(never) - 8} more"
            label = f"{len(never)} of {part['settings']}"
            rows.append([text(safe(part["path"], 60)), text((label, "dim")), text(names, (rest, "dim"))])
    if rows:
        yield from titled("config keys that nobody read in this run")
        yield from page.laid(rows, 2)
    for call in data["calls"]:
        if call["never"]:
            yield from titled(f"arguments of {safe(call['class'], 80)}.__call__ that were never looked at")
            given = set(call["given_and_never"])
            shown = [f"{safe(n, 40)} (given!)" if n in given else safe(n, 40) for n in call["never"]]
            yield from page.laid([[text(", ".join(shown))]], 2)
