"""The trace for a terminal: the answer, the line to write, the schedules, then the keys by what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report, same
from inspector.render.code import broken
from inspector.render.escape import safe
from inspector.render.layout import STYLES, code_text, text
from inspector.render.parts import counted, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_LOOKS = {"dropped": "warning", "unused": "warning", "hidden": "note", "used": "clean", "default": "clean"}
_SAID = {
    "dropped": "dropped",
    "unused": "unused keywords",
    "hidden": "hidden: kept in the config, not taken",
    "used": "used",
    "default": "defaults of the new class",
}


def told(report: Report, page: Page) -> Iterator[Text]:
    """The answer in sentences and as a line to write; then each fate with its keys."""
    found = report.data
    if found["key"]:
        for row in found["keys"]:
            yield from one(row, page)
        yield from judged(report, page)
        yield from written(found, page)
        return
    yield text("")
    for line in found["answer"]["lines"]:
        yield from page.laid([[text(("•", "dim")), text(safe(line, 900))]], 2)
    yield from judged(report, page)
    fixes = dict.fromkeys(f.fix for f in report.findings if f.fix and f.fix != found["answer"]["write"])
    yield from ([] if not fixes else [text("")])
    yield from page.laid([[text(("fix", "bold green")), text((safe(f, 400), "green"))] for f in fixes], 2)
    yield from written(found, page)
    yield from schedules(found, page)
    if found["said"]:
        yield text("")
        yield from page.laid([[text(("it says", "dim")), text((safe(s, 300), "dim"))] for s in found["said"]], 2)
    from inspector.render.human import heading

    for fate, title in _SAID.items():
        rows = [r for r in found["keys"] if r["fate"] == fate and (page.verbose or not r["name"].startswith("_"))]
        if not rows:
            continue
        yield from heading(f"{title} ({len(rows)})", "", page)
        yield from (grouped(rows, page) if fate not in ("used", "default") or page.verbose else plainly(rows, page))


def judged(report: Report, page: Page) -> Iterator[Text]:
    """The findings, a sentence each."""
    if report.findings:
        yield text("")
        yield from page.laid([[code_text(f), text(safe(f.message, 900))] for f in report.findings], 2)


def written(found: dict[str, Any], page: Page) -> Iterator[Text]:
    if found["answer"]["write"]:
        width = min(page.width, 140)
        shown = broken(safe(found["answer"]["write"], 2_000), width - 9)
        yield text("")
        yield from page.laid([[text(("write", "bold green")), text((shown, "green"))]], 2, width=width)


def schedules(found: dict[str, Any], page: Page) -> Iterator[Text]:
    """What the settings amount to: the schedule before, now, and after a save and load."""
    before = f"{found['from']}, before" if found["from"] == found["into"] else found["from"]
    sides = [(before, found["schedule_before"]), (found["into"], found["schedule"])]
    if found["after_save"]:
        sides.append(("after a save and load", found["after_save"]["schedule"]))
    shown = [(name, side) for name, side in sides if side]
    if not shown:
        return
    steps = next((side["steps"] for _, side in shown if "steps" in side), None)
    mu = next((side["mu"] for _, side in shown if "mu" in side), None)
    title = f"{steps} steps{f', mu={mu:g}' if mu is not None else ''}" if steps else "set_timesteps"
    rows = [[text((title, "dim")), text(("sigma_max", "dim")), text(("timesteps", "dim"))]]
    for name, side in shown:
        if "error" in side:
            rows.append([text(safe(name, 60)), text(("raises", STYLES["error"])), text(safe(side["error"], 200))])
            continue
        steps_taken = side.get("timesteps", ())
        ends = ", ".join(map(value, steps_taken[:2])) + (f" … {value(steps_taken[-1])}" if steps_taken[2:] else "")
        rows.append([text(safe(name, 60)), text(value(side.get("sigma_max", "–"))), text(ends)])
    yield text("")
    yield from page.laid(rows, 2)


def value(number: Any) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(safe(number, 20))


def grouped(rows: list[dict[str, Any]], page: Page) -> Iterator[Text]:
    """Keys of one fate, those with the same reason together, under the line of the library that did it."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["file"], row["line"], shared(row)), []).append(row)
    for (file, line, reason), members in groups.items():
        yield text("")
        yield from page.laid([[text(safe(reason, 600))]], 2)
        if line:
            place = f"{safe(file, 120)}:{line}"
            yield from page.laid([[text((place, "dim")), text((safe(members[0]["source"], 200), "dim"))]], 2)
        cells = [[text(safe(r["name"], 80)), values(r)] for r in members]
        if any(map(whose, members)):
            cells = [[*c, text((safe(whose(r), 300), "dim"))] for c, r in zip(cells, members, strict=True)]
        yield from page.laid(cells, 6, caps={1: max(20, page.prose // 4)})


def whose(row: dict[str, Any]) -> str:
    return str(row["cause"]["text"]) if "cause" in row else ""


def shared(row: dict[str, Any]) -> str:
    """The reason without whose key it is."""
    return str(row["reason"]).replace(f"; {whose(row)}", "") if "cause" in row else str(row["reason"])


def plainly(rows: list[dict[str, Any]], page: Page) -> Iterator[Text]:
    caps = {1: max(24, page.prose // 3)}
    yield text("")
    yield from page.laid([[text(safe(r["name"], 80)), values(r), text((note(r), "dim"))] for r in rows], 2, caps=caps)


def note(row: dict[str, Any]) -> str:
    origin = {"keyword": "your keyword", "file": "file", "component": "component"}.get(row["origin"], "")
    if "rewritten" not in row:
        return origin
    return f"rewritten at {safe(row['rewritten']['file'], 80)}:{row['rewritten']['line']}"


def values(row: dict[str, Any]) -> Text:
    """``'leading' → 'linspace'``; one value where nothing changed; of a component, its class."""
    if row["origin"] == "component":
        return text(safe(str(row["given"]).rpartition(".")[2], 60))
    if row["fate"] == "hidden" and "in_config" in row:  # the keyword is lost, this is what stays
        return text(value_text(row["in_config"], 40))
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
        by = {"keyword": "your keyword", "file": "the file", "component": "the pipeline", "config": "the config"}
        how = by.get(row["origin"], "nobody: a default")
        rows.append([text(("given", "dim")), text(value_text(row["given"], 60), (f"  by {how}", "dim"))])
    if "in_config" in row:
        rows.append([text(("in the config", "dim")), text(value_text(row["in_config"], 60))])
    ends = text(value_text(row["result"], 60)) if "result" in row else text(("the new object's config has none", "dim"))
    rows.append([text(("ends as", "dim")), ends])
    kept = {True: "yes", False: "no", None: "cannot tell"}[row["survives"]]
    rows += [[text(("saved", "dim")), text(kept)], [text(("why", "dim")), text(safe(row["reason"], 600))]]
    yield from page.laid(rows, 2)
    steps = [[text((f"{safe(s['file'], 100)}:{s['line']}", "dim")), text(safe(s["source"], 200))] for s in row["steps"]]
    if steps:
        yield text("")
        yield from page.laid([[text((counted(len(steps), "step") + " in the library's code", "dim"))]], 2)
        yield from page.laid(steps, 4)
