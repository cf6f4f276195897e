"""``--solve``: the exact result of a preset's whole step loop on Gaussian data, for one row.

What is judged is the method, in float64: what converges at all does so with an order of one half at least (see
:mod:`order`), and a third order does not lose as much on the second. What float32 adds is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.samplers.agreement import number
from inspector.samplers.build import Subject, Workshop, call_of, class_for
from inspector.samplers.order import HALF, Order, order, slope
from inspector.samplers.solve import solve

Call = Callable[[int], Mapping[str, Any]]


def solved(subject: Subject, steps: int, shop: Workshop, device: str, dtype: str) -> dict[str, Any]:
    """The exact mean and standard deviation at N, and the order of convergence over N = 10 … 160.

    Returns:
        ``mean``, ``std``; ``exact_mean``, ``exact_std``, the end of the probability flow, or of the reverse SDE where
        steps draw noise; ``noise``, what float32 adds: how far the loop as it runs is from the same in float64;
        ``order``, its ``floor`` for N to infinity and what of it is
        ``allowed``; ``short``, why the loop does not get there, or empty; ``reason`` where there are no numbers.
    """
    kwargs = subject.kwargs
    made = shop.get(class_for(subject.preset), subject.preset, subject.model, kwargs)
    where = device if device not in ("cpu", "simulated") else "cpu"

    def call(n: int) -> dict[str, Any]:
        return {k: v for k, v in call_of(subject, n).items() if k != "num_inference_steps"}

    wide = "float64" if dtype == "float32" and where != "mps" else dtype
    found = solve(made, steps, call=call(steps), device=where, dtype=wide, upcast=wide != "float64")
    as_run = solve(made, steps, call=call(steps), device=where, dtype=wide)
    pairs = ((found.mean, as_run.mean), (found.std, as_run.std))
    apart = [abs(a - b) for a, b in pairs if a is not None and b is not None]
    fit = shop.once(made, f"order {where}", lambda: order(made, call=call, device=where))
    limit = found.limit or (None, None)
    return {
        "mean": _plain(found.mean),
        "std": _plain(found.std),
        "exact_mean": _plain(limit[0]),
        "exact_std": _plain(limit[1]),
        "noise": max([found.noise, *apart]),
        "order": _plain(fit.value),
        "floor": _plain(fit.floor),
        "allowed": _plain(fit.allowed),
        "short": worse(fit, subject, shop, call, where) or short(fit),
        "reason": found.reason or fit.reason,
    }


def short(fit: Order) -> str:
    """Why the loop does not get to the exact result, or empty.

    Between N = 20 and 160 an order of one half leaves a third of the error. The last jump to zero may leave more.
    """
    if fit.converges is None and fit.reason:
        return ""
    known = {p.steps: p.std_error for p in fit.points if p.std_error is not None}
    early, late = known.get(20), known.get(160)
    if early is None or late is None or abs(late) <= max(HALF**3 * abs(early), fit.allowed or 0.0):
        return ""
    return f"the error is {early:+.2g} at 20 steps and {late:+.2g} at 160"


def worse(fit: Order, subject: Subject, shop: Workshop, call: Call, where: str) -> str:
    """Whether a solver of third order is less of one than the same of second order; or empty.

    On a grid whose last steps stay long both are of first order, and the third may be a little farther off. So it must
    be farther at every N, farther than the last jump explains, and fall behind by half an order or more.
    """
    preset, kwargs = subject.preset, subject.kwargs
    made = shop.get(class_for(preset), preset, subject.model, kwargs)
    if int(made.config.get("solver_order") or 0) < 3:
        return ""
    lower = shop.get(class_for(preset), preset, subject.model, {**kwargs, "solver_order": 2})
    second = shop.once(lower, f"order {where}", lambda: order(lower, call=call, device=where))
    pairs = [(a.steps, a.std_error, b.std_error) for a, b in zip(fit.points, second.points, strict=True)]
    late = [(n, abs(a), abs(b)) for n, a, b in pairs if a is not None and b and n >= 20]
    if len(late) < 3 or not all(a > b for _, a, b in late) or late[-1][1] <= (fit.allowed or 0.0):
        return ""
    if slope([n for n, _, _ in late], [a / b for _, a, b in late]) > -0.5:
        return ""
    n, mine, other = late[0]
    return f"solver_order=2 is nearer at every N: {other:.2g} off at {n} steps, not {mine:.2g}"


def _plain(value: float | None) -> Any:
    return None if value is None else number(value)
