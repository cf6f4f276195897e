"""What became of a defect from release to release, by the rows that ``make versions`` writes: a table and sentences."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

ABSENT = "–"
ASKED = ("shows", "holds")


def answers(name: str, row: dict[str, Any]) -> dict[str, str]:
    """Class -> ``shows``, ``holds``, or why it could not be asked, in one release."""
    defect = row["defects"].get(name, {"shows": [], "holds": [], "cannot": {}})
    told = {cls: verdict for verdict in ASKED for cls in defect[verdict]}
    return told | {cls: why for why, listed in defect["cannot"].items() for cls in listed}


def courses(name: str, rows: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Class -> its answer in each release that was run; only classes in which the defect ever shows."""
    told = [answers(name, row) for row in rows if "defects" in row]
    classes = sorted({cls for answered in told for cls, said in answered.items() if said == "shows"})
    return {cls: tuple(answered.get(cls, ABSENT) for answered in told) for cls in classes}


def short(classes: list[str]) -> str:
    return ", ".join(c.removesuffix("Scheduler") for c in classes)


def releases(rows: list[dict[str, Any]]) -> list[str]:
    return [row["release"] for row in rows if "defects" in row]


def table(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """One column a release, one row for the classes that share a course; under it why a class could not be asked."""
    names, found = releases(rows), courses(name, rows)
    told = [answers(name, row) for row in rows if "defects" in row]
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    counts = [[list(a.values()).count(verdict) for verdict in ASKED] for a in told]
    lines.append(f"| **shows in** | {' | '.join(f'**{s} of {s + h}**' if s + h else ABSENT for s, h in counts)} |")
    notes: list[str] = []
    for course in dict.fromkeys(found.values()):
        cells = [cell(said, notes) for said in course]
        lines.append(f"| {short([c for c, own in found.items() if own == course])} | {' | '.join(cells)} |")
    return [*lines, *([""] if notes else []), *(f"[{i}] {note}  " for i, note in enumerate(notes, 1))]


def cell(said: str, notes: list[str]) -> str:
    """``shows``, ``holds``, ``–``, ``no option``, or the number of a note that says more."""
    if said in (*ASKED, ABSENT):
        return said
    if said.startswith("no option "):
        return "no option"
    if said not in notes:
        notes.append(said)
    return f"[{notes.index(said) + 1}]"


def story(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Since when the defect is there and where it is gone, a sentence each, among the releases that were run."""
    names, found = releases(rows), courses(name, rows)
    if not found:
        return ["It shows in none of the releases tried."]
    told = [set(answered) for answered in zip(*found.values(), strict=True)]
    first = next(at for at, said in enumerate(told) if "shows" in said)
    older = [release for release, said in zip(names[:first], told, strict=False) if "holds" in said]
    before = f"not yet in {older[-1]}" if older else "the oldest of those tried that can be asked"
    lines = [f"First shows in {names[first]}, {before}.  "]
    said: dict[str, list[str]] = {}
    for cls, course in found.items():
        for sentence in changes(course, names):
            said.setdefault(sentence, []).append(cls)
    few = 6
    return lines + [
        f"{sentence}: {short(classes) if len(classes) <= few else f'{len(classes)} classes'}.  "
        for sentence, classes in said.items()
    ]


def changes(course: tuple[str, ...], names: list[str]) -> list[str]:
    """Where the defect comes and goes in one class, from a release that can be asked to the next one that can."""
    asked = [(answer, release) for answer, release in zip(course, names, strict=True) if answer in ASKED]
    sentences = []
    for (before, last), (answer, release) in pairwise(asked):
        if answer != before:
            sentences.append(f"{'Comes' if answer == 'shows' else 'Gone'} between {last} and {release}")
    return sentences
