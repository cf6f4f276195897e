"""An HTTP server that answers as it is told to, lies included."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: ``headers`` by their names in small letters."""

    method: str
    target: str
    headers: dict[str, str]


Answer = Callable[[Asked], Iterable[bytes | None]]


class Odd:
    """``with Odd(answer) as odd: odd.url("x.json")``. None among what an answer gives ends its connection.

    Attributes:
        asked: every request, in turn.
        connections: how many were opened.
    """

    def __init__(self, answer: Answer, host: str = "127.0.0.1") -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((host, 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])

    def url(self, path: str = "", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/{path}"

    def __enter__(self) -> Odd:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._open.add(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as reader:
            while line := reader.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers = {}
                while (line := reader.readline().strip()) != b"":
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                reader.read(int(headers.get("content-length", 0)))
                asked = Asked(method, target, headers)
                self.asked.append(asked)
                for part in self.answer(asked):
                    if part is None:
                        return
                    sock.sendall(part)
        self._open.discard(sock)


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer; ``Content_Length`` and the like are headers, empty for none."""
    given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in given.items() if value), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
