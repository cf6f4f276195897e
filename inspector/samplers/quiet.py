"""A step loop without chance: every normal draw is zero but for the last row of the batch, which is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, ``torch.randn``, ``torch.randn_like`` and torchsde's Brownian interval give that noise; no gradients."""
    import torch

    def drawn(shape: Any, dtype: Any = None, device: Any = None) -> Any:
        made = torch.zeros(tuple(shape), dtype=dtype, device=device)
        if made.ndim:
            made[-1] = 1.0
        return made

    def randn(*size: Any, dtype: Any = None, device: Any = None, **_: Any) -> Any:
        shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size or _["size"]
        return drawn(shape, dtype, device)

    def randn_like(like: Any, *, dtype: Any = None, **_: Any) -> Any:
        return drawn(like.shape, dtype or like.dtype, like.device)

    class Interval:
        """An increment over [a, b] is unit noise times sqrt(b - a)."""

        def __init__(self, *, size: Any, dtype: Any = None, device: Any = None, **_: Any) -> None:
            self.size, self.dtype, self.device = size, dtype, device

        def __call__(self, a: Any, b: Any) -> Any:
            return drawn(self.size, self.dtype, self.device) * (float(b) - float(a)) ** 0.5

    with ExitStack() as stack:
        stack.enter_context(patch.object(torch, "randn", randn))
        stack.enter_context(patch.object(torch, "randn_like", randn_like))
        if find_spec("torchsde") is not None:
            import torchsde

            stack.enter_context(patch.object(torchsde, "BrownianInterval", Interval))
        stack.enter_context(torch.no_grad())
        yield
