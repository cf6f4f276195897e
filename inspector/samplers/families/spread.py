"""What the families of variance-preserving models share: which spread a configuration asks for, and what to note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from inspector.samplers.families.run import NoReference, Run
from inspector.samplers.families.tables import FLOORED, UNFLOORED, Table
from inspector.samplers.schedules import noise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SPREADS: dict[str, Callable[[float, float, int], Array]] = {
    "use_karras_sigmas": noise.karras,
    "use_lu_lambdas": noise.lambda_uniform,
    "use_exponential_sigmas": noise.exponential,
    "use_beta_sigmas": noise.beta_quantiles,
}
"""Option -> how it spreads the sigmas, in the order in which the options win."""

OWN_ENDS = ("LMSDiscreteScheduler", "DPMSolverSDEScheduler")
"""Classes whose Karras sigmas take no other ends than the run's own."""

OPTIONS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")


def spread(run: Run, options: tuple[str, ...] = OPTIONS) -> str | None:
    """The option that decides the spread, or None for the timesteps' own sigmas.

    Raises:
        NoReference: for two that exclude each other.
    """
    asked = [o for o in SPREADS if o in options and run.get(o, False)]
    if len([o for o in asked if o in OPTIONS]) > 1:
        raise NoReference(f"{' and '.join(asked)} exclude each other")
    return asked[0] if asked else None


def spread_between(run: Run, option: str, high: float, low: float) -> Array:
    """N sigmas between two ends, which ``sigma_max`` and ``sigma_min`` of the configuration override."""
    if not (option == "use_karras_sigmas" and run.cls in OWN_ENDS):
        high, low = float(run.get("sigma_max", high)), float(run.get("sigma_min", low))
    return SPREADS[option](high, low, run.steps)


def unread(run: Run, options: tuple[str, ...]) -> Iterator[str]:
    """A note for each setting of the configuration that the class is known not to read."""
    if run.get("rescale_betas_zero_snr", False) and run.cls not in (*FLOORED, *UNFLOORED):
        yield f"rescale_betas_zero_snr is not read by {run.cls}: the last step keeps some signal"
    for option in SPREADS:
        if option not in options and run.get(option, False):
            yield f"{option} is not read by {run.cls}"


def beyond(run: Run, times: Array, table: Table) -> Iterator[str]:
    """A note when a timestep is outside the training table, or when there are fewer than steps."""
    if len(times) and (times.max() > len(table.sigmas) - 1 or times.min() < 0):
        yield f"timesteps reach outside the {len(table.sigmas)} of training"
    if len({*times}) < len(times):
        yield "a timestep comes twice: the spacing has no room for so many steps"


def positive(run: Run) -> None:
    """Raises `NoReference` for a run without steps."""
    if run.steps < 1:
        raise NoReference(f"{run.steps} steps are no schedule")
