"""Keywords as they are typed on the command line."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from inspector.model import EXIT_USAGE, InspectError

_WORDS = {"true": "True", "false": "False", "none": "None", "null": "None"}
_OPENING = tuple("[({'\"-.0123456789")


def parsed(keywords: Sequence[str]) -> dict[str, Any]:
    """``k=v`` as keywords; a plain word is a text.

    Raises:
        InspectError: no ``=``, no name before it, a name given twice, or a value that is neither a literal nor a word.
    """
    found: dict[str, Any] = {}
    for text in keywords:
        name, equals, value = text.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier():
            refuse(
                text, "want NAME=VALUE", "use_karras_sigmas=True, say; a value that is a plain word is taken as text"
            )
        if name in found:
            refuse(text, f"{name} is given twice", "leave one of them out")
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):  # how ast says: this is no literal
            if word := _WORDS.get(value.lower()):
                refuse(text, f"{value} would be a text", f"did you mean {name}={word}? For the text: {name}={value!r}")
            if value.startswith(_OPENING) or not value:
                refuse(text, "the value is no Python literal", f"for a text, quote it: {name}={value!r}")
            found[name] = value
    return found


def refuse(text: str, why: str, hint: str) -> None:
    raise InspectError(f"--set {text}: {why}", hint=hint, exit_code=EXIT_USAGE)
