"""A Snapshot to JSON and back with the standard library alone: a machine that holds pipelines need not hold pydantic.

The JSON is the one that pydantic makes of the same dataclasses, which the tests hold it to.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from inspector.model import Snapshot


def plain(data: Any) -> Any:
    """Dataclasses at any depth as JSON types; a number that JSON has no name for becomes null."""
    if data is None or isinstance(data, str | bool | int):
        return data
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {k if isinstance(k, str) else str(k): plain(v) for k, v in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [plain(v) for v in data]
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return {name: plain(getattr(data, name)) for name in _names(type(data))}
    raise TypeError(f"{type(data).__name__} is no plain data")


def snapshot_of(data: Any) -> Snapshot:
    """The Snapshot that :func:`plain` was made of.

    Raises:
        ValueError: it is none; the message says where.
    """
    made: Snapshot = _made(Snapshot, data, "snapshot")
    return made


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(cls))


@cache
def _kinds(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@cache
def _needed(cls: type) -> frozenset[str]:
    missing = dataclasses.MISSING
    fields = dataclasses.fields(cls)
    return frozenset(f.name for f in fields if f.default is missing and f.default_factory is missing)


def _made(kind: Any, data: Any, where: str) -> Any:
    """The data as one of the kinds that the model's fields are of."""
    if kind is Any:
        return data
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, UnionType):
        one = next(k for k in inner if k is not NoneType)
        return None if data is None else _made(one, data, where)
    if origin is Literal:
        fits = isinstance(data, str) and data in inner
    elif origin is tuple and isinstance(data, list):
        return tuple(_made(inner[0], item, where) for item in data)
    elif origin is dict and isinstance(data, dict):
        return {_made(inner[0], k, where): _made(inner[1], v, f"{where}.{k}") for k, v in data.items()}
    elif dataclasses.is_dataclass(kind) and isinstance(data, dict) and _needed(kind) <= data.keys():  # type: ignore[arg-type]
        kinds = _kinds(kind)  # type: ignore[arg-type]
        return kind(**{n: _made(kinds[n], data[n], f"{where}.{n}") for n in _names(kind) if n in data})  # type: ignore[arg-type, operator]
    else:
        fits = kind in (str, int, bool) and type(data) is kind
    if not fits:
        raise ValueError(f"{where}: {type(data).__name__} is not what belongs here")
    return data
