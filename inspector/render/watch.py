"""Who read and wrote which setting, for a terminal: the writes in order, who saw them, what nobody asked for.

What is wrong with a write is a finding, and stands above this with its proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS, STYLES, text
from inspector.render.parts import counted, readers, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_MOST = 3
_NAMES = 60
"""Columns of names of settings that nobody asked for, before the rest is counted."""
_PLACES = {"attr": "config.{}", "item": "config[{!r}]"}
_CALLS = {"register_to_config": "{}.register_to_config({}={})", "from_config": "{}: from_config({}={})"}
_TAKEN = ("clear", "popitem")


def told(report: Report, page: Page) -> Iterator[Text]:
    """The parts of the report, each under its heading."""
    data = report.data
    yield from writes(data, page)
    yield from warned(data, page)
    yield from read(report, data, page)
    yield from shared(data, page)
    yield from coverage(data["coverage"], page)


def titled(title: str) -> Iterator[Text]:
    yield text("")
    yield text((title, "bold"))


def located(row: dict[str, Any]) -> Safe:
    return Safe(f"{safe(row['file'], 60)}:{row['line']}")


def written(row: dict[str, Any], name: str) -> Safe:
    """``pipe.scheduler.config.use_karras_sigmas = True``."""
    _, _, key = row["where"].rpartition(".")
    how, path = row.get("how", ""), safe(name, 80)
    if row["place"] in _CALLS:
        return Safe(_CALLS[row["place"]].format(path, safe(key, 60), value_text(row["value"], 40)))
    if how in _TAKEN:
        return Safe(f"{path}.config.{how}()")
    place = _PLACES.get(row["place"], "{}").format(safe(key, 60))
    if how == "del":
        return Safe(f"del {path}.{place}")
    if how == "move_to_end":
        return Safe(f"{path}.config.move_to_end({safe(key, 60)!r})")
    value = safe(row["value"], 60) if row["place"] == "component" else value_text(row["value"], 40)
    return Safe(f"{path}.{place} = {value}")


def expressions(data: dict[str, Any]) -> dict[str, str]:
    """Path -> how a user writes it: a pipeline's component with the pipeline before it."""
    pipes = {c["path"] for c in data["components"] if c["kind"] == "pipeline"}
    names = {}
    for component in data["components"]:
        path = component["path"]
        own = path.partition(".")[0] in pipes or path.startswith(component["class"]) or " " in path
        names[path] = path if own or "pipe" not in pipes else f"pipe.{path}"
    return names


def writes(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """The timeline; the same line once more is counted."""
    names = expressions(data)
    marks = {id_of(row): row["mark"] for row in data["fates"]}
    rows: dict[tuple[Any, ...], tuple[list[Any], int]] = {}
    for event in data["events"]:
        if event["kind"] == "write":
            path = event["where"].rpartition(".")[0]
            shown = written(event, names.get(path, path))
            mark = marks.get(id_of(event), "")
            key = (located(event), shown, event.get("how") == "replaced")
            before = rows.get(key)
            worse = before[0][0] if before is not None and before[0][0] else mark
            rows[key] = ([worse, event], before[1] + 1 if before is not None else 1)
    yield from titled("writes")
    laid = []
    for (where, shown, _), ((mark, event), times) in rows.items():
        own = (event["file"], event["line"]) == (event["by"]["file"], event["by"]["line"])
        more = [] if own else [f"by {safe(event['function'], 60)}, called at {located(event['by'])}"]
        more += [f"×{times}"] if times > 1 and event.get("how") not in _TAKEN else []
        glyph = text((GLYPHS.get(mark, " "), STYLES.get(mark, "")))
        laid.append([glyph, text((where, "dim")), text(shown, "  " if more else "", (", ".join(more), "dim"))])
    if laid:
        yield from page.laid(laid, 2, gaps=(1, 2))
    else:
        yield text("  none")


def id_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["file"], row["line"], row["where"], row["place"])


def warned(data: dict[str, Any], page: Page) -> Iterator[Text]:
    if data["warnings"]:
        yield from titled("what the library said")
        yield from page.laid([[text((located(w), "dim")), text(safe(w["message"], 400))] for w in data["warnings"]], 2)


def read(report: Report, data: dict[str, Any], page: Page) -> Iterator[Text]:
    """Who read each setting; those that were not written only when all is asked for."""
    rows = []
    proved = {f.where for f in report.findings if f.reads}  # where they stand with the finding
    late = {where: by for where, by in data["read_after"].items() if where not in proved}
    shown = data["readers"] if page.verbose else late
    for where, by in shown.items():
        found = [(p, f, lines) for p, functions in readers(by).items() for f, lines in functions]
        most = len(found) if page.verbose else _MOST
        lines = [f"{safe(p)}: {safe(f, 80)} {safe(file, 80)}:{', '.join(n)}" for p, f, (file, *n) in found[:most]]
        lines += [f"and {counted(len(found) - most, 'function')} more"] if len(found) > most else []
        rows.append([text(safe(where, 80)), text(Safe("\n".join(lines)))])
    if rows:
        yield from titled("who read what" if page.verbose else "who read what was written, from then on")
        yield from page.laid(rows, 2)


def shared(data: dict[str, Any], page: Page) -> Iterator[Text]:
    if data["shared"]:
        yield from titled("one object in more than one pipeline")
        yield from page.laid([[text(safe(" is ".join(s["held"]), 300))] for s in data["shared"]], 2)


def coverage(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """What this run never asked for."""
    rows = []
    for part in data["settings"]:
        if part["never"] and (page.verbose or not part["replaced"]):
            shown, rest = fitting(part["never"], page)
            label = f"{len(part['never'])} of {part['settings']}"
            rows.append([text(safe(part["path"], 60)), text((label, "dim")), text(shown, (rest, "dim"))])
    if rows:
        yield from titled("config keys that nothing read by name once the object was made")
        yield from page.laid(rows, 2)
    for call in data["calls"]:
        if call["never"] is None:
            yield from titled(f"arguments of {safe(call['class'], 80)}.__call__")
            yield from page.laid([[text(safe(call["reason"], 200))]], 2)
        elif call["never"]:
            yield from titled(f"arguments of {safe(call['class'], 80)}.__call__ that no run used")
            shown, rest = fitting(call["never"], page)
            yield from page.laid([[text(shown, (rest, "dim"))]], 2)


def fitting(names: list[str], page: Page) -> tuple[Safe, Safe]:
    """As many names as a line or two take, and how many more there are."""
    kept: list[str] = []
    for name in names:
        if not page.verbose and kept and sum(map(len, kept)) + 2 * len(kept) + len(name) > _NAMES:
            break
        kept.append(safe(name, 40))
    rest = len(names) - len(kept)
    return Safe(", ".join(kept)), Safe(f" and {rest} more (-v)" if rest else "")
