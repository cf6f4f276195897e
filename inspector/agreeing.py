"""``inspector.assert_same_sigmas``: where two schedules differ, by how much, and the tolerance that would pass."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.model import EXIT_USAGE, InspectError

BITS = {"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}
"""Bits of the mantissa, from which the spacing of numbers (an ulp) follows."""
RTOL = {"float64": 1e-7, "float32": 1.3e-6, "float16": 1e-3, "bfloat16": 1.6e-2}
"""The relative tolerances of ``torch.testing.assert_close``."""
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Sigmas:
    """Numbers by step with the dtype they were held in."""

    values: tuple[float, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Apart:
    """One step at which the two differ; ``ulps`` counts spacings of the coarser dtype at the expected value."""

    step: int
    actual: float
    expected: float
    relative: float
    ulps: float


def assert_same_sigmas(actual: Any, expected: Any, rtol: float | None, atol: float) -> None:
    """See :func:`inspector.assert_same_sigmas`."""
    __tracebackhide__ = True
    if lines := explained(actual, expected, rtol, atol):
        raise AssertionError("\n".join(lines))


def explained(
    actual: Any, expected: Any, rtol: float | None, atol: float = 0.0, names: tuple[str, str] = ("actual", "expected")
) -> list[str]:
    """What differs, the worst and what would pass first; empty when nothing does."""
    a, e = sigmas_of(actual), sigmas_of(expected)
    dtype = min(a.dtype, e.dtype, key=BITS.__getitem__)
    tolerance = RTOL[dtype] if rtol is None else rtol
    pairs = list(zip(a.values, e.values, strict=False))
    found = [apart(i, *p, dtype) for i, p in enumerate(pairs) if not close(*p, tolerance, atol)]
    if not found and len(a.values) == len(e.values):
        return []
    bound = f"rtol {tolerance:g}" + (f", atol {atol:g}" if atol else "")
    if len(a.values) != len(e.values):
        lines = [
            f"sigmas differ in their number: {len(a.values)} in {names[0]}, {len(e.values)} in {names[1]}; "
            f"of the first {len(pairs)}, {len(found)} differ ({bound})"
        ]
    else:
        lines = [f"sigmas differ at {len(found)} of {len(pairs)} steps ({bound})"]
    if found:
        worst = max(found, key=lambda f: (f.relative, abs(f.actual - f.expected)))
        lines.append(
            f"worst: step {worst.step}, {number(worst.actual)} instead of {number(worst.expected)}: "
            f"relative {worst.relative:.3g}, {ulps(worst)} {dtype} ulps"
        )
        if len(a.values) == len(e.values):
            lines.append(passing(pairs, found, atol))
        lines += table(found, dtype, names)
    return lines


def passing(pairs: Sequence[tuple[float, float]], found: Sequence[Apart], atol: float) -> str:
    """The smallest tolerance with two digits under which the two are the same, tried."""
    from inspector.samplers.agreement import smallest

    if not all(math.isfinite(f.actual) and math.isfinite(f.expected) for f in found):
        return "no tolerance would pass: a value that is not finite differs"
    zeros = [f for f in found if f.expected == 0]
    if zeros:
        need = settled(smallest(max(abs(f.actual) for f in zeros)), lambda t: all(abs(f.actual) <= t for f in zeros))
        rest = [(a, e) for a, e in pairs if not close(a, e, 0, need)]
        more = f", rtol={least(rest, need):g}" if rest else ""
        return f"smallest tolerance that passes: atol={need:g}{more} (no rtol allows for an expected 0)"
    return f"smallest tolerance that passes: rtol={least(pairs, atol):g}" + (f" with atol={atol:g}" if atol else "")


def least(pairs: Sequence[tuple[float, float]], atol: float) -> float:
    """The smallest rtol beside this atol, rounded up to two digits."""
    from inspector.samplers.agreement import smallest

    far = max((max(0.0, abs(a - e) - atol) / abs(e) for a, e in pairs if a != e and e), default=0.0)
    return settled(smallest(far), lambda t: all(close(*p, t, atol) for p in pairs))


def settled(tolerance: float, passes: Callable[[float], bool]) -> float:
    """Rounding may have fallen short by a bit: a hundredth more, until it holds."""
    while not passes(tolerance):
        tolerance = float(f"{tolerance * 1.01:.3g}") if tolerance else sys.float_info.min
    return tolerance


def close(a: float, e: float, rtol: float, atol: float) -> bool:
    """|a - e| <= atol + rtol |e|; NaN is NaN, and an infinity is itself."""
    if a == e or (math.isnan(a) and math.isnan(e)):
        return True
    return math.isfinite(a) and math.isfinite(e) and abs(a - e) <= atol + rtol * abs(e)


def apart(step: int, a: float, e: float, dtype: str) -> Apart:
    if not (math.isfinite(a) and math.isfinite(e)):
        return Apart(step, a, e, math.inf, math.inf)
    spacing = math.ldexp(1.0, math.frexp(e)[1] - 1 - BITS[dtype]) if e else 0.0
    return Apart(step, a, e, abs(a - e) / abs(e) if e else math.inf, abs(a - e) / spacing if spacing else math.inf)


def table(found: Sequence[Apart], dtype: str, names: tuple[str, str]) -> list[str]:
    """The first steps that differ, in columns."""
    rows = [("step", *names, "relative", f"{dtype} ulps")]
    rows += [(str(f.step), number(f.actual), number(f.expected), f"{f.relative:.2e}", ulps(f)) for f in found[:_SHOWN]]
    widths = [max(len(r[i]) for r in rows) for i in range(5)]
    lines = ["  " + "  ".join(c.rjust(w) for c, w in zip(r, widths, strict=True)) for r in rows]
    return [*lines, f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else lines


def ulps(f: Apart) -> str:
    return f"{f.ulps:,.0f}" if math.isfinite(f.ulps) else "inf"


def number(value: float) -> str:
    return f"{value:.9g}"


def sigmas_of(obj: Any) -> Sigmas:
    """The numbers of a tensor, an array, a list, or of a scheduler's ``sigmas``.

    Raises:
        InspectError: it holds no row of real numbers (exit status 2).
    """
    held = obj if is_array(obj) or isinstance(obj, list | tuple) else getattr(obj, "sigmas", None)
    name = type(obj).__name__
    if held is None:
        raise wrong(f"{name} has no sigmas", "give a tensor, an array, a list of numbers, or a scheduler that has them")
    if is_array(held):
        if len(held.shape) != 1:
            raise wrong(f"{name} of shape {tuple(held.shape)} is no row of sigmas", "give one dimension")
        if str(getattr(held, "device", "")) == "meta":
            raise wrong(f"{name} is on the meta device and holds no numbers", "build the scheduler for real")
        dtype = str(held.dtype).removeprefix("torch.")
        held = held.tolist()
    else:
        dtype = "float32"  # what schedulers hold: a list was read from one, or written down from one
    try:
        values = tuple(float(v) for v in held)
    except (TypeError, ValueError) as error:
        raise wrong(f"{name} is no row of numbers: {error}", "give sigmas") from error
    return Sigmas(values, dtype if dtype in BITS else "float64")


def is_array(obj: Any) -> bool:
    """A tensor or an array, told without importing either library."""
    return all(hasattr(obj, name) for name in ("shape", "dtype", "tolist"))


def wrong(message: str, hint: str) -> InspectError:
    return InspectError(message, hint=hint, exit_code=EXIT_USAGE)
