"""``hf://ORG/NAME@REVISION/FOLDER``: a Hub id in the spelling of the Hub's own file system."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from inspector import sources
from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import Address

_OTHERS = ("datasets", "spaces", "buckets", "kernels")
_PARTS = re.compile(r"([^/@]+)/([^/@]+)(?:@(refs/(?:pr/\d+|convert/\w+)|[^/@]+))?(?:/(.*))?")


def on_the_hub(shown: str, address: Address) -> sources.Source:
    """What such an address leads to; the Hub is asked, as with ``--online``, and answers only once for each commit.

    Args:
        shown: the address, for reports.
        address: its parts.

    Raises:
        InspectError: it names no model (exit status 2); or there is none, or no such folder in it (exit status 3).
    """
    name, inside = parts(address)
    found = sources.on_the_hub(shown, name, online=True)
    if not inside or found.path is None:
        return found
    path = found.path / inside
    if not os.path.lexists(path):
        hint = "only JSON files and the headers of safetensors are fetched"
        raise InspectError(f"{shown}: the repository has no {inside}", hint=hint, code="IPI901", where=shown)
    return sources.local(shown, path)


def parts(address: Address) -> tuple[str, str]:
    """``ORG/NAME`` or ``ORG/NAME@REVISION``, and the path in it (empty for all of it).

    Raises:
        InspectError: see :func:`on_the_hub`.
    """
    rest = address.text.partition("://")[2].partition("?")[0].rstrip("/")  # a host is told without its capitals
    kind = rest.partition("/")[0]
    if kind in _OTHERS:
        hint = "hf://ORG/NAME is a model"
        raise InspectError(f"{address.shown} is one of the Hub's {kind}, no model", hint=hint, exit_code=EXIT_USAGE)
    found = _PARTS.fullmatch(rest.removeprefix("models/") if rest.count("/") > 1 else rest)
    if found is None:
        hint = "hf://ORG/NAME, or hf://ORG/NAME@REVISION/FOLDER"
        raise InspectError(f"{address.shown} names no repository", hint=hint, exit_code=EXIT_USAGE)
    org, name, revision, inside = (unquote(part or "") for part in found.groups())
    return f"{org}/{name}" + (f"@{revision}" if revision else ""), inside
