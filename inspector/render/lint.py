"""What is wrong with a table of presets, for a terminal: by preset, in the order of the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import SEVERITIES, Finding, Report
from inspector.render.code import broken
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS, STYLES, code_text, text
from inspector.render.parts import counted, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page


def told(report: Report, page: Page) -> Iterator[Text]:
    """The presets with something to say, worst first within each; the others are counted, or listed with ``-v``."""
    from inspector.render.human import heading

    data, found = report.data, by_preset(report)
    presets = counted(len(data["presets"]), "preset")
    tried = f"{presets}, tried on {listed(data['models'])} with {listed(data['steps'])} steps"
    yield from page.laid([[text((safe(tried, 300), "dim"))]], 0)
    for entry in data["presets"]:
        findings = found.pop(entry["name"], [])
        if not findings and not page.verbose:
            continue
        yield from heading(str(safe(entry["name"], 60)), str(safe(entry["class"], 80)), page)
        if entry["kwargs"]:
            yield from page.laid([[text((options(entry), "dim"))]], 2)
        for finding in findings:
            yield from one(finding, page)
        if not findings and not entry["problem"]:
            yield text("  ", (f"{GLYPHS['clean']} ", STYLES["clean"]), "nothing found")
    fine = [e for e in data["presets"] if not e["problem"] and not any(f.where == e["name"] for f in report.findings)]
    if fine and not page.verbose:
        yield text("")
        names = ", ".join(safe(e["name"], 60) for e in fine)
        said = text(
            (f"{GLYPHS['clean']} ", STYLES["clean"]), f"nothing to say of {counted(len(fine), 'preset')}: {names}"
        )
        yield from page.laid([[said]], 0)


def one(finding: Finding, page: Page) -> Iterator[Text]:
    yield from page.laid([[code_text(finding), text(safe(finding.message))]], 2)
    if finding.fix:
        shown = broken(safe(finding.fix, 1_000), min(page.width, 140) - 17)
        yield from page.laid([[text(("fix", "bold green")), text((Safe(shown), "green"))]], 12, width=page.width)


def by_preset(report: Report) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in sorted(report.findings, key=lambda f: SEVERITIES.index(f.severity)):
        found.setdefault(finding.where, []).append(finding)
    return found


def options(entry: dict[str, Any]) -> Safe:
    given = ", ".join(f"{safe(k, 60)}={value_text(v)}" for k, v in entry["kwargs"].items())
    return Safe(f"{given}, made by the constructor" if entry["built"] == "constructor" else given)


def listed(items: list[Any]) -> str:
    """``sd15, sdxl and sd3``."""
    words = [str(i) for i in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "no model"
