"""Is one solved sampler the same as another, within numerical noise?

What "wrong" means needs a truth. It is one of: the same sampler built right (the preset's class and kwargs on the
model's own training config), numbers recorded earlier, or the exact limit, which :mod:`order` judges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.samplers.rounding import SINGLE, drift
from inspector.samplers.solve import Solved


@dataclass(frozen=True, slots=True)
class Verdict:
    """``same``, or what moved most, by how much and how many times the noise.

    ``what``: ``mean``, ``std``, ``gain``, ``superposition`` (one of the two is not affine) or ``outcome`` (one of them
    has no numbers at all; then ``by`` is infinite).
    """

    same: bool
    what: str = ""
    by: float = 0.0
    times: float = 0.0
    reason: str = ""


def verdict(solved: Solved, reference: Solved | Mapping[str, Any]) -> Verdict:
    """Compare a result with a reference.

    Args:
        solved: the sampler in question.
        reference: another result of this machine, or recorded numbers: ``{"mean": …, "std": …, "A": …}`` or
            ``{"error": "IndexError: …"}``.
    """
    recorded = not isinstance(reference, Solved)
    theirs = _recorded(reference) if not isinstance(reference, Solved) else reference
    if solved.skipped or theirs.skipped:
        return Verdict(True, reason=solved.skipped or theirs.skipped)
    if _outcome(solved) != _outcome(theirs):
        reason = f"{solved.reason or 'it gives numbers'}; the reference: {theirs.reason or 'it gives numbers'}"
        by = solved.not_affine or theirs.not_affine
        if by is not None and "numbers" in (_outcome(solved), _outcome(theirs)):
            return Verdict(False, "superposition", by, by / max(solved.noise, theirs.noise), reason)
        return Verdict(False, "outcome", math.inf, math.inf, reason)
    if solved.reason:
        return Verdict(True, reason=solved.reason)
    noise, allowed = max(solved.noise, theirs.noise), solved.bound + theirs.bound
    if recorded:
        noise, allowed = max(noise, SINGLE), allowed + elsewhere(solved)
    what, by, expected = max(
        (
            (name, abs(getattr(solved, name) - getattr(theirs, name)), getattr(theirs, name))
            for name in ("std", "mean", "gain")
            if getattr(theirs, name) is not None
        ),
        key=lambda found: found[1],
    )
    if by <= allowed:
        return Verdict(True, what, by, by / noise)
    reason = (
        f"{what} is {getattr(solved, what):.6g}, not {expected:.6g}: off by {by:.2g}, {by / noise:.0f} times the noise"
    )
    return Verdict(False, what, by, by / noise, reason)


def elsewhere(solved: Solved) -> float:
    """How far numbers recorded on another machine may be from those of this one.

    The schedulers compute tables and coefficients in float32 with the vendor's sqrt, log and exp, which need not round
    alike (on some CPUs torch.sqrt is off in the last bit for one number in five): each machine's result has a rounding
    error of its own. Over the 502 recorded results they are at most two thirds of this apart.
    """
    return 2.0 * solved.lost * drift(solved.model_calls)


def _outcome(solved: Solved) -> str:
    if solved.raised is not None:
        return solved.raised.type
    return (
        "not finite" if solved.not_finite is not None else "not affine" if solved.not_affine is not None else "numbers"
    )


def _recorded(reference: Mapping[str, Any]) -> Solved:
    from inspector.samplers.solve import Raised

    if "error" in reference:
        kind, _, message = str(reference["error"]).partition(": ")
        return Solved(raised=Raised(kind, message, "step", None, None))
    return Solved(mean=reference["mean"], std=reference["std"], gain=reference.get("A"))
