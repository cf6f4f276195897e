"""One question to an HTTP server, answered within a deadline: redirects, logins, no more bytes than were asked for."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse
from urllib.parse import urljoin

from inspector.remote.connection import RemoteError
from inspector.remote.permits import Permits, target
from inspector.remote.refusals import failure
from inspector.remote.wire import Lines, Origin, permit

_HOPS = 5
_MOVED = (301, 302, 303, 307, 308)
_PART = 1 << 16
FAR = 8 << 20
"""Bytes that may be read and thrown away to come to those that were asked for, where a server knows no ranges."""


@dataclass(frozen=True, slots=True)
class Question:
    """``method`` is one that may be asked twice. Of the file, the bytes of ``window`` are taken: an answer 206 begins
    with the first of them, any other with byte 0. Of an error, the beginning is taken whatever the window."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    window: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """``url`` is where it came from in the end; ``body`` what was taken of it, ``more`` whether that was not all."""

    url: str
    status: int
    reason: str
    headers: Message
    body: bytes
    more: bool

    @property
    def said(self) -> str:
        """The status in the server's words."""
        return f"{self.status} {self.reason}".strip()[:80]


class Asking:
    """Asks one server, and those it redirects to, over lines that are kept open. For many threads."""

    def __init__(self, seconds: float, permits: Permits, *, authorities: str = "") -> None:
        self.seconds, self.permits, self.lines = seconds, permits, Lines(authorities)
        self._public = False

    def ask(self, question: Question, *, follow: bool = True) -> Answer:
        """Ask, and read the answer, whatever its status.

        Args:
            question: what is asked; its address is quoted as it goes over the wire.
            follow: whether to go where the server points. A ``GET`` or ``HEAD`` may lead to another server, without the
                login, but never from ``https`` to ``http``, nor from a public server to one of a private network;
                everything else stays with the same one.

        Raises:
            RemoteError: no answer came, for the reason it names.
        """
        until = time.monotonic() + self.seconds
        home = Origin.of(question.url)
        url = question.url
        for _ in range(_HOPS + 1):
            answer = self._patient(question, url, home, until)
            place = answer.headers.get("Location")
            if not follow or answer.status not in _MOVED or not place:
                return answer
            url = onward(question.method, url, place)
        raise RemoteError(f"more than {_HOPS} redirects", "odd")

    def close(self) -> None:
        self.lines.close()

    def _patient(self, question: Question, url: str, home: Origin, until: float) -> Answer:
        """One answer; where the server asks us to wait and there is time, that is done once."""
        answer = self._permitted(question, url, home, until)
        wait = answer.headers.get("Retry-After", "")
        soon = wait.isascii() and wait.isdecimal() and float(wait) < until - time.monotonic()
        if answer.status in (429, 503) and soon:
            self.lines.closed.wait(float(wait))
            answer = self._permitted(question, url, home, until)
        return answer

    def _permitted(self, question: Question, url: str, home: Origin, until: float) -> Answer:
        """One answer, asked for again with the login once the server wants it, or wants it otherwise."""
        ours = Origin.of(url) == home
        sent = self.permits.first(question.method, url) if ours else ""
        answer = self._answer(question, url, sent, until, ours=ours)
        if answer.status == 401 and ours:
            challenges = answer.headers.get_all("WWW-Authenticate") or []
            if better := self.permits.after(question.method, url, challenges, sent):
                return self._answer(question, url, better, until, ours=ours)
        return answer

    def _answer(self, question: Question, url: str, login: str, until: float, *, ours: bool) -> Answer:
        headers = {"User-Agent": "inspect-pipe", "Accept-Encoding": "identity", **question.headers}
        if login:
            headers["Authorization"] = login
        origin, fresh = Origin.of(url), False
        while True:
            line = self.lines.take(origin, fresh=fresh)
            usable, response = False, None
            left = max(0.001, until - time.monotonic())
            watch = threading.Timer(left, line.cut)  # a socket's own limit begins anew with every byte
            watch.daemon = True
            watch.start()
            try:
                line.patience(left)
                if line.sock is None:
                    line.connect()
                if ours:
                    self._public = line.public and line.proxy is None
                elif self._public and not line.public:
                    raise RemoteError(f"a redirect to {origin}, of a private network; it was not followed", "odd")
                if line.proxy and not line.context:  # plain HTTP is asked of the proxy itself
                    asked, through = f"{origin}{target(url)}", permit(line.proxy)
                else:
                    asked, through = target(url), {}
                line.request(question.method, asked, question.body or None, {**headers, **through})
                response = line.getresponse()
                answer, usable = taken(url, response, question.window)
                return answer
            except (HTTPException, OSError, ValueError) as error:
                # a line that was idle may have been closed by the server meanwhile: that is no answer, so ask anew
                if line.used and response is None and not fresh and not line.was_cut:
                    fresh = True
                    continue
                late, closed = time.monotonic() >= until, self.lines.closed.is_set()
                raise failure(error, line, late=late, closed=closed) from error
            finally:
                watch.cancel()
                self.lines.give(line, usable=usable)


def onward(method: str, url: str, place: str) -> str:
    """Where a redirect leads, if we go there.

    Raises:
        RemoteError: we do not.
    """
    bare = re.compile(r"[\x00-\x20\x7f-\xff]")  # as it should have been written
    try:
        there = urljoin(url, bare.sub(lambda found: f"%{ord(found[0]):02X}", place))
        before, after = Origin.of(url), Origin.of(there)
    except ValueError:
        raise RemoteError("a redirect to no address", "odd") from None
    if after.scheme not in ("http", "https"):
        raise RemoteError(f"a redirect to {after.scheme}://; it was not followed", "odd")
    if (before.scheme, after.scheme) == ("https", "http"):
        raise RemoteError(f"a redirect to {after}, which does not encrypt; it was not followed", "odd")
    if method not in ("GET", "HEAD") and after.host != before.host:
        raise RemoteError(f"a redirect to {after}, another server; it was not followed", "odd")
    return there


def partial(status: int, headers: Message) -> bool:
    """Whether an answer begins with the byte that was asked for. Some servers say 200 and yet send a range."""
    return status == 206 or (status == 200 and headers.get("Content-Range", "").startswith("bytes "))


def taken(url: str, response: HTTPResponse, window: tuple[int, int]) -> tuple[Answer, bool]:
    """What is wanted of a response, and whether its line can be used again.

    Raises:
        OSError, HTTPException: it ends before its end.
    """
    begin, end = window if response.status < 300 else (0, _PART)
    part = partial(response.status, response.headers)
    skip = 0 if part or begin > FAR else begin
    left = skip + end - begin if part or begin <= FAR else 0
    body = bytearray()
    while left > 0 and (piece := response.read(min(_PART, left))):
        left -= len(piece)
        dropped = min(skip, len(piece))
        skip -= dropped
        body += piece[dropped:]
    if left > 0 and response.length:
        raise ConnectionResetError("the answer ends before its end")
    if response.length == 0:
        response.read()  # nothing; it lets go of the line
    elif response.chunked and end:
        response.read(1)  # an answer in chunks is over only once its last, empty one was read
    more = not response.isclosed()
    answer = Answer(url, response.status, response.reason, response.headers, bytes(body), more)
    return answer, not more and not response.will_close
