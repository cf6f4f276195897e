"""A client of the Debug Adapter Protocol, as small as one breakpoint needs: framing, requests, events, deadlines.

The protocol: https://microsoft.github.io/debug-adapter-protocol. What is spoken over is a socket (``debugpy --listen``)
or the two pipes of a process that hands everything on (:mod:`inspector.debugging.far`).
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO, Any

_LARGEST = 16 << 20
"""Bytes of one message; a stack trace is a few thousand."""


class RefusedError(Exception):
    """The adapter answered that a request failed; the message is its own."""


class SilentError(Exception):
    """Nothing came within the time, or the other side went away."""


class Client:
    """One session. Every wait is bounded; a thread of its own reads, so that no read can hang the caller."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes], close: Callable[[], object]) -> None:
        self._writer, self._close = writer, close
        self._seq = 0
        self._came: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._kept: deque[dict[str, Any]] = deque()
        threading.Thread(target=self._read, args=(reader,), daemon=True).start()

    @classmethod
    def connect(cls, host: str, port: int, seconds: float) -> Client:
        """To a debuggee that listens.

        Raises:
            OSError: nobody does.
        """
        line = socket.create_connection((host, port), seconds)
        line.settimeout(None)

        def close() -> None:
            with contextlib.suppress(OSError):  # it is gone already
                line.shutdown(socket.SHUT_RDWR)
            line.close()

        return cls(line.makefile("rb"), line.makefile("wb"), close)

    def send(self, command: str, **arguments: Any) -> int:
        """Send a request, and return its number."""
        self._seq += 1
        message = {"seq": self._seq, "type": "request", "command": command, "arguments": arguments}
        data = json.dumps(message).encode()
        try:
            self._writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
            self._writer.flush()
        except (OSError, ValueError) as error:
            raise SilentError(f"the connection is gone ({error})") from error
        return self._seq

    def request(self, command: str, seconds: float, **arguments: Any) -> dict[str, Any]:
        """The body of the answer.

        Raises:
            RefusedError: the adapter says that it failed.
            SilentError: there was no answer in time.
        """
        return self.answer(self.send(command, **arguments), seconds)

    def answer(self, number: int, seconds: float) -> dict[str, Any]:
        """The body of the answer to the request of this number; raises as :meth:`request` does."""
        said = self._await(lambda m: m["type"] == "response" and m.get("request_seq") == number, seconds)
        if not said.get("success"):
            raise RefusedError(str(said.get("message") or "no reason given"))
        body: dict[str, Any] = said.get("body") or {}
        return body

    def event(self, names: str | tuple[str, ...], seconds: float) -> dict[str, Any]:
        """The next event of one of these names; those of other names are kept for later.

        Raises:
            SilentError: none came in time.
        """
        wanted = (names,) if isinstance(names, str) else names
        return self._await(lambda m: m["type"] == "event" and m.get("event") in wanted, seconds)

    def heard(self, name: str) -> list[dict[str, Any]]:
        """The bodies of all events of a name that have come and were not waited for."""
        self._drain()
        return [m.get("body") or {} for m in self._kept if m["type"] == "event" and m.get("event") == name]

    def close(self) -> None:
        self._close()

    def _await(self, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        for kept in self._kept:
            if wanted(kept):
                self._kept.remove(kept)
                return kept
        while True:
            try:
                came = self._came.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise SilentError(f"no answer within {seconds:g} s") from None
            if came is None:
                self._came.put(None)  # so that whoever asks next is told as well
                raise SilentError("the other side closed the connection")
            if wanted(came):
                return came
            self._kept.append(came)

    def _drain(self) -> None:
        while True:
            try:
                message = self._came.get_nowait()
            except queue.Empty:
                return
            if message is None:
                self._came.put(None)
                return
            self._kept.append(message)

    def _read(self, reader: IO[bytes]) -> None:
        try:
            while (message := receive(reader)) is not None:
                self._came.put(message)
        except (OSError, ValueError):
            pass  # closed under us, or no DAP: both are told as the end
        self._came.put(None)


def receive(reader: IO[bytes]) -> dict[str, Any] | None:
    """One message, or None at the end of the stream.

    Raises:
        ValueError: what came is not DAP.
    """
    length = None
    while (line := reader.readline(1024).strip()) or length is None:
        name, colon, value = line.partition(b":")
        if not line:
            return None
        if not colon:
            raise ValueError("no header of the Debug Adapter Protocol")
        if name.strip().lower() == b"content-length":
            length = int(value)
    if not 0 <= length <= _LARGEST:
        raise ValueError(f"a message of {length} bytes")
    data = reader.read(length)
    if len(data) < length:
        return None
    message = json.loads(data)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("no message of the Debug Adapter Protocol")
    return message
