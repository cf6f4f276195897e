"""What is open during one command: the connections, each used for all that one server is asked, and the copies.

Everything ends with it, however the command ends: connections are closed, copies removed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.model import InspectError
from inspector.remote.address import TRUSTING, Address, parse
from inspector.remote.connection import Opener, connect
from inspector.remote.reach import Afar
from inspector.remote.secrets import revealed

if TYPE_CHECKING:
    from inspector.remote.crew import Crew
    from inspector.remote.link import Link
    from inspector.remote.opened import Opened


@dataclass(slots=True)
class Session:
    """Connections by server, copies by address; ``stats`` tells of each copy what it took to make it."""

    opener: Opener = connect
    links: dict[tuple[Any, ...], Link] = field(default_factory=dict)
    copies: dict[str, Opened] = field(default_factory=dict)
    stats: dict[str, dict[str, Any]] = field(default_factory=dict)

    def lay(self, shown: str, afar: Afar) -> Opened:
        """A folder, or a file, elsewhere as one here, with as much of it as is needed.

        Args:
            shown: the address without its secrets.
            afar: how much, and in which time.

        Raises:
            InspectError: there is nothing, or it cannot be reached.
        """
        from inspector.remote.crew import Crew
        from inspector.remote.opened import opened

        address = parse(revealed(shown))
        began = time.monotonic()
        link = self.link(address, afar.answer)
        connections = link.opened
        crew = Crew(link, began + afar.most, afar.late)
        before, say = self.copies.get(shown), afar.say or (lambda _: None)
        try:
            self.copies[shown] = opened(before, crew, address, shown, afar.reach, afar.limits, say)
        finally:
            crew.close()
            self._count(shown, crew, link.opened - connections, time.monotonic() - began)
        return self.copies[shown]

    def _count(self, shown: str, crew: Crew, connections: int, seconds: float) -> None:
        counts = self.stats.setdefault(shown, {"source": shown, **dict.fromkeys(_COUNTED, 0)})
        for name in ("requests", "bytes", "retries"):
            counts[name] += getattr(crew.traffic, name)
        counts["connections"] += connections
        counts["seconds"] = round(counts["seconds"] + seconds, 3)
        if shown in self.copies:
            facts = self.copies[shown].copy.facts
            counts["files"], counts["size"] = facts.files, facts.size

    def link(self, address: Address, answer: float) -> Link:
        """The connection to the server of an address, the one there is where it serves."""
        from inspector.remote.link import Link

        signed = address.query not in ("", TRUSTING)  # one path, that is
        apart = [address.path, address.query] if signed or not address.host else []
        apart += address.path.lower().split("/")[1:2] if address.scheme == "smb" else []  # its connection is to a share
        key = (address.scheme, address.host, address.port, address.user, address.password, address.query, *apart)
        if key not in self.links:
            self.links[key] = Link(address, answer, self.opener)
        return self.links[key]

    def close(self) -> None:
        for link in self.links.values():
            link.close()
        for found in self.copies.values():
            found.copy.close()
        self.links.clear()
        self.copies.clear()


_COUNTED = ("files", "size", "requests", "bytes", "connections", "retries", "seconds")
_CURRENT: ContextVar[Session | None] = ContextVar("session", default=None)


@functools.cache
def lasting() -> Session:
    """One for whoever opens none: it ends with the process."""
    found = Session()
    atexit.register(found.close)
    return found


def current() -> Session:
    """The session there is."""
    return _CURRENT.get() or lasting()


@contextlib.contextmanager
def session(opener: Opener = connect) -> Iterator[Session]:
    """The session of the command; the one there is, where there is one."""
    found = _CURRENT.get()
    if found is not None:
        yield found
        return
    found = Session(opener)
    token = _CURRENT.set(found)
    try:
        yield found
    finally:
        _CURRENT.reset(token)
        found.close()


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Errors of the block name what the user asked for, and not the copy of it.

    Raises:
        InspectError: those of the block.
    """
    try:
        yield
    except InspectError as error:
        for part in ("message", "hint", "where"):
            setattr(error, part, told(getattr(error, part)))
        error.args = (error.message,)
        raise


def told(data: Any) -> Any:
    """Text, or plain data with text in it, that names what the user asked for, and not the copy of it."""
    for copy in current().copies.values():
        data = copy.told(data)
    return data
