"""float32 functions as IEEE would have them: sqrt, log and exp rounded correctly on every machine.

torch takes them from the vendor's vector library, where on some CPUs one square root in five is off in its last bit.
Numbers recorded on another machine can be reproduced to the last digit only without that.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

ROOTS = {torch.sqrt, torch.Tensor.sqrt}
POWERS = {torch.Tensor.__pow__, torch.Tensor.pow, torch.pow}
OTHERS = {torch.log, torch.Tensor.log, torch.exp, torch.Tensor.exp, torch.expm1, torch.Tensor.expm1}


class CorrectlyRounded(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        x = args[0] if args else None
        if isinstance(x, torch.Tensor) and x.dtype == torch.float32:
            if func in ROOTS or (func in POWERS and isinstance(args[1], float) and args[1] == 0.5):
                # numpy's is the processor's own instruction, which IEEE wants exact.
                import numpy as np

                return torch.from_numpy(np.sqrt(x.numpy(), out=np.empty_like(x.numpy())))
            if func in OTHERS:
                return func(x.double(), *args[1:], **kwargs).float()
        return func(*args, **kwargs)
