"""What a search of round trips found, for a terminal: each defect once with its classes and its script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS, STYLES, code_text, text
from inspector.render.parts import searched, value_text
from inspector.rules.registry import few

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_LINES = 40


def told(report: Report, page: Page) -> Iterator[Text]:
    """What is new, with the Python that shows it; what is known; with ``-v`` each law and what was refused."""
    from inspector.render.human import heading

    data = report.data
    asked = ", ".join([*searched(report), f"seed {data['seed']}"])
    yield from page.laid([[text((safe(asked, 200), "dim"))]], 0)
    shown = {(f.code, f.where.partition(".")[0]) for f in report.findings}
    for rows in defects(data["laws"], shown):
        yield from heading(f"{rows[0]['law']} {rows[0]['name']}", "", page)
        yield from defect(rows, report, page)
    for finding in report.findings:
        if finding.code == "IPR490":
            yield text("")
            yield from page.laid([[code_text(finding), text(safe(finding.message))]], 0)
            yield from page.laid([[text(("fix", "bold green")), text((safe(finding.fix), "green"))]], 4)
    yield from known(report, page)
    if page.verbose:
        yield from laws(report, page)
        yield from refused(report, page)


def defects(rows: list[dict[str, Any]], shown: set[tuple[str, str]]) -> list[list[dict[str, Any]]]:
    """The broken rows that are told, one list a law and cause, the one with the shortest script first in each."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["verdict"] == "broken" and (row["law"], row["class"]) in shown:
            found.setdefault((row["law"], row["cause"]), []).append(row)
    return [sorted(held, key=lambda r: (len(r["counterexample"]["code"]), r["class"])) for held in found.values()]


def defect(rows: list[dict[str, Any]], report: Report, page: Page) -> Iterator[Text]:
    """One defect: what, where, and the script of its simplest class."""
    first = rows[0]
    title = safe(report.data["rules"][first["law"]])
    yield from page.laid([[text((f"{GLYPHS['error']} ", STYLES["error"]), title)]], 0)
    yield from page.laid([[text((safe(f"{first['cause']}: {few(sorted(r['class'] for r in rows))}", 300), "dim"))]], 2)
    what, before, after = safe(first["what"], 60), value_text(first["before"], 200), value_text(first["after"], 200)
    yield from page.laid([[text((what, "bold"), ": ", before, " → ", (after, "red"))]], 2)
    yield text("")
    lines = first["counterexample"]["code"].rstrip("\n").split("\n")
    for line in lines[:_LINES]:
        yield text("    ", safe(line, 400))
    if len(lines) > _LINES:
        yield text("    ", (f"… and {len(lines) - _LINES} more lines", "dim"))
    if file := first.get("file"):
        yield text("  ", ("saved as ", "dim"), safe(file, 300))


def known(report: Report, page: Page) -> Iterator[Text]:
    """The known defects that were met: they are there, and they do not fail the run."""
    from inspector.render.human import heading

    met: dict[str, list[str]] = {}
    for row in report.data["laws"]:
        if row["verdict"] == "known":
            met.setdefault(row["known"], []).append(row["class"])
    entries = [k for k in report.data["known"] if k["title"] in met or k["shows"]]
    if not entries:
        return
    yield from heading("known", "defects of the library, told and not counted", page)
    rows = []
    for entry in entries:
        classes = met.get(entry["title"], [])
        where = few(sorted(classes)) if page.verbose or len(classes) <= 1 else f"{len(classes)} classes"
        upstream = f" ({entry['upstream']})" if entry["upstream"] else ""
        about = safe(f"{entry['title']}{upstream}", 300)
        rows.append([text((safe(entry["law"], 20), "yellow")), text(safe(where, 200)), text(about)])
    yield from page.laid(rows, 2, caps={1: 36})


def laws(report: Report, page: Page) -> Iterator[Text]:
    """Each law with how many classes hold it."""
    from inspector.render.human import heading

    yield from heading("laws", "", page)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in report.data["laws"]:
        tally = found.setdefault((row["law"], row["name"]), {})
        tally[row["verdict"]] = tally.get(row["verdict"], 0) + 1
    rows = [[text((safe(t, 20), "dim")) for t in ("law", "", "holds", "broken", "known", "skipped")]]
    for (code, name), tally in found.items():
        counts = [text(str(tally.get(v, 0) or "·")) for v in ("holds", "broken", "known", "skip")]
        rows.append([text(safe(code, 20)), text(safe(name, 40)), *counts])
    yield from page.laid(rows, 2)


def refused(report: Report, page: Page) -> Iterator[Text]:
    """What constructors refused, each class's words once: they count as no case."""
    from inspector.render.human import heading

    rows = report.data["rejected"]
    if not rows:
        return
    yield from heading("refused", "by constructors (IPS307); these count as no case", page)
    for row in rows:
        said = Safe(f"{safe(row['config'], 120)}: {safe(row['error'], 160)}")
        yield from page.laid([[text(said)]], 2, width=page.width)
