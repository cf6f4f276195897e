"""Names of samplers and models without what people write differently."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 100
"""As much of a name as is looked at and shown."""

_PREFIXES = ("sample", "k")
_FIRST = ("karras", "exponential", "beta")
_DEFAULTS = ("uniform", "normal", "automatic", "default")
"""Schedules that A1111 and ComfyUI name and that are what a sampler has without one."""
_BRACKETS = re.compile(r"\([^()]*\)")


def plain(name: str) -> str:
    """A name without capitals, spaces and punctuation, and with ``pp`` for ``++``."""
    text = unicodedata.normalize("NFKC", name[: 4 * LONGEST]).casefold().replace("++", "pp")
    return "".join(c for c in text if c.isalnum())


def spellings(name: str) -> Iterator[str]:
    """The plain name as it is, and then with less and less of what people add to it.

    Without a prefix of k-diffusion, without what is in brackets, before a slash, with a schedule that stands first put
    last, and without the name of a default schedule.
    """
    whole = plain(name)
    yield whole
    yield from (whole.removeprefix(p) for p in _PREFIXES if whole.startswith(p))
    short = name[: 4 * LONGEST]
    if "(" in short:
        yield plain(_BRACKETS.sub("", short))
    if "/" in short:
        yield plain(short.partition("/")[0])
    yield from (whole.removeprefix(w) + w for w in _FIRST if whole.startswith(w))
    yield from (whole.removesuffix(w) for w in _DEFAULTS if whole.endswith(w) and not whole.endswith("sgmuniform"))


def shown(name: str) -> str:
    """A name for a message, cut where it is too long to be one."""
    return repr(name if len(name) <= LONGEST else name[:LONGEST] + "…")
