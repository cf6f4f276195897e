"""Lines to HTTP servers: kept open and used again, plain, encrypted or through a proxy, and cut from outside.

On ``http.client``, because a deadline must hold: urllib3 (2.8, ``Timeout(total=1)``) waits 8 s for headers that come
byte by byte in 8 s, and nothing of its own reaches a connection before its answer's headers are there.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from http.client import HTTPConnection
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from inspector.remote.connection import RemoteError
from inspector.remote.permits import basic

if TYPE_CHECKING:
    import ssl

_BUFFER = 1 << 17
"""Bytes that a server may send ahead of what is read: one that ignores ranges would otherwise fill megabytes."""


class Origin(NamedTuple):
    """What a password belongs to (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}.get(self.scheme)
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")

    @classmethod
    def of(cls, url: str) -> Origin:
        """Of an ``http://`` or ``https://`` address.

        Raises:
            ValueError: it has no host, or its port is no number.
        """
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("no host")
        return cls(parts.scheme.lower(), parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


class Line(HTTPConnection):
    """One connection that another thread may cut, whatever it waits for."""

    def __init__(self, origin: Origin, proxy: SplitResult | None, context: ssl.SSLContext | None) -> None:
        host, port = (proxy.hostname or "", proxy.port or 80) if proxy else (origin.host, origin.port)
        super().__init__(host, port)
        self.origin, self.proxy, self.context = origin, proxy, context
        self.was_cut = False
        self.used = False
        self.held: socket.socket | None = None
        self.public = False
        if proxy and context:
            self.set_tunnel(origin.host, origin.port, permit(proxy))
        elif proxy is None and context:
            self.default_port = 443

    def connect(self) -> None:
        """Reach the server, and agree on encryption where it is asked for."""
        super().connect()
        self.held = self.sock
        self.public = public(self.sock.getpeername()[0])
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        if self.context is not None:
            # in two steps: a handshake that hangs must be there to be cut
            self.sock = self.context.wrap_socket(
                self.sock, server_hostname=self.origin.host, do_handshake_on_connect=False
            )
            self.held = self.sock
            self.sock.do_handshake()

    def patience(self, seconds: float) -> None:
        """How long the next step may take."""
        self.timeout = seconds
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def cut(self) -> None:
        """Wake whoever waits on it, with an error; the line is of no more use."""
        self.was_cut = True
        if self.held is not None:  # http.client lets go of its own before the last answer was read
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.held, socket.SHUT_RDWR)  # TLS's own method changes what others use


class Lines:
    """The lines to all servers that one connection talks to.

    Args:
        authorities: a file of certificates to trust, instead of the system's.
    """

    def __init__(self, authorities: str = "") -> None:
        self._authorities = authorities
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[Line]] = {}
        self._busy: set[Line] = set()
        self._context: ssl.SSLContext | None = None
        self.closed = threading.Event()

    def take(self, origin: Origin, *, fresh: bool = False) -> Line:
        """A line that nobody else uses, open already where there is one.

        Raises:
            RemoteError: all were closed, or the environment names a proxy of an unknown kind.
        """
        proxy = proxy_for(origin)
        with self._lock:
            if self.closed.is_set():
                raise RemoteError(f"the connection to {origin.host} was closed", "broken")
            waiting = self._idle.get(origin, [])
            if fresh:
                while waiting:
                    waiting.pop().close()
            line = waiting.pop() if waiting else Line(origin, proxy, self.encryption(origin))
            self._busy.add(line)
        return line

    def give(self, line: Line, *, usable: bool) -> None:
        """Hand a line back: to be used again, or to be closed."""
        with self._lock:
            self._busy.discard(line)
            if usable and not line.was_cut and not self.closed.is_set():
                line.used = True
                self._idle.setdefault(line.origin, []).append(line)
                return
        line.close()

    def close(self) -> None:
        """Cut those that are in use, and close the others."""
        with self._lock:
            self.closed.set()
            for line in self._busy:
                line.cut()
            idle = [line for lines in self._idle.values() for line in lines]
            self._idle.clear()
        for line in idle:
            line.close()

    def encryption(self, origin: Origin) -> ssl.SSLContext | None:
        """Certificates are checked against the system's authorities, or ``SSL_CERT_FILE``."""
        if origin.scheme != "https":
            return None
        if self._context is None:
            import ssl

            self._context = ssl.create_default_context(cafile=self._authorities or None)
        return self._context


def public(peer: str) -> bool:
    """Whether anybody can reach an address: it is neither of this machine nor of a network of somebody's own."""
    import ipaddress

    return ipaddress.ip_address(peer.partition("%")[0]).is_global


def proxy_for(origin: Origin) -> SplitResult | None:
    """The proxy that the environment names for a server.

    Raises:
        RemoteError: it is none that speaks HTTP.
    """
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    named = proxies.get(origin.scheme) or proxies.get("all")
    if not named or proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http" or not proxy.hostname:
        message = f"the environment names a {proxy.scheme}:// proxy for {origin.host}, and only http:// ones are served"
        raise RemoteError(message, "odd", hint=f"name one, or set NO_PROXY={origin.host}")
    return proxy


def permit(proxy: SplitResult) -> dict[str, str]:
    """The header that lets us through a proxy, where its address has a login."""
    if not proxy.username:
        return {}
    return {"Proxy-Authorization": basic(unquote(proxy.username), unquote(proxy.password or ""))}
