"""What is recorded: reads and writes with their place, line and value, and the calls of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.settings import kind_of
from inspector.watching.owners import config_of
from inspector.watching.places import Spot


@dataclass(slots=True)
class Event:
    """One write, or all the reads of one line between two writes of the same setting."""

    kind: str
    owner: int
    key: str
    """``*`` for what takes a whole config."""
    place: str
    value: Any
    at: Spot
    by: Spot = ("", 0, "")
    """The user's own line behind it."""
    how: str = ""
    count: int = 1
    items: dict[str, Any] = field(default_factory=dict)
    """Of a whole config: the items that were written before, as they are taken; without those that are dropped."""
    dropped: frozenset[str] = frozenset()
    into: int = -1
    """The owner that a copy became."""

    @property
    def mine(self) -> bool:
        """Whether the user's own line does it, rather than the library behind it."""
        return self.at == self.by


@dataclass(slots=True)
class Call:
    """One pipeline class's ``__call__``: its arguments, what was given other than the default, what was used."""

    cls: str
    owner: int
    arguments: dict[str, Any]
    telling: bool
    given: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    runs: int = 0
    by: Spot = ("", 0, "")

    def never(self) -> list[str]:
        return [name for name in self.arguments if name not in self.used]


def differ(old: dict[str, Any], new: dict[str, Any], key: str) -> bool:
    return (key in old) != (key in new) or (
        old.get(key) is not new.get(key) and not same(told(old.get(key)), told(new.get(key)))
    )


def told(value: Any) -> Any:
    """A value as plain data; a component as its class's name."""
    return type(value).__name__ if config_of(value) is not None or kind_of(value) != "other" else plain(value)
