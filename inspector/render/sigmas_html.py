"""The checks of sigmas as a part of the HTML page: tables, figures, and the numbers of what is not right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from inspector.model import InspectError, Report
from inspector.render import Look
from inspector.render.curves import PROJECTS, groups
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS
from inspector.render.measured import (
    FEW,
    HEAD,
    MOST,
    Story,
    by_place,
    exact,
    facts,
    listed,
    mark_of,
    relative,
    severities,
    skipped_by_reason,
    stories,
    summary,
)
from inspector.render.parts import counted

FIGURES = 24
"""Figures in one page; what is wrong comes first."""
STEPS = 200
"""Steps whose numbers are listed before the rest is counted."""


def part(report: Report, look: Look) -> Any:
    """The part as HTML, every text in it escaped by the template."""
    from markupsafe import Markup

    from inspector.render.html import environment

    checks, severe = report.data["checks"], severities(report)
    shown = listed(report, look.verbose)
    found = stories(report, everything=look.verbose or len(checks) <= FEW)
    most = len(found) if look.verbose else MOST
    figures, missing = drawn(checks, FIGURES)
    text = (
        environment()
        .get_template("sigmas.html")
        .render(
            head=HEAD,
            places=[
                {"title": place, "rows": [cells(row, severe) for row in rows]}
                for place, rows in by_place(shown).items()
            ],
            rest=len(checks) - len(shown),
            skipped=[{"reason": safe(r, 400), "names": names} for r, names in skipped_by_reason(checks).items()],
            stories=[told(story) for story in found[:most]],
            untold=len(found) - len(found[:most]),
            figures=[Markup(f) for f in figures],  # noqa: S704 (ElementTree wrote it)
            missing=missing,
        )
    )
    return Markup(text)  # noqa: S704 (the template escaped what is foreign)


def drawn(checks: Sequence[Mapping[str, Any]], most: int) -> tuple[list[Safe], Safe]:
    """The figures, and why there are none, or not all."""
    from inspector.render.figures import svg

    found = groups(checks)
    try:
        made = [svg(group, number=i, alone=False) for i, group in enumerate(found[:most], 1)]
    except InspectError as error:
        return [], Safe(f"{safe(error.message)}: {safe(error.hint)}")
    rest = len(found) - len(made)
    more = f"{counted(rest, 'group')} more without a figure here: --svg FOLDER draws them all" if rest else ""
    return made, Safe(more)


def cells(row: Mapping[str, Any], severe: Any) -> dict[str, Any]:
    mark, word = mark_of(row, severe)
    return {"preset": row["preset"], "numbers": summary(row), "mark": mark, "glyph": GLYPHS[mark], "word": word}


def told(story: Story) -> dict[str, Any]:
    """One story with the numbers of each step."""
    row, against = story.row, story.row.get("against") or {}
    name = str(against.get("name", "")) if against.get("sigmas") else ""
    columns = ["step", "timestep", "sigma", "reference", "error", *([PROJECTS.get(name, name)] if name else [])]
    lists = [row["timesteps"], row["sigmas"], row["expected"], against.get("sigmas") or []]
    rows = []
    for step, (time, sigma, want, other) in enumerate(zip_longest(*(x[:STEPS] for x in lists), fillvalue="")):
        rows.append([step, exact(time), exact(sigma), exact(want), off(sigma, want), *([exact(other)] if name else [])])
    return {
        "preset": row["preset"],
        "cls": row["class"],
        "model": row["model"],
        "findings": story.findings,
        "fixes": list(dict.fromkeys(safe(f.fix, 1_000) for f in story.findings if f.fix)),
        "facts": [(label, said) for label, said in facts(story) if said],
        "columns": columns,
        "rows": rows,
        "rest": max(map(len, lists)) - len(rows),
    }


def off(actual: Any, expected: Any) -> Safe:
    numbers = isinstance(actual, int | float) and isinstance(expected, int | float)
    if not numbers or actual == expected:
        return Safe("0" if numbers else "")
    return relative(abs(actual / expected - 1)) if expected else Safe("–")
