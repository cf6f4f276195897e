"""A remote SOURCE: its parts, and how it may be shown (never with its password)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from inspector.model import EXIT_USAGE, InspectError

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*$")


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
    scheme, _, rest = text.partition(":")
    return rest.startswith("//") and _SCHEME.match(scheme.lower()) is not None


def parse(text: str) -> Address:
    """The parts of an address.

    Raises:
        InspectError: it has no host or no sense (exit status 2).
    """
    try:
        parts: SplitResult = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InspectError(f"{masked(text)} is no address: {error}", exit_code=EXIT_USAGE) from None
    scheme = parts.scheme.lower()
    if not parts.hostname and scheme not in ("file", "memory", "hf"):
        hint = f"{scheme}://HOST/PATH, say"
        raise InspectError(f"{masked(text)} names no host", hint=hint, exit_code=EXIT_USAGE)
    return Address(
        scheme,
        parts.hostname or "",
        "/" + unquote(parts.path).strip("/"),
        port,
        unquote(parts.username or ""),
        parts.query,
        unquote(parts.password or ""),
        text,
    )


def masked(text: str) -> str:
    """An address without its password and without its query, which may be a signature (SAFETY, rule 21)."""
    shown = re.sub(r"//([^/@:]*):[^/]*@", r"//\1:***@", text)
    return re.sub(r"\?.*", "?***", shown) if "://" in shown else shown
