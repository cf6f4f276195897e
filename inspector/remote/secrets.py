"""Passwords and signatures of addresses: kept in this process alone, and out of every text that goes through it.

What the user typed is replaced at the door by the same address with ``***``; that is what travels as the SOURCE, into
reports, files, errors and other processes. Only who opens the connection asks for the secret again.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from inspector.remote.address import HIDDEN, TRUSTING, Address, is_remote, masked

_KEPT: dict[str, str] = {}
"""Address as it is shown -> as it was typed."""
_SHORT = 4


def conceal(text: str) -> str:
    """A SOURCE as it may be shown; what it hides is kept for :func:`revealed`. Any other text as it is."""
    number, shown = 1, masked(text)
    if text in (shown, *_KEPT):
        return text
    while _KEPT.get(shown, text) != text:  # two signatures of one path are two sources
        number += 1
        shown = masked(text, f"{HIDDEN}{number}")
    _KEPT[shown] = text
    return shown


def revealed(shown: str) -> str:
    """The address as it was typed. One that was read from a file knows no secret: its marks are left out."""
    if shown in _KEPT or not is_remote(shown):
        return _KEPT.get(shown, shown)
    return re.sub(r"\?\*{3}\d*$", "", re.sub(r"//(?:([^/@:]*):)?\*{3}\d*@", _user, shown))


def _user(found: re.Match[str]) -> str:
    return f"//{found[1]}@" if found[1] else "//"


def scrubbed(message: str, address: Address) -> str:
    """A message of a library or a server without the secrets of the address, typed or decoded."""
    secrets = {address.password, address.query, unquote(address.query), address.text} - {TRUSTING}
    typed = re.search(r"//[^/@:]*:(.*)@", address.text)
    secrets.add(typed[1] if typed else "")
    if len(address.user) >= 20:
        secrets.add(address.user)
    for secret in sorted((s for s in secrets if s), key=len, reverse=True):
        told = address.shown if secret == address.text else HIDDEN
        if len(secret) < _SHORT:  # a letter or two stand in many a word
            message = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", told, message)
        else:
            message = message.replace(secret, told)
    return message
