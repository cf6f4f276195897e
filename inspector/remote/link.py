"""One connection to a server, shared by many threads, and opened anew where it died."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import Any

from inspector.model import InspectError
from inspector.remote.address import Address
from inspector.remote.connection import Connection, Opener, RemoteError, connect
from inspector.remote.secrets import scrubbed

TRIES = 3
"""Connections that are opened, or that somebody tries to open in a row, before what is left is given up."""
BACK_OFF = 0.15
"""Seconds before the second try; four times as many before the third."""
LETTING_GO = 1.0
_MOMENT = 0.05
_LONGEST = 500
"""Characters of what a server has to say."""


@dataclass(slots=True)
class Traffic:
    """What was asked for. ``bytes`` are those of the files' contents."""

    requests: int = 0
    bytes: int = 0
    retries: int = 0


class Link:
    """A connection that is opened when it is first needed.

    Args:
        address: where it leads.
        answer: the seconds that any one answer may take.
        opener: opens a connection; a test puts its own here.

    Attributes:
        opened: how many connections came to be.
        dead: why nothing more is asked for.
    """

    def __init__(self, address: Address, answer: float, opener: Opener = connect) -> None:
        self.address, self.answer = address, answer
        self.opened = 0
        self.dead: InspectError | None = None
        self._opener = opener
        self._lock = threading.Lock()
        self._held: tuple[int, Connection] | None = None
        self._closed = threading.Event()

    def hold(self) -> tuple[int, Connection]:
        """The connection and its number.

        Raises:
            InspectError: there is none, and none can be opened.
        """
        with self._lock:
            if self._held is None:
                self._held = self._opened()
            return self._held

    def ask(self, connection: Connection, method: str, arguments: tuple[Any, ...]) -> Any:
        """Call the connection.

        Raises:
            RemoteError: what was refused, without a secret in it.
        """
        try:
            return getattr(connection, method)(*arguments)
        except RemoteError as error:
            raise self.clean(error) from None
        except Exception as error:  # noqa: BLE001 - a library's own way to fail is a server that cannot be read
            said = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
            raise RemoteError(scrubbed(said, self.address), "odd") from None

    def drop(self, number: int) -> None:
        """Let go of a connection that died, unless somebody did already. Of a pool only one line did."""
        if not self._lock.acquire(timeout=_MOMENT):  # held for long by who opens one: then there is none to let go of
            return
        try:
            held = self._held
            if held is not None and held[0] == number and not getattr(held[1], "pooled", False):
                self._let_go()
        finally:
            self._lock.release()

    @property
    def remarks(self) -> list[str]:
        """What the connection itself has to tell."""
        held = self._held
        return [] if held is None else [scrubbed(r, self.address) for r in getattr(held[1], "remarks", ())]

    def close(self) -> None:
        """Let go of the connection, also in the middle of a read, and open none any more."""
        self._closed.set()
        if self._lock.acquire(timeout=LETTING_GO):  # somebody may be opening one, in vain
            try:
                if self._held is not None:
                    self._let_go().join(LETTING_GO)
            finally:
                self._lock.release()

    def clean(self, error: InspectError) -> Any:
        """An error that tells no secret."""
        error.message, error.hint, error.where = (
            scrubbed(text[:_LONGEST], self.address) for text in (error.message, error.hint, error.where)
        )
        error.args = (error.message,)
        return error

    def _opened(self) -> tuple[int, Connection]:
        for attempt in range(TRIES):
            if self.dead is None and self._closed.wait(BACK_OFF * 4 ** (attempt - 1) if attempt else 0):
                self.dead = RemoteError(f"the connection to {self.address.host} was closed", "odd")
            if self.dead is None and self.opened >= TRIES:
                message = f"the connection to {self.address.host} died {self.opened} times and was given up"
                self.dead = RemoteError(message, "broken", hint="is the server overloaded, or the network?")
            if self.dead is not None:
                break
            try:
                connection = self._opener(self.address, self.answer)
            except RemoteError as error:
                # refused for good, whoever asks; and who is silent once is silent
                if not error.again or error.trouble == "slow" or attempt == TRIES - 1:
                    self.dead = self.clean(error)
            except InspectError as error:
                self.dead = self.clean(error)
            else:
                self.opened += 1
                return self.opened, connection
        assert self.dead is not None
        raise self.dead

    def _let_go(self) -> threading.Thread:
        """Close in a thread of its own: a library may hang in that as well."""
        assert self._held is not None
        connection, self._held = self._held[1], None

        def close() -> None:
            with contextlib.suppress(Exception):  # of no interest any more
                connection.close()

        thread = threading.Thread(target=close, daemon=True)
        thread.start()
        return thread
