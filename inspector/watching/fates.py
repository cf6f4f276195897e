"""What became of each write: who saw it, who looked elsewhere, who overwrote it."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge

from inspector.model import same
from inspector.watching.events import Event

_REACHES = {
    "attr": frozenset({"attr"}),
    "item": frozenset({"item"}),
    "live": frozenset({"live"}),
    "component": frozenset({"live"}),
    "register_to_config": frozenset({"attr", "item"}),
    "from_config": frozenset({"attr", "item", "live"}),
}
"""Place that is written -> places whose readers see it."""
_READ_AS = {"component": "live"}


@dataclass(slots=True)
class Fate:
    """One write with the reads and the write that came after it."""

    write: Event
    seen: list[Event] = field(default_factory=list)
    missed: list[Event] = field(default_factory=list)
    """Reads of the setting, by name, that got another value from another place."""
    agreed: list[Event] = field(default_factory=list)
    """Reads from another place that held the same value."""
    lost: list[Event] = field(default_factory=list)
    """``from_config`` and ``save`` where they took another value, or dropped this one."""
    printed: list[Event] = field(default_factory=list)
    undone: Event | None = None
    """The write that took its place before anything read it."""


class Fates:
    """Over all that was recorded: by setting, so that a write looks only at what may concern it."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.by: dict[tuple[int, str], list[int]] = {}
        for number, event in enumerate(events):
            self.by.setdefault((event.owner, event.key), []).append(number)

    def all(self) -> Iterator[Fate]:
        for number, event in enumerate(self.events):
            if event.kind == "write":
                fate = Fate(event)
                alive = set(_REACHES[event.place])
                self.follow(fate, event.owner, number, alive)
                yield fate

    def after(self, owner: int, key: str, number: int) -> Iterator[tuple[int, Event]]:
        streams = []
        for name in (key, "*"):
            numbers = self.by.get((owner, name), [])
            streams.append(numbers[bisect.bisect_right(numbers, number) :])
        return ((n, self.events[n]) for n in merge(*streams))

    def follow(self, fate: Fate, owner: int, number: int, alive: set[str]) -> None:
        """Go on from one event until nothing of what was written is left."""
        write = fate.write
        for later, event in self.after(owner, write.key, number):
            if event.kind == "write":
                if event.place == "from_config":
                    continue
                alive -= _REACHES[event.place]
                if not alive:
                    fate.undone = fate.undone or event
                    return
            elif event.key == "*":
                self.taken(fate, event, later, alive)
            elif _READ_AS.get(event.place, event.place) in alive:
                fate.seen.append(event)
            else:
                (fate.agreed if same(event.value, write.value) else fate.missed).append(event)

    def taken(self, fate: Fate, event: Event, number: int, alive: set[str]) -> None:
        """A whole config was taken: printed, saved, copied, or given to ``from_config``."""
        key, written = fate.write.key, fate.write.value
        if event.place == "print":
            fate.printed.append(event)
        elif event.place == "copy":
            self.follow(fate, event.into, number, set(alive))
        elif event.place in ("pickle", "item"):
            if event.place == "pickle" or "item" in alive:
                fate.seen.append(event)
        elif key in event.dropped:
            fate.lost.append(event)
        elif key in event.items or (event.place == "save" and "item" in alive):
            if "item" in alive:
                fate.seen.append(event)
            elif not same(event.items[key], written):
                fate.lost.append(event)


def is_unread(fate: Fate) -> bool:
    """Whether nothing saw it, and nothing looked for it elsewhere."""
    if fate.write.place == "from_config":
        return fate.write.how == "unknown"
    return not fate.seen and not fate.missed and not fate.agreed and fate.write.how != "move_to_end"


def unread(fate: Fate, cls: type) -> str:
    """What is known of a write that nobody read."""
    write = fate.write
    if write.place == "from_config":
        return f"{cls.__name__} takes no {write.key}: from_config dropped it"
    if fate.lost:
        return taken(fate)
    if fate.undone is not None:
        return f"overwritten at {fate.undone.at[0]}:{fate.undone.at[1]} before anything read it"
    if fate.printed:
        return f"nothing read it after this line but what printed it ({located(fate.printed[0])})"
    return "nothing read it after this line"


def taken(fate: Fate) -> str:
    event = fate.lost[0]
    by = f"{event.place} ({located(event)})"
    only = {"attr": "only the attribute", "live": "only the object's own attribute"}.get(fate.write.place)
    if only is None:
        return f"{by} dropped it: it is listed in _use_default_values"
    return f"{by} read the items, and this is {only}"


def located(event: Event) -> str:
    return f"{event.by[0]}:{event.by[1]}"
