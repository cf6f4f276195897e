"""A scheduler's step loop in float64 throughout, so that what is left of an error is no rounding."""

from __future__ import annotations

from typing import Any


def widen(scheduler: Any) -> None:
    """Its tables in float64, each number as it is: coefficients that steps make of them then have no float32 rounding.

    torch computes a step's coefficients in the type of the table, whatever the sample's.
    """
    import torch

    for name, held in vars(scheduler).items():
        if isinstance(held, torch.Tensor) and held.dtype == torch.float32 and name != "timesteps":
            setattr(scheduler, name, held.double())


def narrows(func: Any, args: Any, kwargs: Any, rows: int) -> bool:
    """Whether this call of torch casts a float64 sample of so many rows to float32 (Euler and its like do)."""
    import torch

    if func not in (torch.Tensor.to, torch.Tensor.float):
        return False
    x = args[0]
    if x.dtype != torch.float64 or x.shape[:1] != (rows,):
        return False
    return func is torch.Tensor.float or torch.float32 in (*args[1:], kwargs.get("dtype"))


def kept(rows: int) -> Any:
    """Inside, a float64 sample of so many rows stays one."""
    from torch.overrides import TorchFunctionMode

    class Kept(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            return args[0] if narrows(func, args, kwargs, rows) else func(*args, **kwargs)

    return Kept()
