"""JSON as the standard has it, and nothing more that Python's parser lets pass; each refusal with its code."""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from inspector.model import InspectError

if TYPE_CHECKING:
    from collections.abc import Callable

_SHADOWS = frozenset(dir(OrderedDict)) | {
    "self", "_FrozenDict__frozen", "from_config", "from_pretrained", "from_dict", "from_json_file", "save_config",
    "save_pretrained", "load_config", "register_to_config", "get_config_dict", "get_text_config", "to_dict",
    "to_diff_dict", "to_json_string", "to_json_file", "push_to_hub", "_internal_dict",
}  # fmt: skip
"""Names that a config object already has: as keys they replace its methods, or the object that is being built."""
_DUNDER = re.compile(r"__\w+__")
MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""
_DIGITS = 128
"""The longest whole number: transformers writes ``int(1e30)``, far below; thousands of digits only cost time."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ROUNDS = 4
_LONG = re.compile(rf"[0-9]{{{_DIGITS + 1}}}")
_MARKER = re.compile(r"^(<{7}|>{7})( .*|)$", re.MULTILINE)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_FOREIGN = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))
_REFUSALS = (
    ("twice", "IPI902", "keep one of the two"),
    ("NaN", "IPI902", "write null or a finite number"),
    ("number", "IPI910", "write a number that a model can need"),
    ("", "IPI902", "correct the file there"),
)
"""What the hooks below say -> the code, and what to do."""


class ReadError(InspectError):
    """A file that could not be read as what it claims to be; ``code`` is IPI901 to IPI912, ``where`` its name."""


def whole(text: str) -> int:
    """A whole number of a sane length."""
    if len(text) > _DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def real(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:24]} is larger than any number a computer holds")
    return number


def loads(
    data: bytes, where: str, *, depth: int = 64, shadows: bool = True, integer: Callable[[str], Any] = whole
) -> Any:
    """Parse strictly: UTF-8 without a mark, no duplicate keys, no NaN, no lone surrogates, bounded depth.

    ``Infinity`` and ``-Infinity`` are let through, although the standard has neither: diffusers itself writes
    ``"lambda_min_clipped": -Infinity`` into every DPM-Solver config.

    Args:
        data: the bytes of the file.
        where: its name, for the error.
        depth: the deepest nesting to accept; measured before anything is parsed.
        shadows: refuse keys that would shadow what a config object has (IPI910).
        integer: makes a number of the text of a whole one.

    Raises:
        ReadError: with the line where the parser gave up.
    """
    text = decoded(data, where)
    structure = outside(text)
    if structure.count("[") + structure.count("{") > depth and too_deep(structure, depth):
        hint = f"--limit depth={depth * 4}, if you trust the file"
        raise ReadError(f"{where} is nested deeper than {depth} levels", code="IPI904", where=where, hint=hint)
    # a call for each number is dear in a header of thousands of shapes, and needed for few files
    numbers = integer if "-" in structure or _LONG.search(structure) else None
    try:
        parsed = json.loads(
            text, object_pairs_hook=unique, parse_constant=constant, parse_float=real, parse_int=numbers
        )
    except json.JSONDecodeError as error:
        raise syntax(text, error, where) from error
    except RecursionError as error:  # a --limit beyond what the parser itself can do
        raise ReadError(f"{where} is nested deeper than can be parsed", code="IPI904", where=where) from error
    except ValueError as error:
        code, hint = next((c, h) for word, c, h in _REFUSALS if word in str(error))
        raise ReadError(f"{where} is not strict JSON: {error}", code=code, where=where, hint=hint) from error
    if _SURROGATE.search(text) and not encodable(parsed):
        raise ReadError(f"{where} holds half a character (a lone surrogate)", code="IPI902", where=where)
    if shadows and isinstance(parsed, dict):
        for key in parsed:
            if key in _SHADOWS or _DUNDER.fullmatch(key):
                message = f"{where} has a key named {key!r}, which would replace what every config object has"
                raise ReadError(message, code="IPI910", where=where, hint=f"rename or remove {key!r}")
    return parsed


def decoded(data: bytes, where: str) -> str:
    """The bytes as text.

    Raises:
        ReadError: they are not UTF-8, or begin with a byte order mark (the libraries refuse such a file too).
    """
    if data.startswith(MARK):
        raise marked(where)
    foreign = next((name for mark, name in _FOREIGN if data.startswith(mark)), None)
    if foreign is None and data[:2].count(0) == 1:
        foreign = "UTF-16"
    if foreign is not None:
        raise ReadError(f"{where} is {foreign}, not UTF-8", code="IPI902", where=where, hint="save it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{where} is not UTF-8 (byte {error.start}: 0x{data[error.start]:02x})"
        raise ReadError(message, code="IPI902", where=where, hint="save it as UTF-8") from error


def marked(where: str) -> ReadError:
    """A file that begins with a byte order mark: its content is plain, but the libraries' own reader refuses it."""
    message = f"{where} begins with a byte order mark (BOM), which JSON forbids and diffusers refuses"
    return ReadError(message, code="IPI902", where=where, hint="save it as UTF-8 without BOM")


def syntax(text: str, error: json.JSONDecodeError, where: str) -> ReadError:
    """Why it did not parse: an unresolved merge, an early end, or the parser's own words."""
    if marker := _MARKER.search(text):
        line = text.count("\n", 0, marker.start()) + 1
        message = f"{where} has an unresolved merge conflict ({marker[0][:32]}, line {line})"
        return ReadError(message, code="IPI902", where=where, hint="keep one side, and remove the conflict markers")
    if not text.strip():
        return ReadError(f"{where} is empty", code="IPI902", where=where, hint="download or save the file again")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        message = f"{where} ends too early (line {error.lineno}): {error.msg}"
        return ReadError(message, code="IPI902", where=where, hint="download or save the file again")
    message = f"{where} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    return ReadError(message, code="IPI902", where=where, hint="correct the file there")


def outside(text: str) -> str:
    """What is outside of the strings: the structure, the numbers and the names of constants."""
    return _STRING.sub("", text) if "\\" in text else "".join(text.split('"')[::2])


def too_deep(structure: str, depth: int) -> bool:
    """Whether brackets are nested deeper than this, without parsing; ``structure`` has no strings."""
    brackets = left = structure.encode().translate(None, _NO_BRACKETS)
    for _ in range(min(_ROUNDS, depth // 2)):  # a round takes away two levels at most: what is soon gone is not deep
        left = left.replace(b"[]", b"").replace(b"{}", b"")
    if not left:
        return False
    level = 0
    for bracket in brackets:
        level += 1 if bracket in b"[{" else -1
        if level > depth:
            return True
    return False


def constant(name: str) -> float:
    if name == "NaN":
        raise ValueError("it holds NaN")
    return float(name)


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"it has the key {key!r} twice, and which one counts depends on the reader")
            seen.add(key)
    return found


def encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
