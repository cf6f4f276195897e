"""Which bytes of which file an inspection looks at: they, and no others, are fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inspector.limits import Limits
from inspector.reading import SMALL, WORDS, Entry
from inspector.remote.reach import Reach
from inspector.survey import survey

HEADED = (".safetensors", ".safetensors.header")
DEEP = 1
"""Components lie in folders of the pipeline's own; what lies deeper is no part of any."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed of one file: its first bytes; and all of it, or its header, unless that is larger than a cap."""

    first: int = 0
    part: Literal["", "whole", "header"] = ""
    cap: int = 0


def needs(entries: Mapping[str, Entry], reach: Reach, limits: Limits) -> dict[str, Need]:
    """File -> what is needed of it; nothing of those that are left out."""
    firsts, whole = looked_at(entries) if reach >= Reach.FILES else ({}, set[str]())
    found = {}
    for name in (n for n, e in entries.items() if e.kind == "file" and not e.code):
        part, cap = part_of(name, reach, limits)
        if name in whole and not part:
            part, cap = "whole", limits.config
        if part or name in firsts:
            found[name] = Need(firsts.get(name, 0), part, cap)
    return found


def part_of(name: str, reach: Reach, limits: Limits) -> tuple[Literal["", "whole", "header"], int]:
    """What is needed of one file for what it says, not for what it may be under another name."""
    base = name.rpartition("/")[2]
    deep = name.count("/")
    if reach <= Reach.INDEX:
        return ("whole", limits.config) if reach and not deep and base.endswith((".json", ".py")) else ("", 0)
    if deep > DEEP and reach < Reach.SEAL:
        return "", 0
    if base.endswith(HEADED):
        return "header", limits.header
    if base.endswith(".json") and base not in WORDS:
        return "whole", limits.index if base.endswith(".index.json") else limits.config
    if base.endswith(SMALL) and reach >= Reach.BUILD:
        return "whole", limits.vocabulary
    return ("whole", limits.vocabulary) if base.endswith(".py") and reach >= Reach.CODE else ("", 0)


def looked_at(entries: Mapping[str, Entry]) -> tuple[dict[str, int], set[str]]:
    """File -> how many of its first bytes the survey looks at; and the files it reads. The survey itself says so."""
    asking = _Asking(entries)
    for _ in survey(asking):  # type: ignore[arg-type]
        pass
    return asking.counts, asking.read


class _Asking:
    """As much of a folder as the survey uses, noting what it asks for."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self.verdicts: dict[str, tuple[str, str]] = {}
        self.counts: dict[str, int] = {}
        self.read: set[str] = set()

    def head(self, name: str, count: int = 16) -> bytes:
        self.counts[name] = max(count, self.counts.get(name, 0))
        return b""

    def json(self, name: str) -> dict[str, Any]:
        self.read.add(name)
        return {}

    def below(self, _: str) -> Iterable[str]:
        return ()
