"""The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere.

The text goes through a template that escapes whatever it is given, and that is given only :class:`Safe` text: a
value that is not is made so on its way in. The page's policy allows its own style sheet, by digest, and nothing else.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render import Look
from inspector.render.code import parsed
from inspector.render.escape import Safe, safe
from inspector.render.human import body_alone
from inspector.render.layout import GLYPHS
from inspector.render.parts import (
    Block,
    Group,
    accepted,
    counted,
    groups,
    marks,
    readers,
    skip_text,
    unsaid,
    value_text,
    verdict,
)

if TYPE_CHECKING:
    from jinja2 import Environment

PARTS: dict[str, str] = {"sigmas": "inspector.render.sigmas_html:part"}
"""Command -> what makes its own part of the page, as checked HTML; the others' parts are their text for a terminal."""

_MOST = 3
_NUMBERS = ("settings", "parameters")


def html(report: Report, look: Look) -> Safe:
    """The report as a page."""
    from markupsafe import Markup

    from inspector import __version__

    severity, line = verdict(report)
    style = styles()
    page = (
        environment()
        .get_template("page.html")
        .render(
            policy=policy(style),
            style=Markup(style),  # noqa: S704 (our own file)
            severity=severity,
            glyph=GLYPHS[severity],
            verdict=line,
            command=report.data.get("command", "diff"),
            version=__version__,
            versions=list(report.versions.items()),
            tables=[table(t, report) for t in report.tables],
            groups=[section(g, report) for g in groups(report, verbose=look.verbose)],
            part=own_part(report, look),
            skips=[{"failed": s.failed, "text": skip_text(s)} for s in unsaid(report)],
            ignored=[
                {"code": code, "count": why["count"], "reason": safe(why["reason"], 300)}
                for code, why in report.data.get("ignored", {}).items()
            ],
            suppressed=accepted(report, verbose=True),
        )
    )
    return Safe(page)


@functools.cache
def environment() -> Environment:
    """Templates in which everything is escaped, and no text is unsafe."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        return value if isinstance(value, Safe | Markup) else safe(value)

    return Environment(
        loader=PackageLoader("inspector.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def styles() -> str:
    """The page's style sheet, with that of the figures."""
    from inspector.render.svg import rules

    source = environment().loader
    assert source is not None
    sheet, _, _ = source.get_source(environment(), "page.css")
    return f"\n{sheet}{rules()}\n"


def policy(style: str) -> Safe:
    """What the browser may do with the page: apply this one style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Safe(f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")


def own_part(report: Report, look: Look) -> Any:
    """What a command other than ``diff`` tells: HTML of its own, or its text for a terminal."""
    from markupsafe import Markup

    place = PARTS.get(report.data.get("command", ""))
    if place is not None:
        module, _, name = place.partition(":")
        return getattr(importlib.import_module(module), name)(report, look)
    told = body_alone(report, look.verbose).strip("\n")
    return Markup("<pre>{}</pre>").format(told) if told else Markup("")


def table(overview: Any, report: Report) -> dict[str, Any]:
    """The components with their findings; any other table as it is."""
    found = marks(report) if overview.title == "components" else None
    rows = []
    for cells in overview.rows:
        counts = (found or {}).get(cells[0], {})
        tally = ", ".join(counted(n, s) for s, n in counts.items() if n)
        rows.append([*(safe(c, 120) for c in cells), *([Safe(tally)] if found is not None else [])])
    columns = [*overview.columns, *(["findings"] if found is not None else [])]
    return {"columns": columns, "numbers": _NUMBERS if found is not None else (), "rows": rows}


def section(group: Group, report: Report) -> dict[str, Any]:
    """One component: its blocks, and its notes by code."""
    titles = report.data.get("rules", {})
    notes = []
    for code, found in group.notes.items():
        names = [safe(f.where.rpartition(".")[2], 60) for f in found[:8]] if len(found) > 1 else []
        about = safe(found[0].message) if len(found) == 1 else safe(titles.get(code, "noted"))
        notes.append({"code": code, "about": about, "names": names, "more": len(found) - len(names) if names else 0})
    return {
        "name": safe(group.expression, 120),
        "cls": safe(group.cls, 120),
        "blocks": [told(b) for b in group.blocks],
        "notes": notes,
    }


def told(block: Block) -> dict[str, Any]:
    """One setting: what is wrong, its places with their readers, and the lines to write."""
    by = readers(block.reads)
    places = []
    for place, data in block.places.items():
        found = [f"{f} {where[0]}:{', '.join(where[1:5])}" for f, where in by.get(place, [])]
        found = found if len(found) <= _MOST else [*found[:_MOST], f"and {len(found) - _MOST} more"]
        places.append({"place": safe(place, 60), "value": value_text(data, 120), "by": [safe(r, 200) for r in found]})
    fixes = [safe(fix, 1_000) for fix in block.fixes]
    return {
        "setting": safe(block.setting, 120),
        "findings": block.findings,
        "places": places,
        "fixes": [{"text": fix, "code": parsed(fix) is not None} for fix in fixes],
    }
