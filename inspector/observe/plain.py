"""Any live value as plain data, without calling its ``repr``, ``str`` or conversion methods."""

from __future__ import annotations

import enum
import hashlib
import math
import os
from typing import Any

from inspector.model import Value

_DEEPEST = 12
"""Nesting beyond this is cut: configs in the wild stay below 6."""
_LONGEST = 4096
"""Longer sequences are kept as a digest: a setting is read by people, `trained_betas` has 1000 entries."""
_PLAIN = (type(None), bool, int, float, str)


def value_of(obj: Any) -> Value:
    """The plain :class:`Value` of a live object; a failure to read it is the value's ``error``."""
    try:
        return Value(type_name(obj), plain(obj))
    except Exception as error:  # noqa: BLE001 (a user's object may raise anything; the reason is kept as data)
        return Value(type_name(obj), None, f"{type(error).__name__}: {error}")


def type_name(obj: Any) -> str:
    """``bool``, ``tuple``, ``torch.Tensor``, ``diffusers.DDIMScheduler``: builtins bare, the rest by top package."""
    cls = obj if isinstance(obj, type) else type(obj)
    name = "type" if isinstance(obj, type) else cls.__name__
    package = cls.__module__.partition(".")[0]
    return name if package == "builtins" or isinstance(obj, type) else f"{package}.{name}"


def plain(obj: Any, depth: int = 0) -> Any:
    """None, bool, int, str, finite floats, lists and dicts; see :class:`Value` for the rest.

    Sets are sorted, since their order changes with the process. Functions and classes are their qualified name.
    """
    if isinstance(obj, enum.Enum):
        return plain(obj.value, depth)
    if isinstance(obj, float):
        return float(obj) if math.isfinite(obj) else repr(float(obj))
    if isinstance(obj, _PLAIN):
        # a subclass of str or int (a str enum, numpy's str_) must come out as the bare type
        return obj if type(obj) in _PLAIN else (str.__str__(obj) if isinstance(obj, str) else int(obj or 0))
    if depth >= _DEEPEST:
        return f"<{type_name(obj)} nested deeper than {_DEEPEST}>"
    if isinstance(obj, dict):
        return {key_of(k): plain(v, depth + 1) for k, v in dict.items(obj)}
    if isinstance(obj, list | tuple):
        return plain_sequence(list(obj), depth)
    if isinstance(obj, set | frozenset):
        return sorted((plain(v, depth + 1) for v in obj), key=lambda v: (str(type(v)), str(v)))
    if isinstance(obj, os.PathLike):
        return os.fspath(obj)
    if isinstance(obj, type):
        return f"{obj.__module__}.{obj.__qualname__}"
    return plain_foreign(obj, depth)


def plain_sequence(items: list[Any], depth: int) -> Any:
    if len(items) > _LONGEST:
        text = "\0".join(map(repr, (plain(v, depth + 1) for v in items)))
        return {"shape": [len(items)], "dtype": "list", "digest": digest_of(text.encode("utf-8", "surrogatepass"))}
    return [plain(v, depth + 1) for v in items]


def plain_foreign(obj: Any, depth: int) -> Any:
    """Torch and numpy objects by duck type, so that neither is imported here; anything else is its class's name."""
    package = type(obj).__module__.partition(".")[0]
    if package == "torch" and type(obj).__name__ in ("dtype", "device"):
        return str(obj).removeprefix("torch.")
    if hasattr(type(obj), "detach") and hasattr(type(obj), "untyped_storage"):
        return tensor(obj)
    if package == "numpy":
        if getattr(obj, "ndim", None) == 0:
            return plain(obj.item(), depth)
        if hasattr(obj, "tobytes") and hasattr(obj, "dtype"):
            return array(obj)
        return str(obj)
    if callable(obj) and hasattr(obj, "__qualname__"):
        return f"{obj.__module__}.{obj.__qualname__}"
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


def tensor(obj: Any) -> dict[str, Any]:
    """Shape, dtype, device and a digest of the content; tensors on the meta device have no content."""
    facts = {
        "shape": list(obj.shape),
        "dtype": str(obj.dtype).removeprefix("torch."),
        "device": str(obj.device),
        "digest": None,
    }
    if obj.device.type != "meta" and obj.layout.__str__() == "torch.strided" and not obj.is_quantized:
        content = obj.detach().cpu().contiguous()
        if content.dtype.is_floating_point and content.element_size() == 2:
            content = content.float()  # numpy has no bfloat16
        facts.update(ends_of(content.numpy()), digest=digest_of(canonical(content.numpy())))
    return facts


def array(obj: Any) -> dict[str, Any]:
    content = obj if obj.dtype != object else obj.astype(str)
    return {
        "shape": list(obj.shape),
        "dtype": str(obj.dtype),
        "device": "cpu",
        **ends_of(content),
        "digest": digest_of(canonical(content)),
    }


def ends_of(content: Any) -> dict[str, Any]:
    """First and last element of a row of numbers: what a reader recognises betas or sigmas by."""
    if content.ndim != 1 or content.size == 0 or content.dtype.kind not in "iuf":
        return {}
    return {"first": plain(content[0].item()), "last": plain(content[-1].item())}


def canonical(content: Any) -> bytes:
    """The bytes of an array in which every NaN is the same NaN (a NaN's payload is no content)."""
    if content.dtype.kind == "f":
        content = content.copy()
        content[content != content] = float("nan")
    data: bytes = content.tobytes()
    return data


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def key_of(key: Any) -> str:
    return key if isinstance(key, str) else f"{key!r}" if isinstance(key, _PLAIN) else type_name(key)
