"""The empirical order of convergence of a sampler's real step loop, and what it converges to.

The error of the terminal std against the exact limit behaves like C N^-p + F. F is not zero for a right sampler: most
end with one jump from the smallest sigma to 0, whatever N (std too small by sigma^2/2), some stop short of 0. So p is
fitted to the differences between successive N, in which F drops out, and F, extrapolated, is judged by itself: the
jump explains sigma^2, a wrong table or a wrong sign does not stay within it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inspector.samplers.solve import Solved, solve

COUNTS = (10, 20, 40, 80, 160)
ROUNDED = 5e-3
"""What a timestep rounded or cut to an integer may leave. Measured over all presets and models: at most 2.1e-3."""
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
    off = [r.timestep_off for _, r in good if r.timestep_off is not None]
    rounded = options.get("conditioning") == "t" and bool(off) and 1e-3 < max(off) <= 1.0 + 1e-3
    return _fit([p for p, _ in good], points, good[-1][1], rounded)


def _point(n: int, solved: Solved) -> Point:
    limit = solved.limit
    if solved.mean is None or solved.true_std is None or limit is None:
        return Point(n, None, None, solved.noise, solved.reason)
    return Point(n, solved.mean - limit[0], solved.true_std - limit[1], solved.noise)


def _fit(good: list[Point], points: tuple[Point, ...], last: Solved, rounded: bool) -> Order:
    """Order and floor from the std, or from the mean where the std does not move.

    ``rounded``: the network was told timesteps that are off by no more than rounding explains.
    """
    noise = max(p.noise for p in good)
    stds, means = [float(p.std_error or 0) for p in good], [float(p.mean_error or 0) for p in good]
    if max(max(abs(b - a) for a, b in pairwise(e)) for e in (stds, means)) <= 10 * noise:
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
        value = _slope(steps, [abs(b - a) for a, b in pairwise(part)])
        floor = part[-1] + (part[-1] - part[-2]) / (2.0**value - 1.0)
        allowed = _allowed(last)
        settled = of == "std" and run[1] == len(good)
        explained = abs(floor) <= allowed + 0.1 * abs(errors[0])
        converges, reason = (False if away else explained if settled else None), ""
        if converges is False and rounded and max(abs(stds[-1]), abs(means[-1])) < ROUNDED:
            converges, reason = None, "what is left may come of the rounded timesteps that the network is told"
        return Order(value, points, reason, tuple(steps), of, floor, allowed, converges)
    return Order(None, points, "; ".join(reasons), allowed=_allowed(last), converges=False if away else None)


def _runs_away(stds: list[float], means: list[float], allowed: float) -> bool:
    """Whether the error stays (half the step should halve it) or the mean's grows, beyond what the last jump leaves."""
    stays = any(abs(e[-1]) > max(0.7 * abs(e[-2]), 10 * allowed) for e in (stds, means))
    return stays or abs(means[-1]) > 2 * abs(means[0]) + allowed


def _settling(errors: list[float], noise: float) -> tuple[int, int] | None:
    """The latest, longest stretch of N whose differences keep their sign, shrink, and stand out of the noise."""
    steps = [b - a for a, b in pairwise(errors)]
    best = None
    for i in range(len(steps)):
        j = i
        while j < len(steps) and abs(steps[j]) > 10 * noise and (j == i or 0 < steps[j] / steps[j - 1] < 1):
            j += 1
        if j - i >= 2 and (best is None or j - i >= best[1] - best[0] - 1):
            best = (i, j + 1)
    return best


def _slope(steps: list[int], differences: list[float]) -> float:
    """Least squares of log difference over log N, with a minus."""
    xs, ys = [math.log(n) for n in steps[: len(differences)]], [math.log(d) for d in differences]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return -sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def _allowed(last: Solved) -> float:
    """What the last jump from sigma to 0 may leave: sigma^2/2 of the std, doubled for those that stop short of 0."""
    return 1e-6 if last.last_sigma is None else max(1e-6, last.last_sigma**2)
