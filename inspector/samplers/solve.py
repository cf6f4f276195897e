"""The whole sampler, exactly: mean and standard deviation of what a scheduler's real step loop makes of Gaussian data.

On x0 ~ N(mu, s^2) the perfect network is known, and every sampler is affine in its noises; so one pass of unit impulses
through the real ``.step`` gives mean = b and std = sqrt(A^2 + sum c_k^2) without sampling noise. Compared with the
exact end of the probability flow (or of the reverse SDE, for a sampler that draws noise) it shows what a table of
sigmas cannot: a step that uses the wrong previous timestep, a sign, a prediction type, noise of the wrong size.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.samplers.gaussian import ode_limit, sde_limit
from inspector.samplers.impulses import CHECK, Pass, RoomError, ShapeError, run
from inspector.samplers.rounding import drift
from inspector.samplers.told import Conditioning, Truth, truth_of, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Raised:
    """What the library raised, and where in the loop: ``set_timesteps``, ``scale_model_input``, ``step``…"""

    type: str
    message: str
    stage: str
    step: int | None
    timestep: float | None

    def __str__(self) -> str:
        where = f" at step {self.step} (timestep {self.timestep:g})" if self.step is not None else ""
        return f"{self.stage} raises {self.type}{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Solved:
    """One sampler's exact result, in the units of the data; None where the loop gives no such number (``reason``).

    ``gain`` is A, the derivative by the initial unit noise; ``noise_var`` the sum of the squared coefficients of the
    ``randn_calls`` noises, taken as independent. ``brownian_std`` is the std with the covariance that overlapping
    Brownian increments really have (torchsde's tree; None elsewhere), so ``true_std`` is what a user sees.
    ``ode_*``: the exact probability flow from the same start, which is s where the initial noise has the right size;
    ``sde_*``: the exact reverse SDE. ``last_sigma``: sigma/alpha at the last model call. ``consistent``: the network
    was a consistency model. ``noise``: the numerical noise of mean and std on this machine, by superposition of a
    third run with noises of amplitude 8; ``bound``: what it may be at most (:func:`rounding.drift`), ``lost`` times
    over where coefficients cancel; ``not_affine``: by how much superposition fails. ``clips``: the options that clip.
    ``timestep_off``: how far at most, in timesteps, the one that the network is told is from the one that the
    scheduler's sigma had in training (up to 1 where a class rounds or cuts its timesteps).
    """

    mean: float | None = None
    std: float | None = None
    gain: float | None = None
    noise_var: float | None = None
    randn_calls: int = 0
    model_calls: int = 0
    init_noise_sigma: float | None = None
    ode_mean: float | None = None
    ode_std: float | None = None
    sde_mean: float | None = None
    sde_std: float | None = None
    last_sigma: float | None = None
    timestep_off: float | None = None
    brownian_std: float | None = None
    noise: float = 0.0
    bound: float = 0.0
    lost: float = 1.0
    raised: Raised | None = None
    not_finite: int | None = None
    not_affine: float | None = None
    skipped: str = ""
    clips: tuple[str, ...] = ()
    consistent: bool = False

    @property
    def reason(self) -> str:
        """Why there are no numbers; empty where there are."""
        if self.skipped:
            return self.skipped
        if self.raised is not None:
            return str(self.raised)
        if self.not_finite is not None:
            return f"the sample is not finite after step {self.not_finite}"
        if self.not_affine is not None:
            why = f" ({', '.join(self.clips)} is on)" if self.clips else ""
            return f"the sampler is not affine{why}: superposition fails by {self.not_affine:.2g}"
        return ""

    @property
    def true_std(self) -> float | None:
        """The std of real runs: ``brownian_std`` where increments overlap (DPM++ SDE's two stages), else ``std``."""
        return self.std if self.brownian_std is None else self.brownian_std

    @property
    def limit(self) -> tuple[float, float] | None:
        """Mean and std for infinitely many steps: the reverse SDE if it draws noise, else the probability flow."""
        mean, std = (self.sde_mean, self.sde_std) if self.randn_calls else (self.ode_mean, self.ode_std)
        return None if mean is None or std is None else (mean, std)


def solve(
    scheduler: Any,
    steps: int | None,
    *,
    conditioning: Conditioning = "sigma",
    truth: Truth | None = None,
    device: str = "cpu",
    dtype: str = "float64",
    call: Mapping[str, Any] | None = None,
    step: Mapping[str, Any] | None = None,
    init: float | None = None,
    upcast: bool = True,
) -> Solved:
    """Run unit impulses through the real loop of a scheduler.

    Args:
        scheduler: a diffusers scheduler (never changed: each pass runs on a deep copy), or a function that makes one.
        steps: number of inference steps; not passed on where ``call`` gives timesteps or sigmas.
        conditioning: ``sigma``, the network is told the sigma that the scheduler assumes; ``t``, only the timestep.
        truth: the model's own training, where the scheduler's config may be wrong about it.
        device: where the loop runs; the network answers in float64 on the host in any case.
        dtype: name of the sample's torch dtype: ``float64``, ``float32``, ``float16``, ``bfloat16``.
        call: more keywords for ``set_timesteps`` (``mu``, ``sigmas``, ``timesteps``…).
        step: more keywords for ``step`` (``eta``, ``s_churn``…).
        init: scale of the initial noise, in place of the scheduler's ``init_noise_sigma``.
        upcast: leave the scheduler its own cast of the sample to float32. Without it a float64 loop stays in float64,
            sample and coefficients: its noise falls from 1e-7 to 1e-15, and what is left of the error is the method's.

    Returns:
        The result; an error of the library is a result too (``raised``).
    """
    import torch

    make = scheduler if is_factory(scheduler) else lambda: copy.deepcopy(scheduler)
    seen = Pass()
    try:
        first = make()
    except Exception as error:  # noqa: BLE001  what the library raises is the finding
        return Solved(raised=Raised(type(error).__name__, _first_line(error), "__init__", None, None))
    if reason := why_not(first):
        return Solved(skipped=reason)
    truth = truth or truth_of(first)
    clips = tuple(k for k in ("clip_sample", "thresholding") if first.config.get(k))
    rows = 3
    with _quiet():
        while True:
            seen = Pass()
            try:
                run(
                    make,
                    steps,
                    rows,
                    seen,
                    truth=truth,
                    conditioning=conditioning,
                    device=device,
                    dtype=getattr(torch, dtype),
                    call=dict(call or {}),
                    step=dict(step or {}),
                    init=init,
                    keep=not upcast,
                )
            except RoomError:
                rows = max(2 * rows, (steps or 10) + 8)
                continue
            except ShapeError as error:  # our own limit, and no fault of the library
                return Solved(skipped=str(error))
            except Exception as error:  # noqa: BLE001
                raised = Raised(type(error).__name__, _first_line(error), seen.stage, seen.step, seen.timestep)
                return Solved(raised=raised, model_calls=seen.model_calls, not_finite=seen.not_finite)
            break
    return _solved(seen, truth, torch.finfo(getattr(torch, dtype)).eps, clips)


def _solved(seen: Pass, truth: Truth, eps: float, clips: tuple[str, ...]) -> Solved:
    """From the rows to the moments."""
    assert seen.first is not None, "a loop without a model call"
    # The scheduler divides by its float32 root; within that rounding the factor is alpha itself.
    scale = seen.first.alpha if math.isclose(seen.first_scale, seen.first.alpha, rel_tol=1e-6) else seen.first_scale
    start = scale * seen.init
    ode, sde = ode_limit(seen.first, start, truth.data), sde_limit(seen.first, start, truth.data)
    counts: dict[str, Any] = {
        "consistent": truth.consistent,
        "timestep_off": seen.timestep_off,
        "randn_calls": len(seen.spans),
        "model_calls": seen.model_calls,
        "init_noise_sigma": seen.init,
        "ode_mean": ode[0],
        "ode_std": ode[1],
        "sde_mean": sde[0],
        "sde_std": sde[1],
        "last_sigma": seen.last.sigma / seen.last.alpha if seen.last and seen.last.alpha else None,
    }
    if seen.not_finite is not None:
        return Solved(**counts, not_finite=seen.not_finite)
    mean, rest = seen.rows[0], seen.rows[3 : 3 + len(seen.spans)]
    gain, impulses = seen.rows[1] - mean, [row - mean for row in rest]
    expected = mean + CHECK * gain + sum(a * c for a, c in zip(seen.check, impulses, strict=True))
    size = max(1.0, abs(mean), CHECK * abs(gain), *(CHECK * abs(c) for c in impulses))
    residual = abs(seen.rows[2] - expected)
    eps = max(eps, 2.0**-23) if seen.narrowed else eps
    if residual > math.sqrt(eps) * size:
        return Solved(**counts, not_affine=residual, clips=clips)
    noise_var = sum(c * c for c in impulses)
    return Solved(
        **counts,
        mean=mean,
        std=math.sqrt(gain**2 + noise_var),
        gain=gain,
        noise_var=noise_var,
        brownian_std=_brownian(seen, gain, impulses),
        # One residual may be small by luck; a cast sample is off by half an ulp whatever it says.
        noise=max(residual / CHECK, eps * max(1.0, abs(mean), abs(gain))),
        bound=seen.lost * drift(seen.model_calls, eps / 2.0, max(abs(mean), abs(gain))),
        lost=seen.lost,
    )


def _brownian(seen: Pass, gain: float, impulses: list[float]) -> float | None:
    """The std with the covariance of overlapping Brownian increments, each scaled to unit variance."""
    spans = seen.spans
    if not spans or any(span is None for span in spans):
        return None
    total = gain**2
    for (a, b), c in zip(spans, impulses, strict=True):  # type: ignore[misc]
        for (u, v), d in zip(spans, impulses, strict=True):  # type: ignore[misc]
            total += c * d * max(0.0, min(b, v) - max(a, u)) / math.sqrt((b - a) * (v - u))
    return math.sqrt(total)


def is_factory(scheduler: Any) -> bool:
    """Whether it makes a scheduler rather than being one."""
    return isinstance(scheduler, Callable) and not hasattr(scheduler, "set_timesteps")  # type: ignore[arg-type]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """The library's own warnings off: a bulk run would repeat them thousands of times."""
    from diffusers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
