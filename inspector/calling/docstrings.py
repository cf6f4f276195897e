"""The entries of a docstring's ``Args:``, as the library writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SECTION = re.compile(r"^\s*(Args|Arguments|Parameters|Params):?\s*$")
_BEGINS = re.compile(r"^[-*]?\s*`{0,2}\*{0,2}(\w+)`{0,2}\s*(?=\(|:(?!:))")
_LINK = re.compile(r"\[([^\]\[]+)\]\((?:[^()]|\([^()]*\))*\)")
_OPTIONAL = re.compile(r",?\s*\*?optional\*?.*$|,?\s*\*?defaults? to.*$", re.I)


def documented(text: str) -> dict[str, tuple[str, str]]:
    """Name -> description on one line, and the type that the docstring gives (an empty text when it gives none).

    Args:
        text: a docstring.
    """
    found = {}
    for name, said in entries(text):
        kind, rest = split(said.removeprefix(":").lstrip())
        found[name] = (_LINK.sub(r"\1", rest), kind)  # an address says nothing to somebody at a terminal
    return found


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Each name with all that follows it, on one line."""
    section = indent = -1
    name, said = "", ""
    for line in text.expandtabs().splitlines():
        depth = len(line) - len(line.lstrip())
        if _SECTION.match(line):
            section, indent = depth, -1
        elif section < 0 or not line.strip():
            continue
        elif depth <= section:
            section = -1
        else:
            indent = depth if indent < 0 else indent
            begins = _BEGINS.match(line.lstrip()) if depth <= indent else None
            if begins is None:
                said += f" {line.strip()}"
                continue
            if name:
                yield name, said
            name, said = begins[1], line.lstrip()[begins.end() :]
    if name:
        yield name, said


def split(text: str) -> tuple[str, str]:
    """``(`T`, *optional*): what it is`` as ``T`` and ``what it is``; the colon is missing here and there."""
    if not text.startswith("("):
        return "", text
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            kind, rest = text[1:at], text[at + 1 :].lstrip()
            if rest.startswith(","):  # some types go on behind the bracket
                more, _, rest = rest.partition(":")
                kind += more
            return plain_type(kind), rest.removeprefix(":").strip()
    return "", text


def plain_type(text: str) -> str:
    """```str` or `list[str]`, *optional*`` as ``str or list[str]``."""
    return " ".join(_OPTIONAL.sub("", text).replace("`", "").split()).strip(" ,*:")
