"""A second device that is none: tensors moved to it are tagged, and what a real device's tensor would refuse raises.

Inside :func:`second_device`, ``device="cuda"`` (or another name) makes and moves tensors that stay on the host but
carry a tag, which follows them through every operation. ``.device`` answers with the name; mixing tagged and untagged
tensors, reading one as a numpy array, or indexing a host tensor with one raises what torch raises on a real device. So
device logic is tested on machines without a GPU. The numbers are the host's: that a GPU rounds alike is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TAG = "_inspect_pipe_second_device"


@contextmanager
def second_device(name: str = "cuda") -> Iterator[str]:
    """A device of this name exists until the block ends; the block gets its name."""
    with _mode(name):
        yield name


def tagged(x: Any) -> bool:
    """Whether this tensor is on the second device."""
    return _TAG in getattr(x, "__dict__", ())


def _tag(x: Any, there: bool) -> Any:
    """The tensor, on the device or not; a tag belongs to an object, so that one that changes sides is a new one."""
    if tagged(x) == there:
        return x
    other = x.clone()
    if there:
        other.__dict__[_TAG] = True
    return other


def _flat(held: Any) -> Iterator[Any]:
    """What is in nested lists, tuples and dicts."""
    for x in held.values() if isinstance(held, dict) else held:
        if isinstance(x, list | tuple | dict):
            yield from _flat(x)
        else:
            yield x


def _tag_all(made: Any, there: bool) -> Any:
    import torch

    if isinstance(made, torch.Tensor):
        return _tag(made, there)
    if type(made) in (list, tuple):
        return type(made)(_tag_all(x, there) for x in made)
    return made


def _mode(name: str) -> Any:
    import torch
    from torch.overrides import TorchFunctionMode

    there, tensor = torch.device(name, 0), torch.Tensor
    base: Any = torch._C.TensorBase
    answers = {base.device.__get__: there, base.is_cuda.__get__: there.type == "cuda", base.is_cpu.__get__: False}
    moving = (tensor.to, tensor.cpu, tensor.cuda)
    arrays = (tensor.numpy, tensor.__array__)
    copying: Any = tensor.__deepcopy__
    indexing = (tensor.__getitem__, tensor.__setitem__)

    def is_there(device: Any) -> bool:
        return torch.device(device).type == there.type

    class Second(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = dict(kwargs or {})
            if func in answers and tagged(args[0]):
                return answers[func]
            if func in arrays and tagged(args[0]):
                hint = "Use Tensor.cpu() to copy the tensor to host memory first."
                raise TypeError(f"can't convert {there} device type tensor to numpy. {hint}")
            if func is copying:  # its memo holds tensors of both sides; the tag is copied with the rest
                return func(*args, **kwargs)
            if func in moving:
                return self.moved(func, args, kwargs)
            wanted = kwargs.get("device")
            far = self.together(func, args, [x for x in _flat((args, kwargs)) if isinstance(x, tensor)])
            if wanted is not None:
                far = is_there(wanted)
                kwargs["device"] = torch.device("cpu") if far else wanted
            return _tag_all(func(*args, **kwargs), far)

        def moved(self, func: Any, args: Any, kwargs: Any) -> Any:
            """``.to``, ``.cpu`` and ``.cuda``: the dtype changes as asked, the side by the tag."""
            x, rest = args[0], list(args[1:])
            far = {tensor.cpu: False, tensor.cuda: True}.get(func, tagged(x))
            for i, value in enumerate(rest):
                if isinstance(value, tensor):  # x.to(other): its device and dtype
                    far, rest[i] = tagged(value), value.dtype
                elif isinstance(value, str | torch.device):
                    far, rest[i] = is_there(value), torch.device("cpu") if is_there(value) else value
            if kwargs.get("device") is not None:
                far = is_there(kwargs["device"])
                kwargs["device"] = torch.device("cpu") if far else kwargs["device"]
            return _tag(x if func is tensor.cuda else func(x, *rest, **kwargs), far)

        def together(self, func: Any, args: Any, held: list[Any]) -> bool:
            """Whether the result is on the device; raises where a real one would. A number on the host may join."""
            if not any(map(tagged, held)):
                return False
            if func in indexing:
                if not tagged(args[0]) and any(tagged(x) and x.ndim for x in held[1:]):
                    raise RuntimeError(
                        "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
                    )
                return tagged(args[0])
            if any(not tagged(x) and x.ndim for x in held):
                both = f"found at least two devices, {there} and cpu!"
                raise RuntimeError(f"Expected all tensors to be on the same device, but {both}")
            return True

    return Second()
