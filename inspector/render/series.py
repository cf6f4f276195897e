"""The checks of sigmas by preset: which are told, and which of its numbers of steps says most. Plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from inspector.model import SEVERITIES, Finding, Report, Severity
from inspector.render.escape import Safe, safe

MANY = 200
"""Beyond so many presets, those that are right are counted instead of listed."""
FEW = 3
"""Up to so many presets, each is told in full."""
MOST = 8
"""Up to so many presets that are not right, each is told in full; beyond, each finding is told once for all of them."""

Mark = Severity | Literal["clean"]
MARKS: dict[str, Mark] = {"pass": "clean", "differ": "error", "raise": "error", "skip": "note"}
AGREED = ("pass", "skip")
"""What ``against`` says where there is no difference, or nothing to compare with."""
_RANKS: tuple[Mark, ...] = ("error", "warning", "note", "clean")
_STEPS = 8
_DRAWN, _USUAL = 4, 20


@dataclass(frozen=True, slots=True)
class Series:
    """One preset on one model and device, over all its numbers of steps.

    ``row`` is the check that says most: the one with the worst finding, then the one farthest off.
    """

    row: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]

    @property
    def severe(self) -> dict[str, Severity]:
        """Code -> how bad it is here: the worst of the findings about this very preset."""
        return {f.code: f.severity for f in sorted(self.findings, key=lambda f: -SEVERITIES.index(f.severity))}

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(row["steps"] for row in self.rows)

    @property
    def shown(self) -> Mapping[str, Any]:
        """The check whose numbers stand for all: one or two steps say little of a preset, where there are more."""
        if self.row["steps"] >= _DRAWN:
            return self.row
        return min(self.rows, key=lambda row: abs(row["steps"] - _USUAL))

    @property
    def drawn(self) -> Mapping[str, Any]:
        """The check for a picture: one or two sigmas are none, where there is another."""
        if self.quiet:
            return min(self.rows, key=lambda row: abs(row["steps"] - _USUAL))
        more = [row for row in self.rows if row["steps"] >= _DRAWN]
        if self.row["steps"] >= _DRAWN or not more:
            return self.row
        return max(more, key=lambda row: (len(row["codes"]), -abs(row["steps"] - _USUAL)))

    @property
    def quiet(self) -> bool:
        """Right, and nothing to say of it."""
        return not self.findings and all(map(fine, self.rows))


def fine(row: Mapping[str, Any]) -> bool:
    return row["verdict"] == "pass" and (row.get("against") or {}).get("verdict", "pass") in AGREED


def series(report: Report) -> list[Series]:
    """The checks that were made, by preset, model and device, in their order; those that were skipped are left out."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in report.data["checks"]:
        if row["verdict"] != "skip":
            key = (row["preset"], row["model"], row["device"], row["dtype"], repr(row["kwargs"]))
            groups.setdefault(key, []).append(row)
    by_where: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_where.setdefault(finding.where, []).append(finding)
    made = []
    for rows in groups.values():
        held = tuple(sorted(rows, key=lambda r: int(r["steps"])))
        one = Series(rows[0], held, tuple(by_where.get(where(rows[0]), ())))
        made.append(replace(one, row=max(rows, key=lambda row, one=one: badness(row, one.severe))))  # type: ignore[misc]
    return made


def badness(row: Mapping[str, Any], severe: Mapping[str, Severity]) -> tuple[int, int, float]:
    """Sorts checks by what they say: the worst finding, then how many, then how far off."""
    return -_RANKS.index(mark_of(row, severe)[0]), len([c for c in row["codes"] if c in severe]), far(row)


def where(row: Mapping[str, Any]) -> str:
    """What the findings about a row call it."""
    at = "" if row["device"] == "cpu" else f" on {row['device']}"
    return f"{row['name']} on {row['model']}{at}"


def severities(report: Report) -> dict[str, Severity]:
    """Code -> how bad it is, of what was found of presets and not ignored."""
    presets = {where(row) for row in report.data["checks"]}
    return {
        f.code: f.severity for f in reversed(report.findings) if f.where in presets
    }  # the worst come first, and win


def mark_of(row: Mapping[str, Any], severe: Mapping[str, Severity]) -> tuple[Mark, Safe]:
    """How bad a row is, and the word for it: its worst code, or its verdict."""
    codes = sorted((c for c in row["codes"] if c in severe), key=lambda c: SEVERITIES.index(severe[c]))
    return (severe[codes[0]], safe(codes[0], 20)) if codes else (MARKS[row["verdict"]], safe(row["verdict"], 20))


def lines(one: Series, verbose: bool) -> Iterator[tuple[Mapping[str, Any], Mark, Safe, Safe]]:
    """What has a line of its own: every check, or one for all of them, marked as the worst is, with what it leaves out.

    Each with how bad it is, the word for it, and the codes of other numbers of steps.
    """
    if verbose:
        yield from ((row, *mark_of(row, one.severe), Safe("")) for row in one.rows)
    else:
        yield one.shown, *mark_of(one.row, one.severe), also(one)


def far(row: Mapping[str, Any]) -> float:
    """How far the worst step is off; what is not finite is farthest."""
    value = (row.get("worst") or {}).get("relative")
    return float(value) if isinstance(value, int | float) else float("inf") if value else -1.0


def listed(found: list[Series], verbose: bool) -> list[Series]:
    """What has a line of its own: all, or what is not right where there are very many."""
    return [one for one in found if verbose or len(found) <= MANY or not one.quiet]


def told_in_full(found: list[Series], verbose: bool) -> list[Series]:
    """What is told in full: what is not right; where there is little, or all is asked for, everything."""
    return [one for one in found if verbose or len(found) <= FEW or not one.quiet]


def by_place(found: Iterable[Series]) -> dict[tuple[Safe, Safe], list[Series]]:
    """``sd15 · cpu float32``, and why it was checked there if that needs saying -> what was checked."""
    places: dict[tuple[Safe, Safe], list[Series]] = {}
    for one in found:
        row = one.row
        place = Safe(f"{safe(row['model'], 60)} · {safe(row['device'], 20)} {safe(row['dtype'], 20)}")
        places.setdefault((place, safe(row.get("because") or "", 200)), []).append(one)
    return places


def also(one: Series) -> Safe:
    """``IPS303 at N = 50, 61``: the codes and numbers of steps that the one line of a series does not show."""
    at: dict[str, list[int]] = {}
    for row in one.rows:
        for code in (c for c in row["codes"] if c in one.severe):
            at.setdefault(code, []).append(row["steps"])
    if list(at.values()) == [[one.shown["steps"]]]:
        return Safe("")  # one code at one number of steps, and that is the one in the line
    said = []
    for code, steps in at.items():
        everywhere = len(steps) == len(one.rows)
        if len(at) > 1 or not everywhere:
            shown = ", ".join(map(str, steps[:_STEPS])) + ("…" if len(steps) > _STEPS else "")
            said.append(safe(code, 20) if everywhere else Safe(f"{safe(code, 20)} at N = {shown}"))
    return Safe(", ".join(said))
