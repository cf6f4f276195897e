"""What the rules want to know beside the verdict: of the grid itself, and of what does not depend on N."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from inspector.samplers.again import again
from inspector.samplers.between import between_off
from inspector.samplers.build import Subject, Workshop, call_of, parameters
from inspector.samplers.devices import FOLLOWING, SIMULATED, moved
from inspector.samplers.grid import Grid, is_a, numbers
from inspector.samplers.options import options_of
from inspector.samplers.tolerance import bound

BETAS = ("beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type")
"""What may differ between models of which one stands for all in the step loop…"""
GRID = (*BETAS, "timestep_spacing", "steps_offset", "rescale_betas_zero_snr")
"""… and in what ``set_timesteps`` leaves behind."""
UPWARD = ("DDIMInverseScheduler", "DPMSolverMultistepInverseScheduler")
NO_NOISE_LEFT = ("CMStochasticIterativeScheduler",)
"""Classes that end at the smallest sigma on purpose: a consistency model answers with the image, and the last level is
the one to which no noise is added (Song et al. 2023, arXiv:2303.01469, algorithm 1)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``options``: see `options.Options`. ``again``: see `again.again`. ``moved``: see `devices.moved`."""

    options: dict[str, Any]
    again: dict[str, Any] | None
    moved: dict[str, Any] | None


def of(subject: Subject, shop: Workshop, made: Any, steps: int, device: str) -> Facts:
    """Found once for a preset on a model; a call that raises is left for the check to report.

    What the calls leave behind is the class's doing: it is found on one of several models that differ only in betas and
    spacing.
    """
    call = call_of(subject, min(steps, 10))
    options = asdict(options_of(subject, shop))
    away = SIMULATED if device == "cpu" else device
    what = f"calls {away} {sorted(call)} {alike(made, GRID)}"
    marks, elsewhere = shop.once(Workshop, what, lambda: _calls(made, call, away))
    return Facts(options, marks, elsewhere)


def alike(made: Any, apart: tuple[str, ...] = BETAS) -> str:
    """What schedulers have in common that differ only in betas, or in other settings."""
    cls: Any = type(made)
    taken = parameters(cls)
    held = [f"{k}={v!r}" for k, v in sorted(dict.items(made.config)) if k in taken and k not in apart]
    return f"{type(made).__name__}({', '.join(held)})"


def _calls(made: Any, call: Mapping[str, Any], away: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    mine = copy.deepcopy(made)
    try:
        left = again(mine, made, call)
    except Exception:  # noqa: BLE001 (the check of this very call reports it)
        return None, None
    return left, moved(mine, call, away)


def takes_fewer(made: Any, subject: Subject, steps: int) -> bool:
    """Whether the class runs with fewer steps: then N is beyond what it accepts, and nothing is broken."""
    for fewer in (n for n in (10, 2, 1) if n < steps):
        try:
            copy.deepcopy(made).set_timesteps(**call_of(subject, fewer))
        except Exception:  # noqa: BLE001, S112 (try the next)
            continue
        return True
    return False


def suspicious(grid: Grid) -> bool:
    """Whether the step loop may fail: a repeated first timestep, an extra -1, sigmas that repeat or are not finite."""
    import numpy as np

    raw, levels = grid.raw, grid.sigmas
    if len(raw) > 1 and grid.order == 1 and raw[0] == raw[1]:
        return True
    return bool((raw == -1).any() or not np.isfinite(levels).all() or (np.diff(levels[:-1]) == 0).any())


def of_grid(scheduler: Any, grid: Grid, row: Mapping[str, Any]) -> dict[str, Any]:
    """Facts about the numbers alone, no reference needed."""
    import numpy as np

    levels, times = grid.sigmas, grid.timesteps
    bars = getattr(scheduler, "alphas_cumprod", None)
    warm = is_a(scheduler, "PNDMScheduler") and not scheduler.config.get("skip_prk_steps")
    flows = scheduler.config.get("use_flow_sigmas")  # then the table of betas is there, and nothing comes of it
    discrete = bars is not None and scheduler.config.get("timestep_type") != "continuous" and not warm and not flows
    infinite = bars is not None and grid.derived and float(bars[-1]) == 0.0
    bad = ~np.isfinite(levels)
    if grid.derived:  # outside the table there is no level to speak of; "outside" says so
        bad &= ~np.isnan(levels)
    if infinite:  # the terminal sigma of a zero SNR
        bad &= ~np.isposinf(levels)
    upward = is_a(scheduler, *UPWARD) or bool(scheduler.config.get("invert_sigmas"))
    last = len(bars) - 1 if discrete and bars is not None else np.inf
    out = (times < (0 if discrete else -np.inf)) | (times > last)
    down = np.diff(levels[:-1]) * (-1.0 if upward else 1.0)
    down[(out[1:] | out[:-1])[: len(down)]] = -1.0  # there is no level to compare with
    found: dict[str, Any] = {
        "not_finite": [int(i) for i in np.flatnonzero(bad)],
        "not_decreasing": [int(i) for i in np.flatnonzero(~(down < 0))] if not (bad.any() or infinite or warm) else [],
        "upward": upward,
        "unpaired": not grid.paired,
        "repeated": None if warm else _repeated(times, grid),
        "outside": [int(i) for i in np.flatnonzero(out)],
        "between": between_off(grid),
        "end": None,
        "start": None,
    }
    if not grid.derived and not upward and len(levels) and np.isfinite(levels[-1]):
        asked = scheduler.config.get("final_sigmas_type") == "sigma_min" or is_a(scheduler, *NO_NOISE_LEFT)
        found["end"] = {"sigma": float(levels[-1]), "asked": asked}
    if row["steps"] == 1 and bars is not None and len(levels) and not row["call"] and not upward and not flows:
        top = float(numbers(bars)[-1])
        largest = np.inf if top == 0 else ((1 - top) / top) ** 0.5
        found["start"] = {"sigma": float(levels[0]), "largest": float(largest) if np.isfinite(largest) else "inf"}
    return found


def _repeated(times: Any, grid: Grid) -> dict[str, Any] | None:
    """The first whole timestep that comes twice in a row, and how often that happens."""
    import numpy as np

    if grid.places["timesteps"][1] != "int64":
        return None
    at = np.flatnonzero(np.diff(times) == 0)
    if not len(at):
        return None
    return {"timestep": float(times[at[0]]), "index": int(at[0]), "times": len(at), "leading": bool(at[0] == 0)}


def shifted(cls: str, config: Mapping[str, Any], row: Mapping[str, Any], grid: Grid) -> dict[str, Any] | None:
    """Whether the flow's default grid is shifted twice: its last sigma above zero is shift(shift(1/T)), which is not
    shift(1/T). A spread keeps the ends of the grid that it spreads, and has it too.
    """
    import numpy as np

    from inspector.samplers.schedules import flow

    factor = float(config.get("shift") or 1.0)
    given = {"sigmas", "timesteps", "mu"} & row["call"].keys()
    other = given or config.get("use_dynamic_shifting") or config.get("shift_terminal") or config.get("invert_sigmas")
    if cls not in FOLLOWING or factor == 1.0 or other or len(grid.sigmas) < 3:
        return None
    once = flow.shift(np.array([1.0 / float(config.get("num_train_timesteps") or 1000)]), factor)
    last, twice = float(grid.sigmas[-2]), float(flow.shift(once, factor)[0])
    near = bound("flow").relative
    if abs(last / twice - 1.0) > near or abs(last / float(once[0]) - 1.0) <= near:
        return None
    return {"factor": factor, "last": last, "once": float(once[0])}
