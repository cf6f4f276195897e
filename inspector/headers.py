"""The header of a safetensors file: names, dtypes and shapes, checked before they are believed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from inspector.strictjson import ReadError, loads

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
"""Bits an element takes, for every dtype that the safetensors library knows."""
NAMES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64", "F8_E4M3": "float8_e4m3fn"}


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file says it holds. ``tensors``: name -> (dtype, shape); ``size``: bytes of the header."""

    tensors: dict[str, tuple[str, tuple[int, ...]]]
    metadata: dict[str, str] = field(default_factory=dict)
    size: int = 0

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for _, shape in self.tensors.values())

    @property
    def dtypes(self) -> list[str]:
        return sorted({NAMES.get(dtype, dtype) for dtype, _ in self.tensors.values()})


def length_of(first: bytes, file_size: int, cap: int, where: str) -> int:
    """The length of the header from the first eight bytes.

    Raises:
        ReadError: too short to be a safetensors file, longer than the file, or over the cap.
    """
    if len(first) < 8:
        raise bad(where, "shorter than eight bytes")
    length = int.from_bytes(first, "little")
    if length > file_size - 8:
        raise bad(where, f"the header says it is {length} bytes long, the file has {file_size}")
    if length > cap:
        message = f"{where} has a header of {length} bytes, over the cap of {cap}"
        raise ReadError(message, code="IPI904", where=where, hint=f"--limit header={length}")
    return length


def parse(data: bytes, file_size: int, where: str, depth: int = 64) -> Header:
    """The header's content, never looser than the safetensors library: exact offsets, no holes, no overlaps.

    Raises:
        ReadError: IPI911, with what contradicts what.
    """
    if not data.startswith(b"{"):
        raise bad(where, "the header does not begin with '{'")
    try:
        content = loads(data.rstrip(b" "), where, depth=depth, shadows=False)
    except ReadError as error:
        raise bad(where, error.message.removeprefix(f"{where} ")) from error
    metadata = content.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise bad(where, "__metadata__ is not a table of strings")
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    spans = []
    for name, facts in content.items():
        dtype, shape, (begin, end) = checked(name, facts, where)
        tensors[name] = (dtype, shape)
        spans.append((begin, end, name))
    room, position = file_size - 8 - len(data), 0
    for begin, end, name in sorted(spans):
        if begin != position:
            raise bad(where, f"tensor {name!r} begins at {begin}, where {position} is free: overlap or hole")
        position = end
    if position != room:
        raise bad(where, f"the tensors take {position} bytes, the file has {room} for them")
    return Header(tensors, metadata, len(data))


def checked(name: str, facts: Any, where: str) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    if not isinstance(facts, dict) or facts.keys() != {"dtype", "shape", "data_offsets"}:
        raise bad(where, f"tensor {name!r} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = facts["dtype"], facts["shape"], facts["data_offsets"]
    if dtype not in BITS:
        raise bad(where, f"tensor {name!r} has the unknown dtype {dtype!r}")
    if not isinstance(shape, list) or not all(whole(n) for n in shape) or len(shape) > 64:
        raise bad(where, f"tensor {name!r} has an impossible shape")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(whole(n) for n in offsets):
        raise bad(where, f"tensor {name!r} has impossible offsets")
    begin, end = offsets
    if math.prod(shape) * BITS[dtype] != (end - begin) * 8:
        raise bad(where, f"tensor {name!r}: shape {shape} of {dtype} does not fill its {end - begin} bytes")
    return dtype, tuple(shape), (begin, end)


def whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**63


def bad(where: str, what: str) -> ReadError:
    return ReadError(f"{where}: {what}", code="IPI911", where=where, hint="download or save the file again")
