"""A remote SOURCE: its parts, and how it may be shown (never with its password)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from inspector.model import EXIT_USAGE, InspectError

HIDDEN = "***"
WEB = ("http", "https", "webdav", "webdavs")
"""Schemes whose addresses have a query, which may be a signature, and a fragment, which means nothing."""
HOSTLESS = ("memory", "hf")
_ADDRESS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")  # one letter is a drive of Windows
_LOGIN = re.compile(r"//([^/@:]*):(?!\d*(?:[/?#]|$))(.*)@")  # up to the last @: a password may hold anything
_TOKEN = re.compile(r"//[^/@:?#]{20,}@")
TRUSTING = "accept-new"
"""The one query that is no secret: of sftp, a host that nobody knows yet is trusted."""
_QUERY = re.compile(rf"\?(?!{TRUSTING}\Z).*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """``scheme://user:password@host:port/path?query``. ``path`` is decoded, absolute, without a slash at its end.

    ``text`` is what the user typed and may hold a password: only ``shown`` goes into a message, a report or a log.
    """

    scheme: str
    host: str
    path: str
    port: int | None = None
    user: str = ""
    query: str = ""
    password: str = field(default="", repr=False)
    text: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        return masked(self.text)


def is_remote(text: str) -> bool:
    """Whether a SOURCE is an address (``scheme://…``)."""
    return _ADDRESS.match(text) is not None


def parse(text: str) -> Address:
    """The parts of an address.

    Raises:
        InspectError: it has no host or no sense (exit status 2).
    """
    scheme = text.partition(":")[0].lower()
    if "::" in text and text.count("://") > 1:
        hint = "copy or unpack what it leads through, and give the folder"
        raise InspectError(f"{masked(text)}: addresses in a chain are not read", hint=hint, exit_code=EXIT_USAGE)
    try:
        # a "#" in the path of a file server is a character like any other
        parts: SplitResult = urlsplit(text, allow_fragments=scheme in WEB)
        port = parts.port
        if parts.password and "@" in parts.path:  # where the password ends cannot be told
            raise ValueError
    except ValueError:  # its own words may hold a piece of the password
        hint = "write / : @ # ? % in a password, and @ after it, as %2F %3A %40 %23 %3F %25; an IPv6 host in [ ]"
        message = f"{masked(text)} is no address: its user, host or port cannot be told"
        raise InspectError(message, hint=hint, exit_code=EXIT_USAGE) from None
    if not parts.hostname and scheme not in HOSTLESS:
        hint = f"{scheme}://HOST/PATH, say"
        raise InspectError(f"{masked(text)} names no host", hint=hint, exit_code=EXIT_USAGE)
    path = unquote(parts.path, errors="surrogateescape")
    if "\0" in path or ".." in path.split("/"):
        raise InspectError(f"{masked(text)} is no plain path", hint="write it without ..", exit_code=EXIT_USAGE)
    return Address(
        scheme,
        parts.hostname or "",
        "/" + path.strip("/"),
        port,
        unquote(parts.username or ""),
        parts.query,
        unquote(parts.password or ""),
        text,
    )


def masked(text: str, mark: str = HIDDEN) -> str:
    """An address without its password and without its query, which may be a signature (SAFETY, rule 21).

    A user without a password is shown, unless it is so long that it can only be a token.
    """
    if not is_remote(text):
        return text
    shown = _TOKEN.sub(f"//{mark}@", _LOGIN.sub(rf"//\1:{mark}@", text, count=1), count=1)
    return _QUERY.sub(f"?{mark}", shown)
