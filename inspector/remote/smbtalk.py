"""A login at an SMB server, and questions over it: several threads at once, each answer in its time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from smbprotocol.connection import Connection, Request
    from smbprotocol.tree import TreeConnect

T = TypeVar("T")
PORT = 445
CREDITS = 512
"""Questions of 64 KiB that we ask the server to let be on their way at once; it may grant fewer."""
UNIT = 1 << 16
"""Bytes of an answer that one credit pays for."""
FRAME = (1 << 24) - 1
"""Bytes that a message over TCP has at most (MS-SMB2 2.1)."""
SLICE = 0.1
Asked = tuple[Any, "Callable[[Request], Any]", int]
"""A message, what makes an answer of its response, and the credits it costs."""


class Talk:
    """One share over one connection. ``ask`` may be called from several threads; their questions are pipelined.

    ``room``: bytes that one read may ask for, by the credits that the server has granted.
    """

    def __init__(self, host: str, port: int | None, seconds: float) -> None:
        import uuid

        from smbprotocol.connection import Connection

        if not (logger := logging.getLogger("smbprotocol")).handlers:
            logger.addHandler(logging.NullHandler())  # else its tracebacks go to stderr
        self.host, self.port, self.seconds = host, port or PORT, seconds
        self.connection: Connection = _capped(Connection)(uuid.uuid4(), host, self.port)
        self.tree: TreeConnect
        self.room = UNIT
        self._sending = threading.Lock()
        self._closed = False

    def open(self, share: str, user: str, password: str) -> None:
        """Connect, log in, connect to the share.

        Raises:
            Exception: as the library does; TimeoutError after the seconds of one answer.
        """
        from smbprotocol.connection import SMB2Echo
        from smbprotocol.session import Session
        from smbprotocol.tree import TreeConnect

        guest = user.lower() == "guest" and not password  # who is nobody has no key to sign with
        self.connection.require_signing = not guest
        if guest:
            from smbprotocol.connection import SecurityMode

            self.connection.client_security_mode = SecurityMode.SMB2_NEGOTIATE_SIGNING_ENABLED

        def work() -> None:
            window = self.connection.sequence_window
            self.connection.connect(timeout=max(1, int(self.seconds)))
            if self._closed:  # nobody waits any more
                self.connection.transport.close()
                return
            name, secret = user.replace(";", "\\", 1) or None, password or ("" if guest else None)
            encrypted = bool(self.connection.supports_encryption) and not guest
            session = Session(self.connection, name, secret, require_encryption=encrypted)
            session.connect()
            self.tree = TreeConnect(session, rf"\\{self.host}\{share}")
            self.tree.connect(require_secure_negotiate=not guest)
            self.room = max(1, window["high"] - window["low"] - 2) * UNIT
            self.connection.send(SMB2Echo(), sid=session.session_id, credit_request=CREDITS)  # nobody waits for it

        within(self.seconds, work)

    def ask(self, asked: Sequence[Asked], until: float, *, related: bool = True) -> list[Any]:
        """The answers to messages sent together; one that was refused is the exception that says so.

        Raises:
            TimeoutError: not all of them by ``until`` (of the monotonic clock).
            SMBException: the connection is gone.
        """
        if related:
            requests = self._send([message for message, _, _ in asked], sum(cost for _, _, cost in asked), until)
        else:
            requests = [request for message, _, cost in asked for request in self._send([message], cost, until)]
        return [self._answer(request, take, until) for request, (_, take, _) in zip(requests, asked, strict=True)]

    def tell(self, message: Any) -> None:
        """Send one message whose answer nobody waits for, if it can be sent at once."""
        import contextlib

        from smbprotocol.exceptions import SMBException

        with contextlib.suppress(SMBException, OSError, TimeoutError):
            self._send([message], 1, time.monotonic())

    def close(self) -> None:
        """Cut the connection: the server forgets what was open. A second call does nothing."""
        closed, self._closed = self._closed, True
        if not closed and self.connection.transport is not None:
            threading.Thread(target=self.connection.transport.close, name="smb close", daemon=True).start()

    def _send(self, messages: Sequence[Any], cost: int, until: float) -> list[Request]:
        """Send as one when the server's credits allow it, which others of our questions may hold for now."""
        self._check(until + 1)
        if not self._sending.acquire(timeout=max(0.0, until - time.monotonic())):
            raise TimeoutError
        try:
            window = self.connection.sequence_window
            while window["high"] - window["low"] < cost:
                self._check(until)
                time.sleep(0.001)
            session = self.tree.session.session_id
            return list(self.connection.send_compound(messages, session, self.tree.tree_connect_id, related=True))
        finally:
            self._sending.release()

    def _answer(self, request: Request, take: Callable[[Request], Any], until: float) -> Any:
        from smbprotocol.exceptions import SMBResponseException
        from smbprotocol.header import NtStatus

        while True:
            # in slices: a connection that dies does not always wake whoever waits
            while not request.response_event.wait(min(SLICE, max(0.001, until - time.monotonic()))):
                self._check(until)
            with request.response_event_lock:
                response = request.response
                if response is not None and response["status"].get_value() == NtStatus.STATUS_PENDING:
                    request.response_event.clear()
                    continue
            try:
                return take(request)
            except SMBResponseException as error:
                return error

    def _check(self, until: float) -> None:
        from smbprotocol.exceptions import SMBConnectionClosed

        if self._closed or not self.connection.transport.connected:
            raise SMBConnectionClosed("it was closed" if self._closed else "the server closed it")
        if time.monotonic() >= until:
            raise TimeoutError


def _capped(connection: type[Connection]) -> type[Connection]:
    """A connection that receives no message longer than there are: the library makes room for what a length says."""

    class Capped(connection):  # type: ignore[misc]
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "transport" and value is not None:
                receive = value._recv

                def capped(length: int, timeout: float) -> Any:
                    if length > FRAME:
                        raise ValueError(f"a message of {length} bytes")
                    return receive(length, timeout)

                value._recv = capped
            super().__setattr__(name, value)

    return Capped


def within(seconds: float, work: Callable[[], T]) -> T:
    """What a function returns or raises, in a thread that is left behind when it takes longer.

    Raises:
        TimeoutError: it does.
    """
    from concurrent.futures import Future

    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001  it belongs to whoever asked
            answer.set_exception(error)

    threading.Thread(target=run, name="smb login", daemon=True).start()
    return answer.result(seconds)
