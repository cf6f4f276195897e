"""Where a scheduler keeps its sigmas and timesteps when it is given a device, and whether the device changes them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.grid import Grid, observe
from inspector.samplers.simulated import second_device

SIMULATED = "simulated"
DEVICES = ("cpu", "cuda", "mps", SIMULATED)

FOLLOWING = (
    "FlowMapEulerDiscreteScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "FlowMatchHeunDiscreteScheduler",
    "FlowMatchLCMScheduler",
    "LTXEulerAncestralRFScheduler",
    "MiniMaxH3Scheduler",
    "PiflowScheduler",
)
"""Classes whose sigmas go to the device with the timesteps. All others keep them on the host (diffusers #6173: an index
into them on the device would wait for it); observed on the simulated device, where a test repeats it."""
BETWEEN_FOLLOW = ("sigmas_interpol", "sigmas_down", "sigmas_up")
"""What is computed on the device, and stays there."""

WIDE_TIMES = ("CMStochasticIterativeScheduler", "DPMSolverSDEScheduler", "FlowMapEulerDiscreteScheduler")
"""Classes whose timesteps are float64 where the device knows it (mps does not)."""
REAL_TIMES = (
    *FOLLOWING,
    "CosineDPMSolverMultistepScheduler",
    "DDPMWuerstchenScheduler",
    "EDMDPMSolverMultistepScheduler",
    "EDMEulerScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "IPNDMScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LMSDiscreteScheduler",
    "ScoreSdeVeScheduler",
)
"""Classes whose timesteps are real numbers, float32; those of all others are int64."""


def named(device: str) -> str:
    """The kind of device that is meant: ``cuda`` of ``cuda:0``.

    Raises:
        InspectError: nothing is called so (exit 2).
    """
    kind = device.partition(":")[0]
    if kind in DEVICES:
        return kind
    from difflib import get_close_matches

    near = get_close_matches(kind.lower(), DEVICES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(DEVICES)}"
    raise InspectError(f"no device is called {device[:40]!r}", hint=hint, exit_code=EXIT_USAGE)


def usable(device: str) -> str:
    """The same, once torch says that there is one.

    Raises:
        InspectError: there is no such device, on this machine or at all (exit 2).
    """
    import torch

    kind = named(device)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, True):
        hint = "use --device cpu, or --device simulated, which tests the device logic without one"
        message = f"{kind} is not available: torch {torch.__version__} sees none"
        raise InspectError(message, hint=hint, exit_code=EXIT_USAGE)
    return kind


def on(device: str) -> Any:
    """The context in which a device of this name exists; what it yields is the name for torch."""
    return second_device() if device == SIMULATED else nullcontext(device)


def wanted(cls: str, device: str) -> dict[str, tuple[str, str | None]]:
    """Attribute -> (device, dtype) as this class should have them; dtype None where any will do."""
    real = "float32" if device == "mps" else "float64"
    times = real if cls in WIDE_TIMES else "float32" if cls in REAL_TIMES else "int64"
    found: dict[str, tuple[str, str | None]] = {"timesteps": (device, times)}
    level = real if cls == "FlowMapEulerDiscreteScheduler" else "float32"
    found["sigmas"] = (device if cls in FOLLOWING else "cpu", level)
    return found | dict.fromkeys(BETWEEN_FOLLOW, (device, None))


EITHER_TIMES = ("KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler")
"""Classes whose timesteps come out of numpy as float64 with Karras sigmas, and else as float32."""


def misplaced(cls: str, grid: Grid, device: str) -> dict[str, Any]:
    """Attribute -> where it is and where it should be, for all that are elsewhere or of another type."""
    found = {}
    for name, (at, kind) in grid.places.items():
        there, type_ = wanted(cls, device)[name]
        if name == "timesteps" and cls in EITHER_TIMES and kind == "float64" and device != "mps":
            type_ = kind
        if (at, kind) != (there, type_ or kind):
            found[name] = {"device": at, "dtype": kind, "wanted": [there, type_ or kind]}
    return found


def moved(mine: Any, call: Mapping[str, Any], device: str) -> dict[str, Any]:
    """What a change of device does: the host, the device, the host again.

    Args:
        mine: a scheduler after ``set_timesteps(**call)`` on the host; it is used up.
        call: the keywords of ``set_timesteps``.
        device: the other device; ``simulated`` on a machine that has none.

    Returns:
        ``device``; ``same``, whether the host's numbers come back bit for bit; ``there``, whether the device's are the
        same (sigmas and whole timesteps exactly, what the device computes within a few roundings); ``raised``.
    """
    said: dict[str, Any] = {"device": device, "same": None, "there": None, "raised": None}
    try:
        with on(device) as name:
            home = observe(mine)
            mine.set_timesteps(**call, device=name)
            said["there"] = close(home, observe(mine))
            mine.set_timesteps(**call, device="cpu")
            said["same"] = observe(mine).same(home)
    except Exception as error:  # noqa: BLE001 (that it raises is the finding)
        said["raised"] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return said


def close(home: Grid, away: Grid) -> bool:
    """Sigmas exactly: they are made on the host. What the device computes from them: within 16 roundings of float32."""
    import numpy as np

    if home.sigmas.shape != away.sigmas.shape or home.raw.shape != away.raw.shape:
        return False
    if not np.array_equal(home.sigmas, away.sigmas, equal_nan=True):
        return False
    pairs = [(home.raw, away.raw), *((home.between[k], away.between.get(k, home.raw)) for k in home.between)]
    whole = home.places["timesteps"][1] == "int64"
    return all(
        np.array_equal(a, b, equal_nan=True)
        if whole and i == 0
        else np.allclose(a, b, rtol=2**-20, atol=0, equal_nan=True)
        for i, (a, b) in enumerate(pairs)
        if a.shape == b.shape
    ) and all(a.shape == b.shape for a, b in pairs)
