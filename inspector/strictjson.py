"""JSON as the standard has it, and nothing that Python's parser lets pass: told with the code of the contract."""

from __future__ import annotations

import json
from typing import Any

from inspector.model import InspectError

_SHADOWS = frozenset(dir(dict)) | {"self", "__dict__", "move_to_end"}
"""Names that are methods of a config: as keys they replace the method on the object (SAFETY, measured)."""


class ReadError(InspectError):
    """A file that could not be read as what it claims to be; ``code`` is IPI901 to IPI912, ``where`` its name."""


def loads(data: bytes, where: str, *, depth: int = 64, shadows: bool = True) -> Any:
    """Parse strictly: UTF-8, no duplicate keys, no NaN, no lone surrogates, bounded depth.

    ``Infinity`` and ``-Infinity`` are let through: diffusers itself writes ``"lambda_min_clipped": -Infinity`` into
    every DPM-Solver config.

    Args:
        data: the bytes of the file.
        where: its name, for the error.
        depth: the deepest nesting to accept; checked before anything is parsed.
        shadows: refuse keys that would shadow a method of the config (IPI910).

    Raises:
        ReadError: with the line where the parser gave up.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(f"{where} is UTF-16, not UTF-8", code="IPI902", where=where, hint="save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{where} is not UTF-8 (byte {error.start})"
        raise ReadError(message, code="IPI902", where=where, hint="save it as UTF-8") from error
    for number, line in enumerate(text.splitlines()[:10_000], 1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            raise ReadError(
                f"{where} holds an unresolved merge conflict ({line[:24].strip()}, line {number})",
                code="IPI902",
                where=where,
                hint="choose one side, and remove the conflict markers",
            )
    if nested(text) > depth:
        raise ReadError(f"{where} is nested deeper than {depth}", code="IPI904", where=where, hint=f"--limit depth={depth * 2}")
    try:
        parsed = json.loads(text, object_pairs_hook=lambda pairs: unique(pairs, where), parse_constant=constant)
    except json.JSONDecodeError as error:
        message = f"{where} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise ReadError(message, code="IPI902", where=where, hint="is the file complete?") from error
    except ValueError as error:
        if isinstance(error, InspectError):
            raise
        raise ReadError(f"{where} is not strict JSON: {error}", code="IPI902", where=where) from error
    for key in sorted(_SHADOWS & parsed.keys()) if shadows and isinstance(parsed, dict) else ():
        message = f"{where} has a key named {key!r}, which would replace that method of the config"
        raise ReadError(message, code="IPI910", where=where, hint="rename or remove it")
    if not encodable(parsed):
        raise ReadError(f"{where} holds a lone surrogate", code="IPI902", where=where)
    return parsed


def nested(text: str) -> int:
    """The deepest nesting of brackets outside of strings, without parsing."""
    deepest = level = 0
    inside = escaped = False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "[{":
            level += 1
            deepest = max(deepest, level)
        elif char in "]}":
            level -= 1
    return deepest


def constant(name: str) -> float:
    if name == "NaN":
        raise ValueError("NaN is no JSON")
    return float(name)


def unique(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ReadError(f"{where} has the key {key!r} twice", code="IPI902", where=where, hint="keep one of the two")
        found[key] = value
    return found


def encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
