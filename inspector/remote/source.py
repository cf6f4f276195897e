"""An address as a SOURCE: the local file or folder that stands for it, with what that lacks."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from inspector import sources
from inspector.limits import Limits
from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import masked, parse
from inspector.remote.reach import Afar
from inspector.remote.secrets import conceal, revealed
from inspector.remote.session import current, session, telling
from inspector.sources import PREFIXES, Source

HERE = ("file", "local")


def source_of(text: str, afar: Afar | None = None) -> Source:
    """What an address leads to.

    Args:
        text: as typed, or without its secrets.
        afar: how far the inspection goes.

    Raises:
        InspectError: it has no meaning (exit status 2), or there is nothing, or it cannot be reached (exit status 3).
    """
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme in PREFIXES:
        raise InspectError(f"{text} is no address", hint=f"did you mean {scheme}:{rest}?", exit_code=EXIT_USAGE)
    if scheme in HERE:
        return on_this_machine(text)
    shown = conceal(text)
    if scheme == "hf":
        from inspector.remote.hub import on_the_hub

        return on_the_hub(shown, parse(revealed(shown)))
    with telling():
        found = current().lay(shown, afar or Afar())
        source = sources.local(shown, found.path)
    return dataclasses.replace(source, facts=found.copy.facts)


def content_of(text: str, most: int) -> bytes:
    """All of a file elsewhere that is no source: a table of presets.

    Raises:
        InspectError: it cannot be read (exit status 3), or is larger than ``most``.
    """
    with session() as opened, telling():
        found = opened.lay(conceal(text), Afar(limits=Limits(config=most)))
        facts, name = found.copy.facts, found.path.name
        if found.path == found.copy.path:
            raise InspectError(f"{conceal(text)} is a folder", hint="name a file", code="IPI901")
        for lack in facts.unread.values():
            raise InspectError(f"{conceal(text)}: {lack.message}", hint=lack.hint, code=lack.code)
        if name in facts.fetched:
            raise InspectError(f"{conceal(text)} is over {most} bytes, or neither JSON nor TOML", code="IPI904")
        return found.path.read_bytes()


def on_this_machine(text: str) -> Source:
    """``file:///models/sd15`` is the folder itself.

    Raises:
        InspectError: it is on another machine, or is not there.
    """
    rest = text.partition("://")[2]
    host, slash, _ = rest.partition("/")
    if not slash or host not in ("", "localhost"):
        hint = "file:///PATH is a path of this machine; sftp://HOST/PATH one of another"
        raise InspectError(f"{masked(text)} names no path", hint=hint, exit_code=EXIT_USAGE)
    from urllib.parse import unquote

    path = unquote(rest[len(host) :], errors="surrogateescape")
    if not os.path.exists(path):
        raise InspectError(f"{text}: no such file or folder", hint=sources.likely(path, Path(path)), code="IPI901")
    return sources.resolve(path)
