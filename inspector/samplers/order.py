"""The empirical order of convergence of a sampler's real step loop, and what it converges to.

The error of the terminal std against the exact limit behaves like C N^-p + F. F is not zero for a right sampler: most
end with one jump from the smallest sigma to 0, whatever N (std too small by sigma^2/2), some stop short of 0. So p is
fitted to the differences between successive N, in which F drops out, and F, extrapolated, is judged by itself: the
jump explains sigma^2, a wrong table or a wrong sign does not stay within it.

Nothing here is tuned. The loops run in float64, tables and coefficients included, so that what is left of an error is
the method's; differences below the bound of its rounding (`rounding.drift`) are none. F has the uncertainty of its
extrapolation: 1.25 times the last correction, Roache's grid convergence index (1994, J. Fluids Eng. 116, 405), or what
the extrapolation from one N less was off by, where that is more.
What converges does so with an order of one half at least: every method here has a whole one, so that half of it
divides what converges from what does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from inspector.samplers.solve import Solved, is_factory, solve
from inspector.samplers.told import truth_of

COUNTS = (10, 20, 40, 80, 160)
SAFETY = 1.25
"""Of the grid convergence index, for three grids and more."""
HALF = 2.0**-0.5
"""What an order of one half leaves of an error when N doubles."""
Call = Mapping[str, Any] | Callable[[int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Point:
    """One N: the errors of mean and std against the exact limit; ``reason`` where there are none."""

    steps: int
    mean_error: float | None
    std_error: float | None
    noise: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """``value`` is the fitted order p, or None with the ``reason``.

    ``fitted``: the N it was fitted to; ``of``: ``std`` or ``mean``, whose error was fitted. ``floor``: the std error
    left for N to infinity, ``allowed`` how much of it the sampler's last jump explains, ``converges`` whether that is
    all (None: cannot tell).
    """

    value: float | None
    points: tuple[Point, ...]
    reason: str = ""
    fitted: tuple[int, ...] = ()
    of: str = "std"
    floor: float | None = None
    allowed: float | None = None
    converges: bool | None = None


def order(scheduler: Any, *, counts: Sequence[int] = COUNTS, call: Call | None = None, **options: Any) -> Order:
    """Solve at each N and fit.

    Args:
        scheduler: as for :func:`solve.solve`.
        counts: numbers of steps, each twice the one before.
        call: keywords for ``set_timesteps``, or a function of N that gives them.
        options: more of :func:`solve.solve`; ``upcast`` is off unless given, so that float32 casts set no floor.
    """
    if any(b != 2 * a for a, b in pairwise(counts)):
        raise ValueError(f"counts must double: {tuple(counts)}")
    options.setdefault("upcast", False)
    solved = [solve(scheduler, n, call=call(n) if callable(call) else call, **options) for n in counts]
    points = tuple(_point(n, result) for n, result in zip(counts, solved, strict=True))
    for n, result in zip(counts, solved, strict=True):
        if result.reason and not result.raised:
            return Order(None, points, f"N={n}: {result.reason}")
    if any(result.consistent for result in solved):
        return Order(None, points, "a consistency sampler is exact at any N: it has no order")
    good = [(p, r) for p, r in zip(points, solved, strict=True) if not p.reason]
    if len(good) < 3:
        failed = next(p for p in points if p.reason)
        return Order(None, points, f"{len(good)} of {len(points)} N have a result; N={failed.steps}: {failed.reason}")
    off = max((r.timestep_off for _, r in good if r.timestep_off is not None), default=0.0)
    rounded = 0.0
    if options.get("conditioning") == "t" and 1e-3 < off <= 1.0 + 1e-3:
        last, result = good[-1][0].steps, good[-1][1]
        rounded = _late(scheduler, result, last, off, call(last) if callable(call) else call, options)
    return _fit([p for p, _ in good], points, good[-1][1], rounded)


def _late(scheduler: Any, held: Solved, n: int, off: float, call: Any, options: Mapping[str, Any]) -> float:
    """What timesteps that are rounded or cut may leave: they are off by ``off`` at most, either way.

    A network that takes more noise for granted takes more away, at every step; so the worst is to be off one way all
    along, and that can be run.
    """
    made = scheduler() if is_factory(scheduler) else scheduler
    truth = options.get("truth") or truth_of(made)
    moved = [
        solve(scheduler, n, call=call, **{**options, "truth": replace(truth, late=way * off)}) for way in (-1.0, 1.0)
    ]
    apart = [
        abs(a - b)
        for one in moved
        for a, b in ((one.mean, held.mean), (one.true_std, held.true_std))
        if a is not None and b is not None
    ]
    return max(apart, default=0.0)


def _point(n: int, solved: Solved) -> Point:
    limit = solved.limit
    if solved.mean is None or solved.true_std is None or limit is None:
        return Point(n, None, None, solved.bound, solved.reason)
    return Point(n, solved.mean - limit[0], solved.true_std - limit[1], solved.bound)


def _fit(good: list[Point], points: tuple[Point, ...], last: Solved, rounded: float) -> Order:
    """Order and floor from the std, or from the mean where the std does not move.

    ``rounded``: what rounded timesteps may leave, where the network was told such.
    """
    noise = max(p.noise for p in good)
    stds, means = [float(p.std_error or 0) for p in good], [float(p.mean_error or 0) for p in good]
    if max(max(abs(b - a) for a, b in pairwise(e)) for e in (stds, means)) <= 2 * noise:
        return Order(None, points, "the result does not depend on N", floor=stds[-1], allowed=_allowed(last))
    away = _runs_away(stds, means, _allowed(last))
    reasons = []
    for of in ("std", "mean"):
        errors = stds if of == "std" else means
        run = _settling(errors, noise)
        if run is None:
            reasons.append(f"{of} error {', '.join(f'{e:.1e}' for e in errors)}: no three N that settle")
            continue
        steps = [good[i].steps for i in range(*run)]
        part = errors[run[0] : run[1]]
        value = slope(steps, [abs(b - a) for a, b in pairwise(part)])
        floors = [b + (b - a) / (2.0**value - 1.0) for a, b in pairwise(part)]
        floor, allowed = floors[-1], _allowed(last)
        unsure = max(SAFETY * abs(floor - part[-1]), abs(floor - floors[-2]))
        settled = of == "std" and run[1] == len(good)
        explained = abs(floor) <= allowed + unsure
        converges, reason = (False if away else explained if settled else None), ""
        if converges is False and rounded and max(abs(stds[-1]), abs(means[-1])) <= rounded + allowed:
            converges, reason = None, "what is left may come of the rounded timesteps that the network is told"
        return Order(value, points, reason, tuple(steps), of, floor, allowed, converges)
    return Order(None, points, "; ".join(reasons), allowed=_allowed(last), converges=False if away else None)


def _runs_away(stds: list[float], means: list[float], allowed: float) -> bool:
    """Whether an error stays, or the mean's grows, beyond what the last jump leaves."""
    stays = any(abs(e[-1]) > max(HALF * abs(e[-2]), allowed) for e in (stds, means))
    return stays or abs(means[-1]) > abs(means[0]) + allowed


def _settling(errors: list[float], noise: float) -> tuple[int, int] | None:
    """The latest, longest stretch of N whose differences keep their sign, shrink, and stand out of the noise."""
    steps = [b - a for a, b in pairwise(errors)]
    best = None
    for i in range(len(steps)):
        j = i
        while j < len(steps) and abs(steps[j]) > 2 * noise and (j == i or 0 < steps[j] / steps[j - 1] < 1):
            j += 1
        if j - i >= 2 and (best is None or j - i >= best[1] - best[0] - 1):
            best = (i, j + 1)
    return best


def slope(steps: list[int], differences: list[float]) -> float:
    """The order with which something falls as N grows: least squares of its logarithm over log N, with a minus."""
    xs, ys = [math.log(n) for n in steps[: len(differences)]], [math.log(d) for d in differences]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return -sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def _allowed(last: Solved) -> float:
    """What the last jump from sigma to 0 may leave: sigma^2/2 of the std, doubled for those that stop short of 0."""
    return 1e-6 if last.last_sigma is None else max(1e-6, last.last_sigma**2)
