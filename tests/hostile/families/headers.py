"""Safetensors headers that contradict the format, the file or themselves."""

from __future__ import annotations

import json
import struct
from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import tensor, weights

case = Family("safetensors")
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def header(content: Any, size: int | None = None, **more: Any) -> Make:
    """A weights file with this header."""
    return lambda place: weights(place.model / WEIGHTS, content, size, **more)


def one(**changes: Any) -> Make:
    """One tensor of eight bytes with this changed."""
    return header({"a": {**tensor(), **changes}}, 8)


def raw(data: bytes) -> Make:
    return lambda place: place.put(WEIGHTS, data) and None


def file(content: Any, data: bytes = b"") -> bytes:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack("<Q", len(text)) + text + data


TWICE = b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}'

# Length
for what, data in {
    "nothing": b"", "three bytes": b"abc", "seven bytes": b"\0" * 7, "a length alone": struct.pack("<Q", 2),
    "a length of 2^63": struct.pack("<Q", 1 << 63) + b"{}", "a length of 2^64-1": b"\xff" * 8 + b"{}",
    "one byte more than there is": struct.pack("<Q", 3) + b"{}", "a length of zero": b"\0" * 8, "a length of zero and data": b"\0" * 64,
    "a length of one": struct.pack("<Q", 1) + b"{", "zeros only": b"\0" * 4096, "text": b"hello world, this is no header",
    "a big-endian length": struct.pack(">Q", 2) + b"{}",
}.items():  # fmt: skip
    case(f"weights of {what}", "IPI911", 3, raw(data), sample=what == "a length of 2^63")

# Syntax
for what, data in {
    "no JSON": b"hello   ", "a list": b"[]", "a text": b'"a"', "white space before": b' {"a": 1}', "a comma too many": b'{"a": 1,}', "NaN": b'{"a": NaN}',
    "Infinity": b'{"__metadata__": {"a": Infinity}}', "UTF-16": '{"a": 1}'.encode("utf-16-le"), "Latin-1": b'{"caf\xe9": 1}', "a tensor twice": TWICE,
    "a byte order mark": b"\xef\xbb\xbf{}", "half a character": b'{"\\ud800": 1}', "something behind": b"{} x", "nothing but braces": b"{{}}",
    "metadata twice": b'{"__metadata__": {"a": "1"}, "__metadata__": {"a": "2"}}', "a comment": b'{} // x', "zeros behind": b"{}\0\0\0",
}.items():  # fmt: skip
    case(f"a header that holds {what}", "IPI911", 3, header(data, 8), sample=what == "a tensor twice")

# Tensors
WRONG: dict[str, dict[str, Any]] = {
    "of a dtype that is none": {"dtype": "F33"}, "of a dtype in small letters": {"dtype": "f32"}, "of an empty dtype": {"dtype": ""},
    "of a dtype that is a number": {"dtype": 32}, "of a dtype that is a list": {"dtype": ["F32"]}, "of a dtype that is code": {"dtype": "torch.float32"},
    "of a shape that is a number": {"shape": 2}, "of a negative shape": {"shape": [-2]}, "of a shape of texts": {"shape": ["2"]},
    "of a fractional shape": {"shape": [2.0]}, "of a shape of true": {"shape": [True, 2]}, "of a shape that is null": {"shape": None}, "of a nested shape": {"shape": [[2]]},
    "of a shape that overflows": {"shape": [2**32, 2**32]}, "of a shape that overflows to zero": {"shape": [2**63, 2**63, 0]}, "of 2^64": {"shape": [2**64]},
    "of a shape of 1000 digits": {"shape": [10**1000]}, "of a hundred dimensions": {"shape": [1] * 100 + [2]}, "of another size": {"shape": [3]}, "of minus zero": {"data_offsets": [-0.0, 8]},
    "of offsets backwards": {"data_offsets": [8, 0]}, "of negative offsets": {"data_offsets": [-8, 0]}, "of offsets beyond the end": {"data_offsets": [0, 800]},
    "of one offset": {"data_offsets": [8]}, "of three offsets": {"data_offsets": [0, 4, 8]}, "of offsets that are texts": {"data_offsets": ["0", "8"]},
    "of offsets near 2^64": {"data_offsets": [2**64 - 8, 2**64]}, "of no offsets": {"data_offsets": None},
}  # fmt: skip
for what, changes in WRONG.items():
    case(f"a tensor {what}", "IPI911", 3, one(**changes), sample=what == "of a shape that overflows")
case("a tensor with one thing more", "", 0, one(evil="x"))
for missing in ("dtype", "shape", "data_offsets"):
    case(
        f"a tensor without its {missing}",
        "IPI911",
        3,
        header({"a": {k: v for k, v in tensor().items() if k != missing}}, 8),
    )
case("a tensor that is a text", "IPI911", 3, header({"a": "F32"}, 8))
case("a tensor that is null", "IPI911", 3, header({"a": None}, 8))
case("a tensor that is a list", "IPI911", 3, header({"a": ["F32", [2], [0, 8]]}, 8))
case("tensors that overlap", "IPI911", 3, header({"a": tensor(), "b": tensor(begin=4, end=12)}, 12), sample=True)
case("tensors in one place", "IPI911", 3, header({"a": tensor(), "b": tensor()}, 8))
case("a hole between tensors", "IPI911", 3, header({"a": tensor(), "b": tensor(begin=16, end=24)}, 24), sample=True)
case("a hole before the first tensor", "IPI911", 3, header({"a": tensor(begin=8, end=16)}, 16))
case("bytes behind the last tensor", "IPI911", 3, header({"a": tensor()}, 9), sample=True)
case("data of a terabyte behind the last tensor", "IPI911", 3, header({"a": tensor()}, 1 << 40))
case("weights cut off in the data", "IPI911", 3, header({"a": tensor()}, 7))
case("weights cut off in the header", "IPI911", 3, lambda p: p.rewrite(WEIGHTS, lambda d: d[:100]))
case("no tensors but data", "IPI911", 3, header({}, 8))
case("metadata that is a list", "IPI911", 3, header({"__metadata__": ["a"], "a": tensor()}, 8))
case("metadata of numbers", "IPI911", 3, header({"__metadata__": {"a": 1}, "a": tensor()}, 8))
case("metadata within metadata", "IPI911", 3, header({"__metadata__": {"a": {"b": "c"}}, "a": tensor()}, 8))
case("metadata that is a text", "IPI911", 3, header({"__metadata__": "x", "a": tensor()}, 8))

# Files that are two things at once
case(
    "weights with a pickle as their data",
    "",
    0,
    lambda p: p.put(WEIGHTS, file({"a": tensor("U8", (64,), 0, 64)}, p.pickle()[:64].ljust(64, b"\0"))) and None,
)
case(
    "weights with a pickle behind",
    "IPI911",
    3,
    lambda p: p.put(WEIGHTS, file({"a": tensor()}, b"\0" * 8 + p.pickle())) and None,
    sample=True,
)
case(
    "weights with a zip archive behind",
    "IPI911",
    3,
    lambda p: p.put(WEIGHTS, file({"a": tensor()}, b"\0" * 8 + p.torch())) and None,
)
case("a pickle whose first bytes are a length", "IPI907", 3, raw(b"\x80\x04\x95\0\0\0\0\0" + b"X" * 400_000))
case("a header that is also HTML", "IPI911", 3, header(b"<html>{}", 0))
case("GGUF as safetensors", "IPI911", 3, raw(b"GGUF\x03\0\0\0" + b"\0" * 100))
case(
    "a Git LFS pointer as safetensors",
    "IPI911",
    3,
    raw(b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"),
)
case("a web page as safetensors", "IPI911", 3, raw(b"<!DOCTYPE html><html><body>404</body></html>"))
case(
    "weights in a second file that are wrong",
    "IPI911",
    3,
    lambda p: p.put("unet/other.safetensors", b"\xff" * 8) and None,
)
case(
    "weights of a variant that are wrong",
    "IPI911",
    3,
    lambda p: p.put("unet/diffusion_pytorch_model.fp16.safetensors", b"\xff" * 16) and None,
)

# As the source itself
case("weights as the source", "", 0, lambda p: str(p.model / WEIGHTS), worker=("", 0))
case("wrong weights as the source", "IPI911", 3, lambda p: (raw(b"\xff" * 16)(p), str(p.model / WEIGHTS))[1])
case("a pickle as the source", "IPI907", 3, lambda p: (p.put("x.bin", p.pickle()), str(p.model / "x.bin"))[1])
case(
    "a pickle called safetensors as the source",
    "IPI907",
    3,
    lambda p: (p.put("x.safetensors", p.pickle()), str(p.model / "x.safetensors"))[1],
)
