"""Unit impulses through a scheduler's real step loop.

With a network that is linear in its input every sampler is affine in the initial noise and in the noises it draws:
x0 = b + A z + sum_k c_k n_k. One pass gives all coefficients, each in its own row of the batch: row 0 has no noise (b),
row 1 unit initial noise (A), row 2 noises of other amplitudes (the check that it *is* affine), row 3 + k a unit impulse
as the k-th noise. The library's noise source is replaced where it is called, in torch itself, so that no scheduler has
to be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.samplers.gaussian import Level, consistency, output, posterior
from inspector.samplers.rounding import cancelled
from inspector.samplers.told import Conditioning, Truth, scheduler_level
from inspector.samplers.widening import narrows, widen

if TYPE_CHECKING:
    import torch

CHECK = 8.0
"""Amplitude of the check row: far enough out that clipping the data at a few standard deviations shows."""


class ShapeError(Exception):
    """A draw whose shape is not that of the batch: unit impulses cannot stand in for it."""


class RoomError(Exception):
    """The loop draws more noises than the batch has rows for."""


@dataclass(slots=True)
class Pass:
    """What one run through the loop left: one number a row, and what was seen on the way."""

    rows: list[float] = field(default_factory=list)
    spans: list[tuple[float, float] | None] = field(default_factory=list)
    """One entry a noise: the interval of a Brownian increment, None for independent noise."""
    check: list[float] = field(default_factory=list)
    model_calls: int = 0
    init: float = 1.0
    first: Level | None = None
    last: Level | None = None
    first_scale: float = 1.0
    """By what ``scale_model_input`` multiplied the first sample."""
    timestep_off: float | None = None
    """How far, in timesteps, the told one was at most from the one that the scheduler's sigma had in training."""
    narrowed: bool = False
    """The scheduler cast the sample to float32 (Euler and its like do, to spare half precision)."""
    lost: float = 1.0
    """By how much the class's own coefficients magnify a rounding, at the worst step (:func:`rounding.cancelled`)."""
    stage: str = "set_timesteps"
    step: int | None = None
    timestep: float | None = None
    not_finite: int | None = None
    """The first step after which a row is not finite."""


@contextmanager
def noises(rows: int, seen: Pass, keep: bool) -> Iterator[None]:
    """Inside, every normal draw is an impulse.

    Args:
        rows: size of the batch.
        keep: leave float64 samples in float64 where the scheduler casts them to float32.

    Raises:
        RoomError: more draws than rows.
        ShapeError: a draw of another shape.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    def draw(shape: Any, span: tuple[float, float] | None, **like: Any) -> torch.Tensor:
        k = len(seen.spans)
        if tuple(shape)[:1] != (rows,):
            raise ShapeError(f"it draws noise of shape {tuple(shape)} for a sample of {rows} rows")
        if 3 + k >= rows:
            raise RoomError
        noise = torch.zeros(tuple(shape), dtype=torch.float64)
        # All of one sign, so that they carry the sample far out; of three sizes, so that wrong coefficients show.
        seen.check.append(CHECK * (1.0, 0.75, 1.25)[k % 3])
        seen.spans.append(span)
        noise[2], noise[3 + k] = seen.check[-1], 1.0
        if keep:
            like["dtype"] = torch.float64
        elif like.get("dtype") not in (None, torch.float64):
            seen.narrowed = True
        return noise.to(**{k: v for k, v in like.items() if v is not None})

    class Impulses(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if func is torch.randn:
                shape = args[0] if len(args) == 1 and not isinstance(args[0], int) else args or kwargs["size"]
                return draw(shape, None, dtype=kwargs.get("dtype"), device=kwargs.get("device"))
            if func is torch.randn_like:
                return draw(args[0].shape, None, dtype=kwargs.get("dtype") or args[0].dtype, device=args[0].device)
            if narrows(func, args, kwargs, rows):
                if keep:
                    return args[0]
                seen.narrowed = True
            return func(*args, **kwargs)

    class Interval:
        """Stands in for torchsde's Brownian interval: an increment is an impulse that remembers its interval."""

        def __init__(self, *, size: Any, dtype: Any = None, device: Any = None, **_: Any) -> None:
            self.size, self.like = size, {"dtype": dtype, "device": device}

        def __call__(self, a: Any, b: Any) -> Any:
            a, b = float(a), float(b)
            return draw(self.size, (a, b), **self.like) * (b - a) ** 0.5

    with ExitStack() as stack:
        try:
            import torchsde
        except ImportError:
            pass
        else:
            from unittest.mock import patch

            stack.enter_context(patch.object(torchsde, "BrownianInterval", Interval))
        stack.enter_context(Impulses())
        stack.enter_context(torch.no_grad())
        yield


def run(
    make: Callable[[], Any],
    steps: int | None,
    rows: int,
    seen: Pass,
    *,
    truth: Truth,
    conditioning: Conditioning,
    device: str,
    dtype: torch.dtype,
    call: dict[str, Any],
    step: dict[str, Any],
    init: float | None,
    keep: bool,
) -> None:
    """One pass; what it saw is in ``seen``, also when it raises what the library raised."""
    import torch

    scheduler = make()
    given = () if steps is None or "timesteps" in call or "sigmas" in call else (steps,)
    scheduler.set_timesteps(*given, device=device, **call)
    if keep:
        widen(scheduler)
    z = torch.zeros(rows, 1, 1, 1, dtype=dtype, device=device)
    z[1], z[2] = 1.0, CHECK
    seen.stage = "init_noise_sigma"
    scale = getattr(scheduler, "init_noise_sigma", 1.0) if init is None else init
    seen.init = float(scale)
    with noises(rows, seen, keep):
        x = z * scale
        for i, t in enumerate(scheduler.timesteps):
            seen.stage, seen.step, seen.timestep = "scale_model_input", i, float(t)
            x_in = scheduler.scale_model_input(x, t) if hasattr(scheduler, "scale_model_input") else x
            seen.stage = "network"
            out = _network(scheduler, x, x_in, t, truth, conditioning, seen)
            seen.stage = "step"
            x = scheduler.step(out, t, x, **step, return_dict=False)[0]
            if seen.not_finite is None and not bool(torch.isfinite(x).all()):
                seen.not_finite = i
    seen.rows = x.reshape(rows).double().tolist()


def _network(
    scheduler: Any, x: Any, x_in: Any, t: Any, truth: Truth, conditioning: Conditioning, seen: Pass
) -> torch.Tensor:
    """The exact answer of the network, computed in float64 on the host and handed back as the sample is."""
    import torch

    wide = x_in.to(device="cpu", dtype=torch.float64)
    scale = float(wide[2, 0, 0, 0] / x[2, 0, 0, 0])
    assumed = scheduler_level(scheduler, truth, t, scale)
    at = assumed if conditioning == "sigma" else truth.level_at(float(t))
    trained = truth.timestep_of(assumed)
    if trained is not None:
        seen.timestep_off = max(seen.timestep_off or 0.0, abs(float(t) - trained))
    if seen.first is None:
        seen.first, seen.first_scale = at, scale
    if seen.last is not None:
        seen.lost = max(seen.lost, cancelled(scheduler, seen.last, at))
    seen.last = at
    seen.model_calls += 1
    x0, eps = (consistency if truth.consistent else posterior)(wide, at, truth.data)
    answer: torch.Tensor = output(wide, at, x0, eps, truth.predicts, truth.sigma_data)
    return answer.to(device=x.device, dtype=x.dtype)
