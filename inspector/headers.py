"""The header of a safetensors file: names, dtypes and shapes, checked before they are believed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from inspector.strictjson import ReadError, loads, whole

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
"""Bits an element takes, for every dtype that the safetensors library knows."""
FLOATS = {
    "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
}  # fmt: skip
"""The floating types as torch calls them."""
_LARGEST = 1 << 63
_RANK = 16
_WHOLE = {int}
_OTHERS = (
    *((b"\x80" + bytes([protocol]), "a pickle") for protocol in range(2, 6)),
    (b"PK\x03\x04", "a zip archive (as torch.save writes)"),
    (b"GGUF", "a GGUF file"),
    (b"version https://git-lfs", "a Git LFS pointer: the file itself was not fetched"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
)


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
        """The floating types in it, as torch calls them."""
        return sorted({FLOATS[dtype] for dtype, _ in self.tensors.values() if dtype in FLOATS})


def length_of(first: bytes, file_size: int, cap: int, where: str) -> int:
    """The length of the header from the first eight bytes.

    Raises:
        ReadError: not a safetensors file, longer than the file, or over the cap.
    """
    for magic, what in _OTHERS:
        if first.startswith(magic[:8]) and not plausible(first, file_size):
            code = "IPI907" if what.startswith(("a pickle", "a zip")) else "IPI911"
            message = f"{where} calls itself safetensors and is {what}; it was not opened"
            raise ReadError(message, code=code, where=where, hint="download or save the file again")
    if len(first) < 8:
        raise bad(where, "it is shorter than eight bytes")
    length = int.from_bytes(first, "little")
    if length > file_size - 8:
        raise bad(where, f"its header claims {length} bytes, and the file has {file_size}")
    if length > cap:
        message = f"{where} has a header of {length} bytes, over the cap of {cap}"
        raise ReadError(message, code="IPI904", where=where, hint=f"--limit header={length}, if you trust the file")
    return length


def plausible(first: bytes, file_size: int) -> bool:
    return len(first) == 8 and int.from_bytes(first, "little") <= file_size - 8


def parse(data: bytes, file_size: int, where: str) -> Header:
    """The header's content, never looser than the safetensors library: exact offsets, no holes, no overlaps.

    Args:
        data: the header.
        file_size: the bytes of the whole file.
        where: its name, for the error.

    Raises:
        ReadError: IPI911, with what contradicts what.
    """
    if not data.startswith(b"{"):
        raise bad(where, "its header does not begin with '{'")
    try:
        content = loads(data, where, depth=8, shadows=False, integer=natural)
    except ReadError as error:
        raise bad(where, "its header is wrong: " + error.message.removeprefix(f"{where} ")) from error
    metadata = content.pop("__metadata__", None)
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise bad(where, "__metadata__ is not a table of strings")
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    spans = []
    for name, facts in content.items():
        dtype, shape, begin, end = tensor(name, facts, where)
        tensors[name] = (dtype, shape)
        spans.append((begin, end, name))
    position, before = 0, ""
    for begin, end, name in sorted(spans):
        if begin != position:
            what = f"overlaps {before!r}" if begin < position else f"leaves a hole before it ({begin - position} bytes)"
            raise bad(where, f"tensor {name!r} begins at byte {begin} and {what}")
        position, before = end, name
    room = file_size - 8 - len(data)
    if position != room:
        raise bad(where, f"its tensors take {position} bytes, and the file has {room} for them")
    return Header(tensors, metadata, len(data))


def natural(text: str) -> int:
    """A whole number without a sign, as shapes and offsets are (``-0`` has one)."""
    if text.startswith("-"):
        raise ValueError(f"a negative number ({text[:24]})")
    return whole(text)


def tensor(name: str, facts: Any, where: str) -> tuple[str, tuple[int, ...], int, int]:
    """One tensor's dtype, shape and the bytes it takes.

    Raises:
        ReadError: IPI911, they are not what they should be, or contradict one another.
    """
    if not isinstance(facts, dict) or not facts.keys() >= {"dtype", "shape", "data_offsets"}:
        raise bad(where, f"tensor {name!r} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = facts["dtype"], facts["shape"], facts["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise bad(where, f"tensor {name!r} has the unknown dtype {dtype!r}")
    if not sizes(shape) or len(shape) > _RANK:
        raise bad(where, f"tensor {name!r} has an impossible shape")
    if not sizes(offsets) or len(offsets) != 2:
        raise bad(where, f"tensor {name!r} has impossible offsets")
    elements = BITS[dtype]
    for size in shape:  # one by one: a zero at the end hides no overflow before it
        elements *= size
        if elements >= _LARGEST:
            raise bad(where, f"tensor {name!r} has an absurd shape")
    if elements != (offsets[1] - offsets[0]) * 8:
        raise bad(where, f"tensor {name!r}: its shape {shape} of {dtype} does not take {offsets[1] - offsets[0]} bytes")
    return dtype, tuple(shape), offsets[0], offsets[1]


def sizes(numbers: Any) -> bool:
    """A list of whole numbers that a file position can be."""
    if not isinstance(numbers, list) or not {*map(type, numbers)} <= _WHOLE:
        return False
    return not numbers or (min(numbers) >= 0 and max(numbers) < _LARGEST)


def bad(where: str, what: str) -> ReadError:
    return ReadError(f"{where}: {what}", code="IPI911", where=where, hint="download or save the file again")
