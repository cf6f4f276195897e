"""Names of samplers and models without what people write differently."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 100
"""As much of a name as is looked at and shown."""

_PREFIXES = ("sample", "k")
_BRACKETS = re.compile(r"\([^()]*\)")


def plain(name: str) -> str:
    """A name without capitals, spaces and punctuation, and with ``pp`` for ``++``."""
    text = unicodedata.normalize("NFKC", name[: 4 * LONGEST]).casefold().replace("++", "pp")
    return "".join(c for c in text if c.isalnum())


def spellings(name: str) -> Iterator[str]:
    """The plain name as it is, without a prefix of k-diffusion, without what is in brackets, and before a slash."""
    whole = plain(name)
    yield whole
    yield from (whole.removeprefix(p) for p in _PREFIXES if whole.startswith(p))
    short = name[: 4 * LONGEST]
    if "(" in short:
        yield plain(_BRACKETS.sub("", short))
    if "/" in short:
        yield plain(short.partition("/")[0])


def shown(name: str) -> str:
    """A name for a message, cut where it is too long to be one."""
    return repr(name if len(name) <= LONGEST else name[:LONGEST] + "…")
