"""What stands in a folder that is not trusted, links resolved, within caps."""

from __future__ import annotations

import os
import stat
from collections import deque
from dataclasses import dataclass
from typing import Literal

from inspector.limits import Limits
from inspector.opening import Parts, Tree, irregular, unreadable
from inspector.strictjson import ReadError

LEFT_ALONE = (".git", ".cache", "__pycache__")
"""Folders that other tools keep beside a model; no library reads a model from them."""

Queue = deque[tuple[Parts, frozenset[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of a listing, links resolved; ``link`` and ``other`` are not opened, for the reason ``why``."""

    name: str
    kind: Literal["file", "folder", "link", "other"]
    size: int = 0
    why: str = ""
    code: str = ""


def listed(tree: Tree, limits: Limits, only: str = "") -> tuple[dict[str, Entry], list[ReadError], list[str]]:
    """List breadth first, so that what matters is listed before any cap is met.

    Args:
        tree: the folder.
        limits: the caps on names and levels.
        only: the one name to list.

    Returns:
        The names, what could not be listed, and the folders that were left alone.

    Raises:
        ReadError: the folder itself cannot be listed.
    """
    entries: dict[str, Entry] = {}
    problems: list[ReadError] = []
    left: list[str] = []
    top = tree.look((), tree.prefix)
    queue: Queue = deque([((), frozenset({(top.st_dev, top.st_ino)}))])
    while queue:
        parts, above = queue.popleft()
        name = "/".join(parts)
        try:
            found = tree.scan(parts)
        except ReadError as error:
            if not parts:
                raise
            problems.append(error)
            entries[name] = Entry(name, "other", why=error.message, code=error.code)
            continue
        for base, facts in found:
            if only and base != only:
                continue
            if len(entries) >= limits.entries:
                message = f"over {limits.entries} names in the folder; the rest was not looked at"
                hint = f"--limit entries={limits.entries * 10}"
                problems.append(ReadError(message, code="IPI904", where=name, hint=hint))
                return entries, problems, left
            entry, identity = resolved(tree, (*parts, base), facts, above)
            entries[entry.name] = entry
            if identity is None:
                continue
            if base in LEFT_ALONE:
                left.append(entry.name)
            elif len(parts) + 1 >= limits.levels:
                message = f"{entry.name} lies over {limits.levels} folders deep"
                hint = f"--limit levels={limits.levels * 2}"
                problems.append(ReadError(message, code="IPI904", where=entry.name, hint=hint))
            else:
                queue.append(((*parts, base), above | {identity}))
    return entries, problems, left


def resolved(
    tree: Tree, parts: Parts, facts: os.stat_result | OSError, above: frozenset[tuple[int, int]]
) -> tuple[Entry, tuple[int, int] | None]:
    """One name with its link resolved; and, for a folder to list, which one it is."""
    name = "/".join(parts)
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    if shown != name:
        return Entry(shown, "other", why=f"{shown} has a name that is not UTF-8", code="IPI909"), None
    if isinstance(facts, FileNotFoundError):
        return Entry(name, "other", why=f"{name} was gone again while the folder was listed", code="IPI912"), None
    if isinstance(facts, OSError):
        refused = unreadable(name, facts)
        return Entry(name, "other", why=refused.message, code=refused.code), None
    if stat.S_ISLNK(facts.st_mode):
        try:
            facts = tree.look(parts, name)
        except ReadError as error:
            return Entry(name, "link", why=error.message, code=error.code), None
    if stat.S_ISREG(facts.st_mode):
        return Entry(name, "file", facts.st_size), None
    if not stat.S_ISDIR(facts.st_mode):
        odd = irregular(name, facts.st_mode)
        return Entry(name, "other", why=odd.message, code=odd.code), None
    identity = (facts.st_dev, facts.st_ino)
    if identity in above:
        return Entry(name, "link", why=f"{name} is a link that leads in a circle", code="IPI905"), None
    return Entry(name, "folder"), identity
