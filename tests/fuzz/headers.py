"""The header reader against the safetensors library: never looser, and stricter only where it says so."""

from __future__ import annotations

import json
import math
import random
import re
import struct
from collections import Counter
from typing import Any

from inspector import headers
from inspector.headers import BITS, Header
from inspector.strictjson import ReadError

NAME = "model.safetensors"
CAP = 4096
"""The cap on headers here: small, so that it is met."""
STRICTER = re.compile(
    r"twice, and which one counts"  # a tensor, or a key of one, given two times
    r"|absurd shape|impossible shape"  # more elements than a file can have, or over sixteen dimensions
    r"|does not begin with '\{'"  # as the description of the format says, and the library does not check
    r"|over the cap of"  # a header of more bytes than one needs
    r"|nested deeper than"  # the same of brackets: the library ignores nothing that is nested, but says so later
    r"|a pickle; it was not opened|a zip archive .*; it was not opened|a web page; it was not|a GGUF|LFS pointer"
)
"""What is refused although the library takes it, and why that is right: SAFETY.md, rule 15."""


def packed(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file: the header is JSON text, or anything that JSON can hold."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def ours(content: bytes) -> Header:
    """What the reader makes of these bytes, read as :meth:`inspector.reading.Folder.header` reads them.

    Raises:
        ReadError: it refuses them.
    """
    length = headers.length_of(content[:8], len(content), CAP, NAME)
    return headers.parse(content[8 : 8 + length], len(content), NAME)


def theirs(content: bytes) -> dict[str, tuple[str, tuple[int, ...]]] | None:
    """What the safetensors library makes of them; None when it refuses."""
    from safetensors import SafetensorError, deserialize

    try:
        found = deserialize(content)
    except (SafetensorError, OverflowError, ValueError):
        return None
    return {name: (facts["dtype"], tuple(facts["shape"])) for name, facts in found}


def compared(content: bytes, seen: Counter[str] | None = None) -> None:
    """Ours takes nothing that the library refuses, says the same of what both take, and says why it refuses more."""
    library = theirs(content)
    try:
        header = ours(content)
    except ReadError as error:
        assert error.code in ("IPI904", "IPI907", "IPI911"), error.code
        assert error.where == NAME and "\n" not in error.message and len(error.message) < 400, error.message
        if library is not None:
            assert STRICTER.search(error.message), f"refused without a rule: {error.message}: {content[:300]!r}"
        kind = "refused by both" if library is None else "refused by a stated rule"
    else:
        assert library is not None, f"looser than the library: {content[:300]!r}"
        assert header.tensors == library, f"read as {header.tensors}, by the library as {library}"
        assert header.metadata == metadata(content)
        kind = "taken by both"
    if seen is not None:
        seen[kind] += 1


def metadata(content: bytes) -> dict[str, str]:
    """The metadata, as a plain JSON parser has it; the library gives it only for files."""
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]).get("__metadata__") or {}


_SIZES = [0, 1, 2, 3, 4, 7, 64, -1, 1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 10**30]
_LEXEMES = ["-0", "0.0", "1e0", "1E2", "01", "+1", "1.", ".5", "1e400", "NaN", "Infinity", "true", "null", '"1"', "[1]"]
_LEXEMES += ["{}", "\u0661", "1" * 200, "0" * 200, "-" + "1" * 30, "1e-5", "", "1 1", "0x1", "1_0"]
_SPACES = [" ", "\n", "\t", "\r", "\x0b", "\x0c", "\xa0", "\ufeff", "\0", "/**/", ",", "#", ":", "\u2028"]
_NAMES = ["a", "b", "t.0", "\xe4", "", "\0", "\x1f", "\x7f", "\u2028", "\U0001f984", '"', "\\", "__metadata__", "dtype"]
_DTYPES = [*sorted(BITS), "F42", "f32", "", "F32 ", "BF16\0", "U8\n"]
_ENDINGS = ["\\", "\\ud800", "\\udc00\\ud800", "\\x41", "\\u00", "\x01", "\\/", "\\b", '\\"']
_BYTES = b'0123456789"{}[],:-+.eE \\u\x00\xff\x80\xc0\x0b'


def file(chance: random.Random) -> bytes:
    """A file that is right, but for a few things, each wrong in one of the ways of its kind."""
    faults = [chance.choice(FAULTS) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))]

    def text(value: str, fault: str = "") -> str:
        return string(chance, value, broken=bool(fault) and take(fault))

    def take(fault: str) -> bool:
        """Whether this fault is due here: now, or at a later chance."""
        if fault in faults and chance.random() < 0.5:
            faults.remove(fault)
            return True
        return False

    def numbers(values: list[int]) -> str:
        shown = [str(v) for v in values]
        if shown and take("number"):
            shown[chance.randrange(len(shown))] = chance.choice([chance.choice(_LEXEMES), str(chance.choice(_SIZES))])
        if take("count"):
            shown += shown[:1] or ["1"]
        return f"[{(' ' if take('space') else '').join([','.join(shown)])}]"

    position, members = 0, []
    for index in range(chance.choice([0, 1, 1, 2, 3])):
        dtype = chance.choice(sorted(BITS))
        shape = [chance.randrange(5) for _ in range(chance.randrange(4))]
        if take("rank"):
            shape = [1] * chance.choice([15, 16, 17, 40])
        begin, position = position, position + BITS[dtype] * math.prod(shape) // 8
        offsets = [begin, position]
        if take("offset"):
            offsets[chance.randrange(2)] += chance.choice([-1, 1, 8])
        if take("shape") and shape:
            shape[chance.randrange(len(shape))] = chance.choice(_SIZES)
        named = chance.choice(_DTYPES) if take("dtype") else dtype
        facts = [f'"dtype":{text(named, "string")}', f'"shape":{numbers(shape)}', f'"data_offsets":{numbers(offsets)}']
        if take("more"):
            facts.insert(
                chance.randrange(4), chance.choice([*facts, '"x":1', '"x":[{}]', '"dtype":"U8"', '"shape":[]'])
            )
        if take("less"):
            facts.pop(chance.randrange(len(facts)))
        chance.shuffle(facts)
        name = chance.choice(_NAMES) if take("name") else f"t{index}"
        members.append(f"{text(name, 'string')}:{{{','.join(facts)}}}")
    if chance.random() < 0.4 or "metadata" in faults:
        said = {chance.choice(_NAMES): chance.choice(_NAMES) for _ in range(chance.randrange(3))}
        members.insert(0, f'"__metadata__":{chance.choice(_LEXEMES) if take("metadata") else json.dumps(said)}')
    if members and take("twice"):
        members.append(chance.choice(members))
    if take("order"):
        chance.shuffle(members)
    body = f"{{{','.join(members)}}}"
    if take("space"):
        at = chance.randrange(len(body) + 1)
        body = body[:at] + chance.choice(_SPACES) + body[at:]
    content = body.encode("utf-8", "surrogatepass") + b" " * chance.choice([0, 0, 1, 7, CAP if take("long") else 0])
    content = packed(content, b"\0" * position)
    for _ in range(faults.count("bytes")):
        content = damaged(chance, content)
        if chance.random() < 0.6 and len(content) > 8:  # the length made to fit, so that the damage is parsed
            content = struct.pack("<Q", max(0, len(content) - 8 - position)) + content[8:]
    if take("length"):
        content = struct.pack("<Q", chance.choice([0, 1, 2, 1 << 32, 1 << 63, (1 << 64) - 1])) + content[8:]
    return content


FAULTS = ["number", "count", "space", "rank", "offset", "shape", "dtype", "string", "more", "less", "name", "metadata"]
FAULTS += ["twice", "order", "long", "length", "bytes", "bytes", "bytes"]


def string(chance: random.Random, text: str, *, broken: bool) -> str:
    """A JSON string, in one of the many ways of writing it."""
    if broken:
        return f'"{text}{chance.choice(_ENDINGS)}"'
    how = chance.randrange(4)
    if how < 2:
        return json.dumps(text, ensure_ascii=bool(how))
    if how == 2 and text.isascii():
        return json.dumps(text)
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[i]:02X}{units[i + 1]:02x}" for i in range(0, len(units), 2)) + '"'


def damaged(chance: random.Random, content: bytes) -> bytes:
    """A byte set, dropped, inserted, or a few copied; or the rest cut off."""
    at, some = chance.randrange(len(content) + 1), bytes([chance.choice(_BYTES)])
    return chance.choice(
        [
            content[:at] + some + content[at + 1 :],
            content[:at] + content[at + 1 :],
            content[:at] + some + content[at:],
            content[:at] + content[at : at + chance.randrange(40)] + content[at:],
            content[:at],
        ]
    )
