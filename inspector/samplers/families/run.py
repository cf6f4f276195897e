"""What a family is given and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class NoReference(Exception):  # noqa: N818  (what is missing is a formula, not a success)
    """No independent formula says what this class and configuration should hold; ``reason`` says why, in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Expected:
    """What a correct implementation of one configuration holds after ``set_timesteps``.

    Attributes:
        sigmas: the grid: the level of each step in the order of the run, then the final one (second-order duplicates
            removed; a final level that repeats the one before it is kept). For classes that keep no sigmas, those of
            their timesteps. May hold ``inf`` (a terminal ᾱ of 0).
        timesteps: what the network must be told, one for each step, as real numbers; integer classes may be off by
            ``timestep_bound``.
        bound: the name of the tolerance that applies to ``sigmas`` (see `inspector.samplers.tolerance`).
        relative: that tolerance for this configuration and N: relative, against betas computed in float64.
        ulps: the same against the scheduler's own float32 ᾱ (``alphas_cumprod``), in units of the last place.
        timestep_bound: absolute tolerance of ``timesteps``; 0 where they are integers by construction.
        notes: what a reader should know: options that this class does not read, conventions that surprise.
    """

    sigmas: tuple[float, ...]
    timesteps: tuple[float, ...]
    bound: str
    notes: tuple[str, ...] = ()
    relative: float = 0.0
    timestep_bound: float = 0.0
    ulps: float = 16.0


@dataclass(frozen=True, slots=True)
class Run:
    """One call of ``set_timesteps``: the class, its full configuration, and what the call was given."""

    cls: str
    config: Mapping[str, Any]
    steps: int
    mu: float | None = None
    alphas_cumprod: Array | None = None
    sigmas: Sequence[float] | None = None
    timesteps: Sequence[float] | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """A setting; None counts as not set."""
        value = self.config.get(key)
        return default if value is None else value

    def need(self, key: str) -> Any:
        """A setting without which there is no schedule; raises `NoReference` where the configuration lacks it."""
        value = self.config.get(key)
        if value is None:
            raise NoReference(f"the configuration has no {key}")
        return value
