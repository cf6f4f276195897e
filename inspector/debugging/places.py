"""Paths as text, of this system or of the other one: nothing here looks at a disk."""

from __future__ import annotations

import ntpath
import posixpath
from types import ModuleType


def flavour(windows: bool) -> ModuleType:
    return ntpath if windows else posixpath


def inside(path: str, root: str, windows: bool) -> str | None:
    """What is left of a path under a root, with slashes; empty for the root itself, None outside of it."""
    of = flavour(windows)
    whole, start = (of.normcase(of.normpath(p)) for p in (path, root))
    if whole == start:
        return ""
    start = start.rstrip("\\/") + ("\\" if windows else "/")
    if not whole.startswith(start):
        return None
    return str(of.normpath(path)[len(start) :].replace("\\", "/") if windows else of.normpath(path)[len(start) :])


def joined(root: str, rest: str, windows: bool) -> str:
    """A path under a root from what is left of it."""
    if not rest:
        return root
    separator = "\\" if windows else "/"
    return root.rstrip("\\/" if windows else "/") + separator + (rest.replace("/", "\\") if windows else rest)


def parent(path: str, windows: bool) -> str:
    return str(flavour(windows).dirname(path))


def depth(path: str, windows: bool) -> int:
    """How many folders deep a path is."""
    return len([p for p in flavour(windows).normpath(path).replace("\\", "/").split("/") if p])


def in_site(path: str) -> bool:
    """Whether it is a folder that an installer fills."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] in ("site-packages", "dist-packages")
