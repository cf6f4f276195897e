"""Why a login at an SMB server failed, in a line that says what to do."""

from __future__ import annotations

import re

from inspector.remote.connection import RemoteError
from inspector.remote.smbtalk import PORT

WORDS = 200
"""Characters of a server's own words that a message repeats."""


def refusal(error: Exception, host: str, port: int, share: str, user: str) -> RemoteError:
    """The error of a login that failed: what really happened."""
    import socket

    from smbprotocol import exceptions

    where = host if port == PORT else f"{host}:{port}"
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, socket.gaierror):
        hint = "check the name, and the network or VPN it is known in"
        return RemoteError(f"the host name {host} is not known here: {words(cause)}", "unreachable", hint=hint)
    if isinstance(cause, ConnectionRefusedError):
        hint = f"check that an SMB server runs there; a port goes behind the host: smb://{host}:1445/{share}"
        return RemoteError(f"{host} refuses connections on port {port}", "unreachable", hint=hint)
    if isinstance(cause, TimeoutError) or "timeout" in str(error):
        return RemoteError(f"{where} does not answer", "slow", hint="check the host, the port and the network")
    if isinstance(cause, OSError):
        return RemoteError(f"{where} cannot be reached: {words(cause)}", "unreachable")
    if isinstance(error, exceptions.BadNetworkName):
        return RemoteError(f"{where} has no share {share}", "absent", hint=f"smbclient -L {host} lists what it shares")
    if isinstance(error, exceptions.AccessDenied):
        return RemoteError(f"{where} does not let {user or 'us'} use the share {share}", "denied")
    if isinstance(error, exceptions.SMBAuthenticationError) and not user:
        hint = (
            f"smb://USER@{host}/{share} with its password in ~/.netrc or INSPECT_PIPE_PASSWORD; or smb://guest@{host}/…"
        )
        return RemoteError(
            f"{where} wants a login, and there is neither a user nor a Kerberos ticket", "credentials", hint=hint
        )
    if isinstance(error, exceptions.SMBAuthenticationError):
        hint = "put it into ~/.netrc or INSPECT_PIPE_PASSWORD, or get a Kerberos ticket (kinit; smbprotocol[kerberos])"
        return RemoteError(f"no password for {user} of {where} is known", "credentials", hint=hint)
    if isinstance(error, exceptions.LogonFailure | exceptions.WrongPassword):
        hint = "check the user, the password and the domain (smb://DOMAIN;USER@HOST/…)"
        return RemoteError(f"{where} refused the user {user} or the password", "credentials", hint=hint)
    if isinstance(error, exceptions.SMBResponseException):
        return RemoteError(f"{where} refused the login of {user}: {words(error)}", "credentials")
    if "guest" in str(error):
        message = f"{where} does not know {user} and took us for a guest, who can check nothing it is told"
        hint = f"check the user; to be a guest: smb://guest@{host}/{share}"
        return RemoteError(message, "credentials", hint=hint)
    if isinstance(error, exceptions.SMBConnectionClosed):
        hint = "it must speak SMB 2 or 3, and take signed messages"
        return RemoteError(f"{where} broke the connection off before the login", "broken", hint=hint)
    return RemoteError(f"the login to {where} failed: {words(error)}", "odd")


def words(error: BaseException) -> str:
    """What an error says, cut: a server may have written it."""
    said = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    status = re.match(r"Received unexpected status from the server: (.*?)\.? *\(\d+\) (STATUS_\w+)", said)
    said = f"{status[1]} ({status[2]})" if status else said
    return said if len(said) <= WORDS else said[:WORDS] + "…"
