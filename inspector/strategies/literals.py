"""One value passed to a scheduler → the Python that writes it, and JSON that keeps its type."""

from __future__ import annotations

import math
from typing import Any

_TAGS = ("tuple", "float", "numpy.array", "numpy.float32", "numpy.float64", "numpy.int64")


def source(value: Any) -> str:
    """As a user would type it; numpy's are written with ``np``."""
    kind = type(value)
    if isinstance(value, type):
        return value.__name__
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        if getattr(value, "ndim", 0):
            dtype = "" if str(value.dtype) == "float64" else f", dtype=np.{value.dtype}"
            return f"np.array({value.tolist()}{dtype})"
        return f"np.{kind.__name__}({value.item()!r})"
    if kind is float and not math.isfinite(value):
        return f'float("{value}")'
    if kind in (list, tuple):
        inner = ", ".join(map(source, value))
        return f"[{inner}]" if kind is list else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)


def imports(*values: Any) -> list[str]:
    """The imports that :func:`source` of these values needs."""
    return ["import numpy as np"] if any("np." in source(v) for v in values) else []


def encoded(value: Any) -> Any:
    """A value as JSON: plain where JSON has it, else an object of one key, its type."""
    kind = type(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        if getattr(value, "ndim", 0):
            return {"numpy.array": value.tolist(), "dtype": str(value.dtype)}
        return {f"numpy.{kind.__name__}": value.item()}
    if kind is float and not math.isfinite(value):
        return {"float": str(value)}
    if kind is tuple:
        return {"tuple": [encoded(v) for v in value]}
    if kind is list:
        return [encoded(v) for v in value]
    return value


def decoded(data: Any) -> Any:
    """The value again.

    Raises:
        ValueError: it is none of the forms that :func:`encoded` writes.
    """
    if isinstance(data, list):
        return [decoded(v) for v in data]
    if not isinstance(data, dict):
        return data
    tag = next((t for t in _TAGS if t in data), None)
    if tag is None:
        raise ValueError(f"no value is written as {data!r:.80}")
    if tag == "tuple":
        return tuple(decoded(v) for v in data[tag])
    if tag == "float":
        return float(data[tag])
    import numpy as np

    if tag == "numpy.array":
        return np.array(data[tag], dtype=data.get("dtype"))
    return getattr(np, tag.partition(".")[2])(data[tag])
