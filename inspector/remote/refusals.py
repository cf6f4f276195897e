"""What an HTTP server, or the way to it, refused: in words, and as the kind of trouble it is."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING

from inspector.remote.connection import RemoteError, Trouble
from inspector.remote.wire import Line, Origin

if TYPE_CHECKING:
    from inspector.remote.asking import Answer

_OF_A_PATH: dict[int, Trouble] = {403: "denied", 404: "absent", 410: "absent", 451: "denied"}
_OF_THE_SERVER: dict[int, Trouble] = dict.fromkeys((408, 429, 502, 503, 504), "slow")


def refused(answer: Answer, home: Origin, *, user: str = "") -> RemoteError:
    """An answer that is none: of a path in the server's words, of the server itself with its name.

    Args:
        answer: its status is none of success.
        home: the server that was asked at first.
        user: who has logged in, or tried to.
    """
    server = Origin.of(answer.url)
    hint = f"it redirects to {server}: give that address" if server != home else ""
    if answer.status == 401:
        if user and server == home:
            return RemoteError(f"{server} refuses the login of {user}", "credentials", hint="check the password")
        hint = hint or "USER@ in the address, and the password in ~/.netrc or INSPECT_PIPE_PASSWORD"
        return RemoteError(f"{server} asks for a login", "credentials", hint=hint)
    if answer.status == 407:
        return RemoteError(f"the proxy on the way to {server} asks for a login", "credentials")
    if trouble := _OF_A_PATH.get(answer.status):
        return RemoteError(answer.said, trouble, hint=hint)
    if trouble := _OF_THE_SERVER.get(answer.status):
        wait = answer.headers.get("Retry-After", "")[:40]
        later = f", and asks to come back after {wait}{' s' if wait.isdecimal() else ''}" if wait else ""
        return RemoteError(f"{server} answers {answer.said}{later}", trouble, hint=hint)
    return RemoteError(answer.said, "odd", hint=hint)


def failure(error: Exception, line: Line, *, late: bool, closed: bool) -> RemoteError:
    """What happened to a line, in words that name the server."""
    server = str(line.origin)
    through = f" (through the proxy {line.host}:{line.port})" if line.proxy else ""
    if closed:
        return RemoteError(f"the connection to {server} was closed", "broken")
    if late or isinstance(error, TimeoutError):
        return RemoteError(f"{server} gives no answer in time{through}", "slow")
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "SSL_CERT_FILE can name a file with the certificate to trust"
        return RemoteError(f"the certificate of {server} is not valid: {error.verify_message}", "identity", hint=hint)
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no reason given").lower().replace("_", " ")
        hint = "does it encrypt at all (http:// or webdav:// does not)?"
        return RemoteError(f"no encrypted connection to {server}{through}: {reason}", "odd", hint=hint)
    if isinstance(error, socket.gaierror | UnicodeError):
        said = f": {error.strerror}" if isinstance(error, OSError) else ""
        return RemoteError(f"no address is known for {line.host}{said}", "unreachable", hint="check its spelling")
    if isinstance(error, ConnectionRefusedError):
        return RemoteError(
            f"{server} refuses the connection{through}", "unreachable", hint="is it on, and the port right?"
        )
    if line.held is None and isinstance(error, OSError):
        return RemoteError(f"no connection to {server}{through}: {error.strerror or error}", "unreachable")
    if isinstance(error, OSError | IncompleteRead):
        return RemoteError(f"{server} broke off the connection{through}", "broken")
    kind = type(error).__name__ if isinstance(error, HTTPException) else str(error)
    return RemoteError(f"{server} does not speak HTTP as it should ({kind:.80})", "odd")
