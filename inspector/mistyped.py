"""Values in a config of a type that the class does not take: null for a bool, a word for a number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inspector.classes import ClassInfo
from inspector.model import Finding, Value

_PLAIN = {"bool": "true or false", "int": "a whole number", "float": "a number"}
"""Annotations that say exactly one type; the library's others are loose, and nothing follows from them."""


def told(info: ClassInfo, disk: dict[str, Any], file: str, path: str) -> Iterator[Finding]:
    """Findings about values whose type the class's ``__init__`` does not take.

    A list for a number, 1 for true and a whole number for a float are what the library itself writes.

    Args:
        info: the class.
        disk: its config.
        file: the name of the file.
        path: the component.
    """
    taken = info.parameters
    for name, annotation in info.annotations.items():
        if name not in disk or annotation not in _PLAIN:
            continue
        held, default = disk[name], taken.get(name)
        if not isinstance(default, Value) or default.type not in _PLAIN:
            continue
        if held is None:
            takes = f"{file}: {name} is null, where {info.name} takes {_PLAIN[annotation]}"
            effect = f"{effect_of_null(annotation)}; left out, it would be {default.data!r}"
            yield Finding("IPI910", "note", f"{path}.{name}", f"{takes}: {effect}", f"write {word(default.data)}")
        elif isinstance(held, str):
            message = f"{file}: {name} is the text {held[:40]!r}, where {info.name} takes {_PLAIN[annotation]}"
            effect = " (any text but an empty one counts as true)" if annotation == "bool" else ""
            yield Finding("IPI910", "warning", f"{path}.{name}", message + effect, f"write {word(default.data)}, say")


def effect_of_null(annotation: str) -> str:
    return "it counts as false" if annotation == "bool" else "it is passed on as None"


def word(value: Any) -> str:
    """A value as JSON writes it."""
    return json.dumps(value)
