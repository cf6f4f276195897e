"""The line of a JSON file on which a key stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_SPACE = re.compile(r"[ \t\r\n]*")
_LARGEST = 1 << 20


def in_file(root: str, path: str, keys: Sequence[str]) -> tuple[str, int]:
    """The JSON file of a component, as a path below the folder, and the line of a key in it; 0 where there is none.

    Args:
        root: the folder of the source, or the file itself.
        path: the component; ``pipe`` is the pipeline.
        keys: the key, and those inside its value.
    """
    base = Path(root)
    inside = "" if path == "pipe" else re.sub(r"\[0\]$", "", re.sub(r"\[([1-9]\d*)\]$", r"_\1", path))
    names = ["model_index.json"] if path == "pipe" else ["scheduler_config.json", "config.json"]
    files = [base] if base.is_file() else [base / inside / n for n in names] + [base / n for n in names]
    for file in files if root else ():
        if file.is_file() and file.stat().st_size <= _LARGEST:
            text = file.read_text(encoding="utf-8-sig", errors="replace")
            return (file.name if file == base else file.relative_to(base).as_posix()), line_of(text, keys)
    return "", 0


def line_of(text: str, keys: Sequence[str]) -> int:
    """The line of ``keys[0]`` in the outermost object, of ``keys[1]`` in its value, and so on; 0 if it is not there.

    Where a key is repeated the last one counts, as it does for ``json``.
    """
    start, found = 0, 0
    for key in keys:
        if found and text[after_space(text, start) : after_space(text, start) + 1] != "{":
            break  # a list: its own line is near enough
        places = [(at, value) for name, at, value in members(text, start) if name == key]
        if not places:
            return 0
        at, start = places[-1]
        found = text.count("\n", 0, at) + 1
    return found


def members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The keys of the object that begins at ``start``, each with where it and its value stand."""
    decoder = json.JSONDecoder()
    at = after_space(text, start)
    if text[at : at + 1] != "{":
        return
    at = after_space(text, at + 1)
    while text[at : at + 1] == '"':
        try:
            name, end = decoder.raw_decode(text, at)
            value = after_space(text, after_space(text, end) + 1)
            _, after = decoder.raw_decode(text, value)
        except (ValueError, RecursionError):  # cut off or broken: what was found until here stands
            return
        yield name, at, value
        at = after_space(text, after_space(text, after) + 1)


def after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
