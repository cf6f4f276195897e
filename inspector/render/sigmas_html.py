"""The checks of sigmas as a part of the HTML page: tables, figures, and the numbers of what is not right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from inspector.model import InspectError, Report
from inspector.render import Look
from inspector.render.code import parsed
from inspector.render.curves import PROJECTS, Group, groups
from inspector.render.escape import Safe, safe
from inspector.render.layout import GLYPHS
from inspector.render.likewise import alike, of_classes
from inspector.render.measured import HEAD, exact, facts, relative, summary
from inspector.render.parts import counted
from inspector.render.series import (
    MOST,
    Mark,
    Series,
    by_place,
    lines,
    listed,
    series,
    severities,
    told_in_full,
)

FIGURES = 24
"""Figures in one page; what is wrong comes first."""
STEPS = 200
"""Steps whose numbers are listed before the rest is counted."""


def part(report: Report, look: Look) -> Any:
    """The part as HTML, every text in it escaped by the template."""
    from markupsafe import Markup

    from inspector.render.html import environment

    found, severe = series(report), severities(report)
    shown, full = listed(found, look.verbose), told_in_full(found, look.verbose)
    many = len(full) > MOST and not look.verbose
    figures, missing = drawn(groups([one.drawn for one in found], severe), FIGURES)
    rows = [
        (place, why, [cells(*line) for one in members for line in lines(one, look.verbose)])
        for (place, why), members in by_place(shown).items()
    ]
    text = (
        environment()
        .get_template("sigmas.html")
        .render(
            head=HEAD,
            places=rows,
            rest=len(found) - len(shown),
            alike=alike(full if many else [], of_classes(report)),
            titles=report.data.get("rules", {}),
            stories=[] if many else [told(one) for one in full],
            figures=[Markup(f) for f in figures],  # noqa: S704 (ElementTree wrote it)
            missing=missing,
        )
    )
    return Markup(text)  # noqa: S704 (the template escaped what is foreign)


def drawn(found: Sequence[Group], most: int) -> tuple[list[Safe], Safe]:
    """The figures, and why there are none, or not all."""
    from inspector.render.figures import svg_of

    try:
        made = [svg_of(group, number=i, alone=False) for i, group in enumerate(found[:most], 1)]
    except InspectError as error:
        return [], Safe(f"{safe(error.message)}: {safe(error.hint)}")
    rest = len(found) - len(made)
    more = f"{counted(rest, 'group')} more without a figure here: --svg FOLDER draws them all" if rest else ""
    return made, Safe(more)


def cells(row: Mapping[str, Any], mark: Mark, word: Safe, also: Safe) -> dict[str, Any]:
    look = {"mark": mark, "glyph": GLYPHS[mark], "word": word, "also": also}
    return {"preset": row["preset"], "numbers": summary(row), **look}


def told(one: Series) -> dict[str, Any]:
    """One preset in full, with the numbers of each step."""
    row, against = one.row, one.row.get("against") or {}
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
        "findings": [{"about": f, "fix": safe(f.fix, 1_000), "code": parsed(f.fix) is not None} for f in one.findings],
        "facts": [(label, said) for label, said in facts(one) if said],
        "columns": columns,
        "rows": rows,
        "rest": max(map(len, lists)) - len(rows),
    }


def off(actual: Any, expected: Any) -> Safe:
    numbers = isinstance(actual, int | float) and isinstance(expected, int | float)
    if not numbers or actual == expected:
        return Safe("0" if numbers else "")
    return relative(abs(actual / expected - 1)) if expected else Safe("–")
