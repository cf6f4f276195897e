"""What was found of many presets, told once for all of them: by code, then by what is said but for its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from inspector.model import SEVERITIES, Finding, Report, Severity
from inspector.render.series import Series, where

_AT = re.compile(r"^[\d, and]+(more numbers of )?steps?: ")
_NUMBERS = re.compile(r"\b[A-Z]\w*Scheduler\b|-?\d[\d.]*(e[+-]?\d+)?")
"""What may differ between presets of which the same is said: the class, and every number."""

Of = Literal["preset", "class"]


@dataclass(frozen=True, slots=True)
class Alike:
    """One finding, and the presets of which the very same is said; ``others`` say the same with other numbers.

    Of a finding about classes rather than presets, the names are those of classes on models.
    """

    finding: Finding
    names: tuple[str, ...]
    others: tuple[str, ...]
    of: Of = "preset"


@dataclass(frozen=True, slots=True)
class Code:
    """All that is said under one code; ``severity`` is that of the worst."""

    code: str
    severity: Severity
    said: tuple[Alike, ...]


def of_classes(report: Report) -> list[Finding]:
    """The findings that are about a class on a model, and so told beside the presets."""
    presets = {where(row) for row in report.data["checks"]}
    classes = {where({**row, "name": row["class"]}) for row in report.data["checks"]}
    return [f for f in report.findings if f.where in classes - presets]


def alike(found: Iterable[Series], classes: Iterable[Finding] = ()) -> list[Code]:
    """The findings by code, the worst and most frequent first, each in the words that most presets share.

    Args:
        found: the presets that are told.
        classes: what was found of classes.
    """
    shapes: dict[tuple[str, Severity, str, Of], list[tuple[Finding, str]]] = {}
    for one in found:
        for finding in one.findings:
            shapes.setdefault((*shape(finding), "preset"), []).append((finding, name(one)))
    for finding in classes:
        shapes.setdefault((*shape(finding), "class"), []).append((finding, finding.where))
    made = [likewise(members, of) for (*_, of), members in shapes.items()]
    by_code = groupby(sorted(made, key=lambda a: a.finding.code), key=lambda a: a.finding.code)
    codes = []
    for code, group in by_code:
        said = sorted(group, key=lambda a: (SEVERITIES.index(a.finding.severity), -count(a)))
        codes.append(Code(code, said[0].finding.severity, tuple(said)))
    return sorted(codes, key=lambda c: (SEVERITIES.index(c.severity), -sum(map(count, c.said))))


def likewise(members: list[tuple[Finding, str]], of: Of) -> Alike:
    """One of them for all: the words that most of them share."""
    words: dict[tuple[str, str], list[tuple[Finding, str]]] = {}
    for finding, who in members:
        words.setdefault((finding.message, finding.fix), []).append((finding, who))
    most = max(words.values(), key=len)
    names = tuple(dict.fromkeys(who for _, who in most))
    others = dict.fromkeys(who for _, who in members)
    return Alike(most[0][0], names, tuple(who for who in others if who not in names), of)


def count(same: Alike) -> int:
    return len(same.names) + len(same.others)


def shape(finding: Finding) -> tuple[str, Severity, str]:
    """What is said, without the numbers that differ from preset to preset."""
    return finding.code, finding.severity, _NUMBERS.sub("#", _AT.sub("", finding.message))


def name(one: Series) -> str:
    """The preset; with the model where it is there to show something."""
    row = one.row
    return f"{row['preset']} on {row['model']}" if row.get("because") else str(row["preset"])
