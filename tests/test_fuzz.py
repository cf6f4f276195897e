"""Short fuzzes of what is read, and every case that a long one (``make fuzz``) once found."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from inspector.headers import BITS
from tests.faults import Figure
from tests.fuzz import folders, headers, long
from tests.fuzz.headers import packed, tensor

FULL = bool(os.environ.get("INSPECT_PIPE_FULL"))
KEPT = long.kept()
SEED = random.SystemRandom().randrange(1 << 40) if FULL else 8
ODD: dict[str, bytes] = {
    "nothing": packed({}),
    "spaces after": packed(b"{}   "),
    "NULs after": packed(b"{}\0\0"),
    "minus zero": packed(b'{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'),
    "one as a float": packed(b'{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', b"\0"),
    "half a byte": packed(b'{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}', b"\0"),
    "two empty ones": packed({"a": tensor("U8", [0], 0, 0), "b": tensor("U8", [0], 0, 0)}),
    "metadata null": packed({"__metadata__": None}),
    "a byte missing of the length": b"\x80" + b"\0" * 6 + b"{}",
    "half a character": packed(b'{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    "NUL in a name": packed(b'{"a\\u0000":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    "a tab in a name": packed(b'{"a\tb":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    "a key more": packed({"a": {**tensor("U8", [1], 0, 1), "x": [1]}}, b"\0"),
    "a tensor twice": packed(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},' * 2 + b'"b":{}}'),
}
"""Headers that readers tend to disagree about."""


def assert_held(figure: Figure, least: int) -> None:
    assert figure.tried >= least and not figure.broken, "\n".join(figure.broken[:5])


@pytest.mark.parametrize("name", ODD)
def test_odd_headers(name: str) -> None:
    headers.compared(ODD[name])


def test_headers() -> None:
    figure = long.of_headers(600, SEED, most=200_000 if FULL else 10_000)
    assert_held(figure, 1000)
    kinds = {part.split(" ", 1)[1] for part in figure.note.split(", ")}
    assert kinds == {"taken by both", "refused by both", "refused by a stated rule"}


LOOSE = {
    "a hole in the data": ("inspector.headers.tensor", lambda name, facts, where: ("U8", (), 0, 0)),
    "keys twice": ("inspector.strictjson.unique", dict),
    "a sign": ("inspector.headers.natural", lambda text: abs(int(text))),
    "any number": ("inspector.headers.sizes", lambda numbers: isinstance(numbers, list)),
    "any dtype": ("inspector.headers.BITS", dict.fromkeys([*BITS, "F42", "f32", ""], 8)),
}


@pytest.mark.parametrize("name", LOOSE)
def test_the_fuzz_sees_a_looser_reader(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, instead = LOOSE[name]
    monkeypatch.setattr(place, instead)
    monkeypatch.setattr(long, "keep", lambda *_: Path())
    assert long.of_headers(60, 8, most=2_000).broken


def test_folders() -> None:
    assert_held(long.of_folders(120, most=1000 if FULL else 40, anew=FULL), 30)


def test_own_files() -> None:
    assert_held(long.of_own(120, most=1500 if FULL else 60, anew=FULL), 40)


@pytest.mark.parametrize("name", KEPT)
def test_what_was_found_once(name: str, tmp_path: Path) -> None:
    kind, files = KEPT[name]
    if kind == "header":
        headers.compared(files["file"])
    elif kind == "folder":
        folders.judged(files, folders.make(tmp_path / "model"))
    else:
        folders.taken(kind, files["file"], tmp_path / "own.json")
