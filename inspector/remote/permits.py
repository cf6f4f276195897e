"""What lets us in at an HTTP server: the user and password, in the way that the server asks for."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class Permits:
    """The ``Authorization`` of each question. Over ``http`` nothing is sent before the server asks for a login, and no
    password in clear to one that takes a digest."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.user, self.password = user, password
        self._digest: dict[str, str] = {}
        self._count = 0
        self._basic = False
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self.user or self.password)

    def first(self, method: str, url: str) -> str:
        """What to begin with; empty for nothing."""
        if not self:
            return ""
        if self._digest:
            return self._digested(method, url)
        return basic(self.user, self.password) if self._basic or urlsplit(url).scheme == "https" else ""

    def after(self, method: str, url: str, challenges: Sequence[str], sent: str) -> str:
        """What to try once more with, after an answer 401 to what was sent; empty where that is of no use."""
        if not self:
            return ""
        for challenge in challenges:
            found = re.search(r"(?:^|,)\s*digest\s+(.*)", challenge, re.IGNORECASE | re.DOTALL)
            asked = {key.lower(): quoted or bare for key, quoted, bare in _FIELD.findall(found[1] if found else "")}
            if asked and answerable(asked):
                if sent.startswith("Digest") and asked.get("stale", "").lower() != "true":
                    return ""  # the password is wrong
                with self._lock:
                    self._digest, self._count = asked, 0
                return self._digested(method, url)
        if sent or not any(re.search(r"(?:^|,)\s*basic\b", challenge, re.IGNORECASE) for challenge in challenges):
            return ""
        self._basic = True
        return basic(self.user, self.password)

    def _digested(self, method: str, url: str) -> str:
        with self._lock:
            self._count += 1
            return digest(self.user, self.password, method, target(url), self._digest, self._count)


def basic(user: str, password: str) -> str:
    """RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def answerable(challenge: dict[str, str]) -> bool:
    """Whether a challenge asks for what :func:`digest` makes."""
    name = challenge.get("algorithm", "MD5").upper().removesuffix("-SESS")
    known = _HASHES.get(name) in hashlib.algorithms_available
    return known and "nonce" in challenge and "auth" in re.split(r"\s*,\s*", challenge.get("qop") or "auth")


def digest(
    user: str, password: str, method: str, uri: str, challenge: dict[str, str], count: int, own: str = ""
) -> str:
    """The answer to a challenge (RFC 7616, section 3.4; without ``qop`` that of RFC 2069).

    Args:
        challenge: the fields of ``WWW-Authenticate``.
        count: how many times this nonce was used, this time included.
        own: our own nonce; a new one when empty.
    """
    named = challenge.get("algorithm", "MD5")
    nonce, realm, own = challenge["nonce"], challenge.get("realm", ""), own or os.urandom(16).hex()

    def hashed(*parts: str) -> str:
        kind = _HASHES[named.upper().removesuffix("-SESS")]
        return hashlib.new(kind, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

    secret = hashed(user, realm, password)
    if named.upper().endswith("-SESS"):
        secret = hashed(secret, nonce, own)
    asked = hashed(method, uri)
    name = re.sub(r'(["\\])', r"\\\1", user)
    said = f'Digest username="{name}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm={named}'
    if challenge.get("qop"):
        response = hashed(secret, nonce, f"{count:08x}", own, "auth", asked)
        said += f', qop=auth, nc={count:08x}, cnonce="{own}"'
    else:
        response = hashed(secret, nonce, asked)
    said += f', response="{response}"'
    return said + (f', opaque="{challenge["opaque"]}"' if "opaque" in challenge else "")


def target(url: str) -> str:
    """What a request line asks for: the path and the query."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
