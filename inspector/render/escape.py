"""The one function that renders text nobody here wrote: names, values and messages out of model folders.

Everything that is printed or written is :class:`Safe`; only :func:`safe` makes it of foreign text, and each format
adds its own quoting on top (Markdown, HTML, JSON).
"""

from __future__ import annotations

import re

LIMIT = 2_000
"""How many characters of one piece of foreign text are shown."""

_SECRETS = re.compile(
    r"\b(?:hf|api_org|ghp|gho|ghs|github_pat|glpat|sk|xox[abprs])[_-][A-Za-z0-9_-]{16,}"  # tokens by their prefix
    r"|\b(?:npm|dckr_pat|[sr]k_live)_[\w-]{20,}|\bpypi-[\w-]{50,}|\bya29\.[\w-]{30,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|AIza[\w-]{35}|\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\\\w+/=-]*"
    r"|(?<=://)[^\s/@:\"'\\]+:(?!\*{3}\d*@)[^\s/@\"'\\]+(?=@)"  # user:password@ of a URL, unless masked already
    r"|(?i:(?<=bearer )|(?<=authorization: ))[A-Za-z0-9._~+/=-]{12,}"
)
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control, bidirectional, zero-width and blank characters, separators, variation selectors, tags, surrogates."""


_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


class Safe(str):
    """Text in which nothing is left to interpret: what writers accept."""

    __slots__ = ()


def safe(text: object, limit: int = LIMIT) -> Safe:
    """Foreign text made harmless: secrets masked, hidden characters visible, length cut with a count.

    Ordinary Chinese or Arabic stays readable. Markup is for the format to quote: this knows of none.
    """
    shown = text if isinstance(text, str) else str(text)
    rest = len(shown) - limit
    shown = shown.replace("##[", "##\\[").replace("##vso[", "##vso\\[")  # commands to a runner, wherever they stand
    shown = (
        mask(shown[: limit + 256])[:limit] if rest > 0 else mask(shown)
    )  # masked before the cut could halve a secret
    if not (shown.isascii() and shown.isprintable()):
        shown = _HIDDEN.sub(_visible, shown)
        shown = "".join(c if c.isprintable() else _code(c) for c in shown)
    return Safe(f"{shown}… ({rest:,} characters more)" if rest > 0 else shown)


def mask(text: str) -> str:
    """Tokens and ``user:password@`` replaced by their kind."""
    return _SECRETS.sub(_masked, text)


def hidden(text: str) -> str:
    """Only the hidden characters, as escapes that JSON understands; what was escaped already stays."""
    return _HIDDEN.sub(lambda m: _json(m.group()), text)


def tame(text: str) -> str:
    """Lines that a CI system's runner would take for commands, made none: ``::error::`` at their beginning."""
    return _COMMAND.sub(r"\1:\\:", text) if "::" in text else text


def _masked(match: re.Match[str]) -> str:
    found = match.group()
    kind = re.match(r"(?:hf|api_org|ghp|gho|ghs|github_pat|glpat|sk|xox[abprs])[_-]|AKIA|ASIA", found)
    return f"{kind.group()}***" if kind else "***"


def _visible(match: re.Match[str]) -> str:
    return _code(match.group())


def _code(character: str) -> str:
    short = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character)
    if short:
        return short
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _json(character: str) -> str:
    number = ord(character)
    if 0xD800 <= number < 0xE000:  # half a character: no JSON reader need take it, so it stays text
        return f"\\\\u{number:04x}"
    if number >= 0x10000:
        number -= 0x10000
        return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
    return f"\\u{number:04x}"
