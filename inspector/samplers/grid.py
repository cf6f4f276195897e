"""What a scheduler holds after ``set_timesteps``, as plain numbers, and where it lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BETWEEN = ("sigmas_interpol", "sigmas_down", "sigmas_up")
"""Levels between two of the grid, which second-order and ancestral classes compute where the timesteps live."""


@dataclass(frozen=True, slots=True)
class Grid:
    """``sigmas``: distinct levels of the run, shape (N+1,), final one included, in float64 without loss; of a class
    that keeps none, those of its timesteps from its own ᾱ, shape (N,), with ``derived``. ``timesteps``: one a step,
    shape (N,). ``raw``: all timesteps as the loop gets them. ``paired``: a second-order class repeats each level as it
    must. ``places``: attribute -> (device, dtype). ``between``: attribute -> values.
    """

    sigmas: Array
    timesteps: Array
    raw: Array
    order: int
    derived: bool
    paired: bool
    places: dict[str, tuple[str, str]]
    between: dict[str, Array] = field(default_factory=dict)

    def same(self, other: Grid) -> bool:
        """Whether every number is the same, bit for bit; NaN equals NaN. Where they live does not count."""
        import numpy as np

        mine = {"s": self.sigmas, "t": self.raw, **self.between}
        theirs = {"s": other.sigmas, "t": other.raw, **other.between}
        return mine.keys() == theirs.keys() and all(np.array_equal(mine[k], theirs[k], equal_nan=True) for k in mine)


def observe(scheduler: Any) -> Grid:
    """Read the scheduler; it is not changed."""
    import numpy as np

    order = int(getattr(scheduler, "order", 1) or 1)
    timesteps, sigmas = scheduler.timesteps, getattr(scheduler, "sigmas", None)
    places = {"timesteps": place(timesteps)}
    raw = numbers(timesteps)
    times = raw[::order] if order > 1 else warmed_up(scheduler, raw)
    between: dict[str, Array] = {}
    paired, derived = True, False
    if sigmas is not None:
        places["sigmas"] = place(sigmas)
        levels = numbers(sigmas)
        if order > 1:
            first, second = levels[1::2], levels[2::2]
            paired = bool(np.array_equal(first[: len(second)], second[: len(first)]))
            levels = np.append(levels[:1], first)[: len(times) + 1]
        for name in BETWEEN:
            held = getattr(scheduler, name, None)
            if held is not None:
                between[name], places[name] = numbers(held), place(held)
    else:
        levels, derived = of_timesteps(scheduler, times), True
    return Grid(levels, times, raw, order, derived, paired, places, between)


def numbers(held: Any) -> Array:
    """A tensor, array or list as float64; a tensor elsewhere is fetched."""
    import numpy as np

    if hasattr(held, "detach"):
        held = held.detach().cpu()
        held = held.double().numpy() if held.dtype.is_floating_point else held.numpy()
    return np.array(held, dtype=np.float64)


def place(held: Any) -> tuple[str, str]:
    """(device, dtype) of a tensor; of an array or list, ``cpu`` and its dtype."""
    device = getattr(held, "device", "cpu")
    kind = str(getattr(device, "type", device))
    return kind, str(getattr(held, "dtype", type(held).__name__)).removeprefix("torch.")


def is_a(scheduler: Any, *names: str) -> bool:
    """Whether its class, or one that it derives from, is called so."""
    return any(c.__name__ in names for c in type(scheduler).__mro__)


def warmed_up(scheduler: Any, raw: Array) -> Array:
    """PNDM visits its second timestep twice on purpose: once to look, once to go."""
    import numpy as np

    if is_a(scheduler, "PNDMScheduler") and scheduler.config.get("skip_prk_steps") and len(raw) > 2:
        return np.delete(raw, 2)
    return raw


def of_timesteps(scheduler: Any, times: Array) -> Array:
    """sqrt((1 - ᾱ) / ᾱ) at each timestep, from the scheduler's own ᾱ; NaN outside the table; empty without one."""
    import numpy as np

    held = getattr(scheduler, "alphas_cumprod", None)
    if held is None:
        return np.zeros(0)
    bars = numbers(held)
    inside = (times >= 0) & (times < len(bars))
    at = bars[np.where(inside, times, 0).astype(int)]
    with np.errstate(divide="ignore"):
        return np.where(inside, np.sqrt((1.0 - at) / at), np.nan)
