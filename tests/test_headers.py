"""The header reader: what it says of a real file, and each refusal. tests/test_fuzz.py compares it with the library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.headers import BITS, Header
from inspector.reading import Folder, Limits, ReadError
from tests.fuzz.headers import packed, tensor, theirs


def ours(folder: Path, content: bytes, name: str = "model.safetensors", **limits: int) -> Header:
    (folder / name).write_bytes(content)
    with Folder(folder, Limits(**limits)) as opened:
        return opened.header(name)


GOOD = packed(
    {"b": tensor("F16", [2, 2], 8, 16), "a": tensor("F32", [2], 0, 8), "__metadata__": {"format": "pt"}}, b"\0" * 16
)


def test_a_real_file(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save

    tensors = {"w": torch.zeros(3, 4, dtype=torch.bfloat16), "n": torch.tensor(7), "none": torch.zeros(0, 5)}
    header = ours(tmp_path, save(tensors, metadata={"format": "pt"}))
    assert header.tensors == {"w": ("BF16", (3, 4)), "n": ("I64", ()), "none": ("F32", (0, 5))}
    assert header.parameters == 13
    assert header.dtypes == ["bfloat16", "float32"]
    assert header.metadata == {"format": "pt"}


def test_only_the_header_is_read(tmp_path: Path) -> None:
    size = 3 << 30
    content = packed({"w": tensor("U8", [size], 0, size)})
    path = tmp_path / "big.safetensors"
    with open(path, "wb") as file:  # sparse: its three gigabytes take no room
        file.write(content)
        file.truncate(len(content) + size)
    with Folder(tmp_path) as folder:
        assert folder.header("big.safetensors").parameters == size
        assert folder.bytes_read == len(content)


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "shorter than eight bytes"),
    "seven bytes": (b"\x02\0\0\0\0\0\0", "shorter than eight bytes"),
    "length 2^63": (packed({}, length=1 << 63), "claims 9223372036854775808 bytes"),
    "length 2^64-1": (packed({}, length=(1 << 64) - 1), "claims 18446744073709551615 bytes"),
    "length past the end": (packed({}, length=3), "claims 3 bytes"),
    "truncated header": (GOOD[:40], "claims"),
    "truncated data": (GOOD[:-1], "take 16 bytes, and the file has 15"),
    "data to spare": (GOOD + b"\0", "take 16 bytes, and the file has 17"),
    "overlap": (packed({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, b"\0" * 6), "overlaps 'a'"),
    "the same bytes twice": (
        packed({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 0, 4)}, b"\0" * 4),
        "overlaps",
    ),
    "hole": (packed({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 6, 10)}, b"\0" * 10), "hole"),
    "hole at the start": (packed({"a": tensor("U8", [4], 2, 6)}, b"\0" * 6), "hole"),
    "offsets reversed": (packed({"a": tensor("U8", [4], 4, 0)}, b"\0" * 4), "does not take"),
    "shape and offsets differ": (packed({"a": tensor("F32", [4], 0, 4)}, b"\0" * 4), "does not take 4 bytes"),
    "negative shape": (packed({"a": tensor("U8", [-4], 0, 4)}, b"\0" * 4), "negative"),
    "shape that overflows": (packed({"a": tensor("U8", [1 << 62, 4, 0], 0, 0)}), "absurd shape"),
    "forty dimensions": (packed({"a": tensor("U8", [1] * 40, 0, 1)}, b"\0"), "impossible shape"),
    "float in shape": (packed({"a": tensor("U8", [4.0], 0, 4)}, b"\0" * 4), "impossible shape"),  # type: ignore[list-item]
    "bool in shape": (packed({"a": tensor("U8", [True], 0, 1)}, b"\0"), "impossible shape"),
    "unknown dtype": (packed({"a": tensor("F42", [1], 0, 1)}, b"\0"), "unknown dtype"),
    "dtype is a list": (packed({"a": {**tensor("U8", [1], 0, 1), "dtype": ["U8"]}}, b"\0"), "unknown dtype"),
    "no offsets": (packed({"a": {"dtype": "U8", "shape": []}}, b"\0"), "not described by"),
    "three offsets": (
        packed({"a": {**tensor("U8", [1], 0, 1), "data_offsets": [0, 1, 1]}}, b"\0"),
        "impossible offsets",
    ),
    "tensor twice": (
        packed(
            b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
        ),
        "twice",
    ),
    "metadata twice": (packed(b'{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"}}'), "twice"),
    "metadata of numbers": (packed({"__metadata__": {"format": 1}}), "not a table of strings"),
    "a list": (packed([]), "does not begin with '{'"),
    "a space first": (packed(b" {}"), "does not begin with '{'"),
    "not JSON": (packed(b"{oops}"), "is not JSON"),
    "not UTF-8": (packed(b'{"\xff":{}}'), "not UTF-8"),
    "NaN": (packed(b'{"a":NaN}'), "NaN"),
    "deep": (packed(b'{"a":' * 50 + b"1" + b"}" * 50), "nested deeper"),
    "a pickle": (b"\x80\x04\x95" + b"\0" * 20 + b"\xff" * 20, "a pickle"),
    "a zip": (b"PK\x03\x04" + b"\xff" * 60, "a zip archive"),
    "a web page": (b"<!DOCTYPE html><html></html>", "a web page"),
    "an LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n",
        "a Git LFS pointer: the file itself was not fetched",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    content, reason = REFUSED[name]
    with pytest.raises(ReadError) as caught:
        ours(tmp_path, content)
    assert caught.value.code == ("IPI907" if name in ("a pickle", "a zip") else "IPI911")
    assert caught.value.where == "model.safetensors"
    assert reason in caught.value.message
    assert "\n" not in caught.value.message and len(caught.value.message) < 240


def test_the_cap_on_a_header(tmp_path: Path) -> None:
    text = json.dumps({"__metadata__": {"a": "b" * 100}}).encode()
    assert ours(tmp_path, packed(text), header=len(text)).metadata
    with pytest.raises(ReadError) as caught:
        ours(tmp_path, packed(text), header=len(text) - 1)
    assert caught.value.code == "IPI904"
    assert f"--limit header={len(text)}" in caught.value.hint


def test_every_dtype_of_the_library_is_known() -> None:
    """A dtype that a new safetensors brings would be refused here: then the table wants a row."""
    for dtype, bits in BITS.items():
        size = bits  # eight elements take as many bytes as one takes bits
        assert theirs(packed({"a": tensor(dtype, [8], 0, size)}, b"\0" * size)) == {"a": (dtype, (8,))}


@pytest.mark.parametrize(
    "name", ["length 2^63", "overlap", "hole", "truncated data", "data to spare", "metadata of numbers"]
)
def test_the_library_refuses_it_too(name: str) -> None:
    """These are not our own strictness."""
    assert theirs(REFUSED[name][0]) is None
