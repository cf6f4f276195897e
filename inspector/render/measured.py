"""What is said of checks of sigmas, the same in every format: which rows, in what words, with how many digits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inspector.model import SEVERITIES, Finding, Report, Severity
from inspector.render.curves import PROJECTS
from inspector.render.escape import Safe, safe
from inspector.render.parts import counted, value_text

MANY = 150
"""Beyond so many checks, those that pass are counted instead of listed."""
FEW = 3
"""Up to so many checks, each is told in full."""
MOST = 25
"""Presets that are told in full before the rest is counted."""

HEAD = ("preset", "sigmas", "first", "last", "end", "worst", "error", "")
"""The columns of a check. ``last`` is the last sigma that a step starts from, ``end`` where the last step leads."""

MARKS: dict[str, Severity | Literal["clean"]] = {"pass": "clean", "differ": "error", "raise": "error", "skip": "note"}


@dataclass(frozen=True, slots=True)
class Story:
    """One preset on one model with one outcome: the row that is farthest off, and at which numbers of steps."""

    row: Mapping[str, Any]
    steps: tuple[int, ...]
    findings: tuple[Finding, ...]


def quiet(row: Mapping[str, Any]) -> bool:
    """Right, and nothing to say of it."""
    against = row.get("against") or {}
    return row["verdict"] == "pass" and not row["codes"] and against.get("verdict") in (None, "agree", "pass", "same")


def listed(report: Report, verbose: bool) -> list[Mapping[str, Any]]:
    """The checks that have a line of their own: all, or those that are not right where there are very many."""
    checks = report.data["checks"]
    return [c for c in checks if verbose or len(checks) <= MANY or not quiet(c)]


def severities(report: Report) -> dict[str, Severity]:
    """Code -> how bad it is, of what was found and not ignored."""
    return {f.code: f.severity for f in report.findings}


def mark_of(row: Mapping[str, Any], severe: Mapping[str, Severity]) -> tuple[Severity | Literal["clean"], Safe]:
    """How bad a row is, and the word for it: its worst code, or its verdict."""
    codes = sorted((c for c in row["codes"] if c in severe), key=lambda c: SEVERITIES.index(severe[c]))
    return (severe[codes[0]], safe(codes[0], 20)) if codes else (MARKS[row["verdict"]], safe(row["verdict"], 20))


def by_place(rows: Iterable[Mapping[str, Any]]) -> dict[Safe, list[Mapping[str, Any]]]:
    """``sd15 · 20 steps · cpu float32`` -> its rows that were run."""
    found: dict[Safe, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["verdict"] != "skip":
            found.setdefault(place_of(row), []).append(row)
    return found


def place_of(row: Mapping[str, Any]) -> Safe:
    steps = counted(row["steps"], "step")
    return Safe(f"{safe(row['model'], 60)} · {steps} · {safe(row['device'], 20)} {safe(row['dtype'], 20)}")


def summary(row: Mapping[str, Any]) -> list[Safe]:
    """Count, first and last sigma, what follows the last, the worst step and its relative error."""
    sigmas, worst = row["sigmas"], row.get("worst") or {}
    ends = row.get("derived") or len(sigmas) < 2
    last = sigmas if ends else sigmas[:-1]
    return [
        Safe(str(len(sigmas)) if sigmas else "–"),
        sigma(sigmas[0]) if sigmas else Safe("–"),
        sigma(last[-1]) if last else Safe("–"),
        Safe("") if ends else sigma(sigmas[-1], 3),
        Safe(str(worst.get("index", "–"))),
        relative(worst.get("relative")),
    ]


def skipped_by_reason(checks: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Reason -> the presets that could not be checked for it."""
    reasons: dict[str, dict[str, None]] = {}
    for row in checks:
        if row["verdict"] == "skip":
            reasons.setdefault(row["reason"], {})[row["preset"]] = None
    return {reason: list(presets) for reason, presets in reasons.items()}


def stories(report: Report, *, everything: bool = False) -> list[Story]:
    """What is not right, the same outcome at several numbers of steps told once; all checks with ``everything``."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in report.data["checks"]:
        if row["verdict"] != "skip" and (everything or not quiet(row)):
            key = (row["preset"], row["model"], row["device"], row["dtype"], row["verdict"], tuple(row["codes"]))
            groups.setdefault(key, []).append(row)
    found = []
    for rows in groups.values():
        worst = max(rows, key=lambda r: far(r))
        mine = tuple(f for f in report.findings if concerns(f, worst))
        found.append(Story(worst, tuple(sorted({r["steps"] for r in rows})), mine))
    return found


def far(row: Mapping[str, Any]) -> float:
    value = (row.get("worst") or {}).get("relative")
    return float(value) if isinstance(value, int | float) else float("inf") if value else -1.0


def concerns(finding: Finding, row: Mapping[str, Any]) -> bool:
    """Whether the finding is about this check: ``where`` starts with the preset, and its code is one of the row's."""
    return finding.code in row["codes"] and finding.where.partition(" ")[0] == row["preset"]


def facts(story: Story) -> Iterator[tuple[str, Safe]]:
    """What was measured, as label and sentence; the same for every format."""
    row = story.row
    yield "options", Safe(", ".join(f"{safe(k, 60)}={value_text(v)}" for k, v in row["kwargs"].items()))
    if len(story.steps) > 1:
        yield "steps", Safe(f"{', '.join(map(str, story.steps))}; told here: {row['steps']}")
    elif story.steps:
        yield "steps", Safe(str(row["steps"]))
    if not story.findings:
        yield "result", safe(row["reason"], 600)
    yield from measured(row)
    if loop := row.get("loop"):
        yield "step loop", looped(loop)
    for note in row.get("notes") or ():
        yield "note", safe(note, 400)
    if against := row.get("against"):
        yield "beside", compared(against)
    if row.get("solve"):
        yield "solved", solved(row["solve"])


def measured(row: Mapping[str, Any]) -> Iterator[tuple[str, Safe]]:
    """The worst step with both values, in relative terms and in ulps, and the tolerance with its reason."""
    if worst := row.get("worst"):
        values = f"{exact(worst['actual'])}, the reference {exact(worst['expected'])}"
        off = f"{relative(worst['relative'])} relative, {sigma(worst['ulp'], 3)} ulp"
        yield "worst step", Safe(f"{worst['index']}: sigma {values}: off by {off}")
    if row.get("tolerance") is not None:
        least = f"; {relative(row['smallest_passing'])} would do" if row.get("smallest_passing") is not None else ""
        why = f": {safe(row['why'], 300)}" if row.get("why") else ""
        yield "tolerance", Safe(f"{relative(row['tolerance'])} relative{least}{why}")
    if own := row.get("own"):
        most = f"{sigma(own['ulp'], 3)} ulp at step {own['index']}, {own['tolerance']:g} allowed"
        yield "own alphas", Safe(f"{most}: against the scheduler's own float32 alphas")
    times = row.get("times")
    if times and times.get("apart"):
        pair = f"{exact(times['actual'])}, the reference {exact(times['expected'])}"
        yield "timesteps", Safe(f"step {times['index']}: {pair}; {relative(times['tolerance'])} allowed")


def looped(loop: Mapping[str, Any]) -> Safe:
    """What became of the step loop."""
    if raised := loop.get("raised"):
        where = f"step {raised['step']}" if raised.get("step") is not None else "its start"
        return Safe(f"raises {safe(raised['type'], 60)} at {where}: {safe(raised['message'], 200)}")
    if loop.get("not_finite") is not None:
        return Safe(f"not finite from step {safe(loop['not_finite'], 40)} on")
    if loop.get("wrong"):
        return Safe(f"{loop['wrong']} of {loop['of']} steps land on another noise level than the next sigma")
    return Safe(f"runs, {counted(loop['steps'], 'step')}") if loop.get("steps") else Safe("")


def compared(against: Mapping[str, Any]) -> Safe:
    """``A1111: differ: spaced grid end points; closest: …``."""
    name = safe(PROJECTS.get(against.get("name", ""), against.get("name", "")), 40)
    reason = f": {safe(against['reason'], 400)}" if against.get("reason") else ""
    closest = against.get("closest")
    given = closest.get("kwargs", closest) if isinstance(closest, dict) else None
    nearest = f"; closest: {', '.join(f'{safe(k, 60)}={value_text(v)}' for k, v in given.items())}" if given else ""
    return Safe(f"{name}: {safe(against.get('verdict', ''), 20)}{reason}{nearest}")


def solved(result: Mapping[str, Any]) -> Safe:
    """The sampler on Gaussian data, exactly: mean, standard deviation, empirical order."""
    shown = [f"{k} {sigma(result[k])}" for k in ("mean", "std") if result.get(k) is not None]
    shown += [f"order {result['order']:.2f}"] if isinstance(result.get("order"), int | float) else []
    shown += [safe(result["reason"], 300)] if result.get("reason") else []
    return Safe(", ".join(shown))


def sigma(value: Any, digits: int = 5) -> Safe:
    return Safe(f"{value:.{digits}g}") if isinstance(value, int | float) else safe(value, 10)


def relative(value: Any) -> Safe:
    return Safe("0" if value == 0 else f"{value:.2g}") if isinstance(value, int | float) else safe(value or "–", 10)


def exact(value: Any) -> Safe:
    """A sigma with all the digits that tell two float32 apart."""
    return Safe(f"{value:.9g}") if isinstance(value, int | float) else safe(value, 20)
