"""What a command keeps open while it looks at sources elsewhere, and ``--stats``: what crossed the wire."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.cli.guarded import say
from inspector.render.escape import safe

_ASKED: list[dict[str, dict[str, Any]]] = []
"""The counts of the command that asked for them."""


def concealed(arguments: Sequence[str]) -> list[str]:
    """A command line whose addresses show no password: what any part of the program repeats of it, it may repeat."""
    if not any("://" in argument for argument in arguments):
        return list(arguments)
    from inspector.remote.secrets import conceal

    found = []
    for argument in arguments:
        option, equals, value = argument.partition("=")  # --model=sftp://…
        named = argument.startswith("--") and equals
        found.append(f"{option}={conceal(value)}" if named else conceal(argument))
    return found


@contextlib.contextmanager
def elsewhere(stats: bool = False) -> Iterator[None]:
    """One connection to each server for all that a command asks of it; closed, and the copies removed, at its end."""
    from inspector.remote.session import session

    with session() as opened:
        if stats:
            _ASKED.append(opened.stats)
        try:
            yield
        finally:
            if stats:
                _ASKED.clear()
                for line in lines(list(opened.stats.values())):
                    say(line)


def counts() -> list[dict[str, Any]] | None:
    """What was fetched so far, of each source; None where nobody asked."""
    return list(_ASKED[-1].values()) if _ASKED else None


def lines(fetched: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What was fetched, as a person reads it."""
    from inspector.sources import counted  # --help needs none of it

    if not fetched:
        yield "stats: nothing was fetched from an address (what comes from the Hub is not counted)"
    for told in fetched:
        again = f", {told['retries']} of them again" if told["retries"] else ""
        over = counted(told["connections"], "connection")
        what = f"{size(told['bytes'])} of {size(told['size'])} in {counted(told['files'], 'file')}"
        asked = f"{counted(told['requests'], 'request')}{again} over {over}, {told['seconds']:.2f} s"
        yield f"stats: {safe(told['source'], 200)}: {what} fetched, {asked}"


def size(count: int) -> str:
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} bytes"
