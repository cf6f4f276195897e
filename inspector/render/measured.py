"""What was measured of a sampler, in words and digits that are the same in every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inspector.render.curves import PROJECTS
from inspector.render.escape import Safe, safe
from inspector.render.parts import counted, value_text
from inspector.render.series import Series

HEAD = ("preset", "steps", "count", "first", "last", "worst", "error", "")
"""The columns of a check: ``count`` is of its sigmas, ``last`` the last one that a step starts from, not the end."""


def plural(count: int, of: str) -> str:
    return "1 class" if (count, of) == (1, "class") else f"{count} classes" if of == "class" else counted(count, of)


def summary(row: Mapping[str, Any]) -> list[Safe]:
    """Number of steps, count, first and last sigma, the worst step and its relative error."""
    sigmas, worst = row["sigmas"], row.get("worst") or {}
    last = sigmas if row.get("derived") or len(sigmas) < 2 else sigmas[:-1]
    return [
        Safe(str(row["steps"])),
        Safe(str(len(sigmas)) if sigmas else "–"),
        sigma(sigmas[0]) if sigmas else Safe("–"),
        sigma(last[-1]) if last else Safe("–"),
        Safe(str(worst.get("index", "–"))),
        relative(worst.get("relative")),
    ]


def ends(row: Mapping[str, Any]) -> Safe:
    """``21, from 14.6146424 to 0.0291675348, then 0``."""
    sigmas = row["sigmas"]
    if not sigmas:
        return Safe("")
    if len(sigmas) == 1 or row.get("derived"):
        return Safe(f"{len(sigmas)}, from {exact(sigmas[0])} to {exact(sigmas[-1])}")
    if len(sigmas) == 2:
        return Safe(f"2: {exact(sigmas[0])}, then {exact(sigmas[1])}")
    return Safe(f"{len(sigmas)}, from {exact(sigmas[0])} to {exact(sigmas[-2])}, then {exact(sigmas[-1])}")


def facts(one: Series) -> Iterator[tuple[str, Safe]]:
    """What was measured, as label and sentence; the same for every format."""
    row = one.row
    yield "options", Safe(", ".join(f"{safe(k, 60)}={value_text(v)}" for k, v in row["kwargs"].items()))
    others = [str(n) for n in one.steps if n != row["steps"]]
    yield "steps", Safe(f"{row['steps']}; checked at {', '.join(others[:12])} too" if others else str(row["steps"]))
    if not one.findings:
        yield "result", safe(row["reason"], 600)
    yield "sigmas", ends(row)
    yield from measured(row)
    if loop := row.get("loop"):
        yield "step loop", looped(loop)
    for note in row.get("notes") or ():
        yield "note", safe(note, 400)
    against = row.get("against")
    if against and not any(f.code == "IPS316" for f in one.findings):
        yield "elsewhere", compared(against)
    if row.get("solve"):
        yield "solved", solved(row["solve"])


def measured(row: Mapping[str, Any]) -> Iterator[tuple[str, Safe]]:
    """The worst step with both values, in relative terms and in ulps, and the tolerance with its reason."""
    if worst := row.get("worst"):
        values = f"{exact(worst['actual'])}, the reference {exact(worst['expected'])}"
        off = f": off by {relative(worst['relative'])} relative, {sigma(worst['ulp'], 3)} ulp"
        yield "worst step", Safe(f"{worst['index']}: sigma {values}{off if worst['expected'] else ''}")
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
    """``A1111's Euler with uniform: differ by 0.2: …; closest: …``; empty where that project has no such sampler."""
    if against.get("verdict") in (None, "skip"):
        return Safe("")
    reason = f": {safe(against['reason'], 600)}" if against.get("reason") else ""
    far = f" by {sigma(against['relative'], 3)}" if against["verdict"] == "differ" and against.get("relative") else ""
    closest = against.get("closest") or {}
    nearest = f"; closest: {safe(closest['text'], 300)}, off by {relative(closest['relative'])}" if closest else ""
    project = PROJECTS.get(against["name"], against["name"])
    whose = f"{safe(project, 40)}'s {safe(against.get('sampler') or 'sampler', 100)}"
    return Safe(f"{whose}: {safe(against['verdict'], 20)}{far}{reason}{nearest}")


def solved(result: Mapping[str, Any]) -> Safe:
    """The sampler on Gaussian data beside the exact solution: mean, standard deviation, empirical order."""
    said = []
    for name in ("mean", "std"):
        if result.get(name) is not None:
            exactly = f" (exactly {sigma(result[f'exact_{name}'])})" if result.get(f"exact_{name}") is not None else ""
            said.append(f"{name} {sigma(result[name])}{exactly}")
    said += [f"order {result['order']:.2f}"] if isinstance(result.get("order"), int | float) else []
    said += [safe(result["reason"], 300)] if result.get("reason") else []
    return Safe(", ".join(said))


def sigma(value: Any, digits: int = 5) -> Safe:
    """A sigma in at most eight characters."""
    if not isinstance(value, int | float):
        return safe(value, 10)
    shown = (f"{value:.{n}g}" for n in range(digits, 0, -1))
    return Safe(next((s for s in shown if len(s) <= 8), f"{value:.1g}"))


def relative(value: Any) -> Safe:
    return Safe("0" if value == 0 else f"{value:.2g}") if isinstance(value, int | float) else safe(value or "–", 10)


def exact(value: Any) -> Safe:
    """A sigma with all the digits that tell two float32 apart."""
    return Safe(f"{value:.9g}") if isinstance(value, int | float) else safe(value, 20)
