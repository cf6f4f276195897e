"""One preset on one model, so many steps, one device: what the real scheduler holds against what it should hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from inspector.model import InspectError
from inspector.samplers import facts
from inspector.samplers.agreement import number, plain, smallest, worst
from inspector.samplers.build import Missing, Subject, Workshop, call_of, class_for
from inspector.samplers.devices import misplaced, on
from inspector.samplers.expected import Expected, NoReference, expected
from inspector.samplers.grid import Grid, numbers, observe
from inspector.samplers.loop import straight
from inspector.samplers.presets import keyed
from inspector.samplers.tolerance import bound

if TYPE_CHECKING:
    from inspector.samplers.facts import Facts

Loop = Literal["always", "usual", "suspicious", "never"]
LONG = 150
"""Beyond so many steps the loop is run only where the grid gives reason to."""
CUT = 0.75
"""A whole timestep this far below the real one was cut off: rounding leaves at most half, and a rounding of sigma far
less than the quarter more."""


def check(
    subject: Subject,
    steps: int,
    shop: Workshop,
    *,
    device: str = "cpu",
    dtype: str = "float32",
    loop: Loop = "usual",
    known: Facts | None = None,
) -> dict[str, Any]:
    """The row of one check, as plain data.

    Args:
        subject: the preset on the model.
        steps: N.
        shop: where the schedulers are made.
        device: ``cpu``, ``cuda``, ``mps``, or ``simulated``.
        dtype: of the sample in the step loop; sigmas are float32 whatever it says.
        loop: whether the step loop is run: ``always``, ``usual`` (up to `LONG` steps, and where the grid looks as if
            it would fail), ``suspicious`` (only there), ``never``.
        known: what does not depend on N, where that is known already.

    Returns:
        A row of ``data.checks``; ``codes`` are for the rules to fill in.
    """
    row = _empty(subject, steps, device, dtype)
    try:
        row["kwargs"] = subject.kwargs
        row["call"] = {k: v for k, v in call_of(subject, steps).items() if k != "num_inference_steps"}
        cls = class_for(subject.preset)
    except Missing as missing:
        return row | {"verdict": "skip", "reason": missing.reason}
    except InspectError as error:
        return row | {"verdict": "skip", "reason": error.message}
    try:
        made = shop.get(cls, subject.preset, subject.model, row["kwargs"])
    except Exception as error:  # noqa: BLE001 (that it raises is the finding)
        return _raised(row, "from_config" if subject.preset.built == "from_config" else "constructor", error)
    known = known or facts.of(subject, shop, made, steps, device)
    row |= {"options": known.options, "again": known.again, "moved": known.moved}
    scheduler = shop.working(made)
    with on(device) as where:
        try:
            scheduler.set_timesteps(**call_of(subject, steps), device=where)
        except Exception as error:  # noqa: BLE001
            limit = isinstance(error, ValueError) and facts.takes_fewer(made, subject, steps)
            return _raised(row, "set_timesteps", error, limit=limit)
        grid = observe(scheduler)
        row["places"] = {k: list(v) for k, v in grid.places.items()}
        row["misplaced"] = misplaced(subject.preset.cls, grid, "cuda" if device == "simulated" else device)
        row |= {"sigmas": plain(grid.sigmas), "timesteps": plain(grid.timesteps), "derived": grid.derived}
        row |= facts.of_grid(scheduler, grid, row)
        usual = loop == "usual" and steps <= LONG
        if usual or loop == "always" or (loop != "never" and facts.suspicious(grid)):
            row["loop"] = straight(scheduler, device=where, dtype=dtype)
    return _judged(row, subject, scheduler, grid, steps)


def _judged(row: dict[str, Any], subject: Subject, scheduler: Any, grid: Grid, steps: int) -> dict[str, Any]:
    """The verdict: the grid and timesteps against the float64 schedule."""
    config = dict(dict.items(scheduler.config))
    given = {k: v for k, v in row["call"].items() if k in ("mu", "sigmas", "timesteps")}
    try:
        want = expected(subject.preset.cls, config, steps, **given)
    except NoReference as missing:
        return row | {"verdict": "skip", "reason": missing.reason}
    if subject.preset.cls == "PNDMScheduler" and not config.get("skip_prk_steps"):
        return row | {"verdict": "skip", "reason": "Runge-Kutta warm-up (skip_prk_steps is off) has no grid of its own"}
    row |= {"expected": plain_list(want.sigmas), "expected_timesteps": plain_list(want.timesteps)}
    row |= {"notes": list(want.notes), "bound": want.bound, "tolerance": want.relative, "why": bound(want.bound).why}
    agreed = _sigmas(row, want, grid) & _timesteps(row, want, grid) & _own(row, subject, scheduler, grid, config, given)
    row["shift"] = facts.shifted(subject.preset.cls, config, row, grid)
    return row | {"verdict": "pass" if agreed else "differ"}


def _sigmas(row: dict[str, Any], want: Expected, grid: Grid) -> bool:
    import numpy as np

    target = np.array(want.sigmas)
    held = np.append(grid.sigmas, target[len(grid.sigmas) :]) if grid.derived else grid.sigmas
    row["count"] = {"sigmas": len(grid.sigmas), "timesteps": len(grid.timesteps), "expected": len(want.timesteps)}
    if len(held) != len(target):
        held, target = held[: len(target)], target[: len(held)]
        row["worst"] = _numbered(worst(target, held))
        row["reason"] = f"{len(grid.sigmas)} sigmas instead of {len(want.sigmas)}"
        return False
    far = worst(target, held)
    row["worst"] = _numbered(far)
    if far is None:
        return True
    row["smallest_passing"] = number(smallest(far["relative"]))
    return bool(far["relative"] <= want.relative)


def _timesteps(row: dict[str, Any], want: Expected, grid: Grid) -> bool:
    """Timesteps in absolute terms: a whole one of them is the unit."""
    import numpy as np

    if len(grid.timesteps) != len(want.timesteps):
        row["reason"] = row["reason"] or f"{len(grid.timesteps)} timesteps instead of {len(want.timesteps)}"
        return False
    low = np.array(want.timesteps) - grid.timesteps
    apart = np.abs(low)
    index = int(np.argmax(apart)) if len(apart) else 0
    pair = {"expected": want.timesteps[index], "actual": float(grid.timesteps[index])} if len(apart) else {}
    row["times"] = {"index": index, **pair, "apart": float(apart.max(initial=0.0)), "tolerance": want.timestep_bound}
    cut = grid.places["timesteps"][1] == "int64" and low.max(initial=0.0) > CUT and low.min(initial=0.0) > CUT - 1.0
    row["times"]["cut"] = int(np.argmax(low)) if cut else None
    return bool(apart.max(initial=0.0) <= want.timestep_bound)


def _own(
    row: dict[str, Any], subject: Subject, scheduler: Any, grid: Grid, config: Mapping[str, Any], given: Any
) -> bool:
    """The same against the scheduler's own float32 ᾱ, in ulps: what is left is the arithmetic after ᾱ."""
    import numpy as np

    bars = getattr(scheduler, "alphas_cumprod", None)
    if bars is None or grid.derived:
        return True
    want = expected(subject.preset.cls, config, row["steps"], alphas_cumprod=numbers(bars), **given)
    if len(want.sigmas) != len(grid.sigmas):
        return False
    target = np.array(want.sigmas)
    with np.errstate(divide="ignore", invalid="ignore"):
        ulps = np.abs(grid.sigmas - target) / np.spacing(np.abs(target).astype(np.float32))
    ulps = np.where(grid.sigmas == target, 0.0, ulps)
    index, most = int(np.argmax(ulps)), float(np.max(ulps))
    allowed = want.ulps
    row["own"] = {"index": index, "ulp": number(most), "tolerance": allowed}
    return most <= allowed


def plain_list(values: tuple[float, ...]) -> list[Any]:
    return [number(v) for v in values]


def _numbered(far: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if far is None else {k: number(v) if isinstance(v, float) else v for k, v in far.items()}


def _raised(row: dict[str, Any], stage: str, error: Exception, *, limit: bool = False) -> dict[str, Any]:
    message = " ".join(str(error).split())[:300]
    row["raised"] = {"stage": stage, "type": type(error).__name__, "message": message, "limit": limit}
    return row | {"verdict": "raise", "reason": f"{stage} raises {type(error).__name__}: {message}"}


def _empty(subject: Subject, steps: int, device: str, dtype: str) -> dict[str, Any]:
    preset = subject.preset
    return {
        "preset": preset.key, "name": preset.name, "yours": keyed(preset.key) is None, "because": subject.why,
        "class": preset.shown, "kwargs": {}, "call": {},
        "model": subject.model.name, "steps": steps, "device": device, "dtype": dtype,
        "verdict": "skip", "codes": [], "reason": "", "raised": None,
        "worst": None, "own": None, "times": None, "tolerance": None, "smallest_passing": None, "bound": "", "why": "",
        "count": None, "sigmas": [], "expected": [], "timesteps": [], "expected_timesteps": [], "derived": False,
        "notes": [], "places": {}, "misplaced": {}, "loop": None, "options": None, "again": None, "moved": None,
        "against": None, "solve": None, "not_finite": [], "not_decreasing": [], "upward": False,
        "unpaired": False, "repeated": None, "outside": [], "between": [], "end": None, "start": None, "shift": None,
    }  # fmt: skip
