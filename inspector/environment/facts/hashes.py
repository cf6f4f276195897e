"""The digests of a package's source files, and whether what Python has compiled of them is of this source."""

from __future__ import annotations

import _imp
import hashlib
import importlib.util
import marshal
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

THREADS, TOGETHER = 16, 64
"""Readers at once, as on a network file system each open waits for an answer; the files that one takes at a time."""
IMPORTABLE = (".py", ".so", ".pyd", ".pyc")


def of_package(root: str, package: str) -> dict[str, str]:
    """``diffusers/__init__.py`` -> sha256 in hex, of every .py of a package; a file that cannot be read is ``""``."""
    names = [n for n in walk(root, package) if n.endswith(".py")]
    return dict(zip(names, at_once(lambda n: digest(place(root, n)), names)))  # noqa: B905 (strict came with 3.10)


def at_once(look: Callable[[str], T], names: list[str]) -> list[T]:
    """What is seen of every file, in the order of the names."""
    parts = [names[i : i + TOGETHER] for i in range(0, len(names), TOGETHER)]
    if len(parts) < 2:
        return [look(n) for n in names]
    with ThreadPoolExecutor(min(THREADS, len(parts))) as readers:
        return [seen for part in readers.map(lambda part: [look(n) for n in part], parts) for seen in part]


def digest(file: str) -> str:
    try:
        with open(file, "rb") as source:
            return hashlib.sha256(source.read()).hexdigest()
    except OSError:
        return ""


def walk(root: str, package: str) -> Iterator[str]:
    """Every importable file of a package, named from the package on, whatever the folder that it lies in is called."""
    if os.path.isfile(root):
        yield os.path.basename(root)
        return
    for folder, below, files in os.walk(root):
        below[:] = sorted(d for d in below if d != "__pycache__")
        inside = os.path.relpath(folder, root).replace(os.sep, "/")
        start = package if inside == "." else f"{package}/{inside}"
        yield from (f"{start}/{name}" for name in sorted(files) if name.endswith(IMPORTABLE))


def place(root: str, name: str) -> str:
    """Where a file lies that :func:`walk` named."""
    return os.path.join(root, *name.split("/")[1:])


def stale(root: str, files: dict[str, str], changed: list[str]) -> list[str]:
    """The files whose compiled form is of another source, and is run all the same.

    Python never looks at the source of a compiled file that carries an unchecked hash; of any other it believes the
    time and the size. So the first kind is compared for every file, the second for those that were changed.
    """

    def wrong(name: str) -> bool:
        file = place(root, name)
        try:
            with open(importlib.util.cache_from_source(file), "rb") as cached:
                head = cached.read(16)
                if len(head) < 16 or head[:4] != importlib.util.MAGIC_NUMBER:
                    return False
                flags = int.from_bytes(head[4:8], "little")
                if flags & 1:
                    return not flags & 2 and head[8:] != source_hash(file)
                return name in suspects and believed(file, head) and other_code(file, cached.read())
        except (OSError, NotImplementedError):  # no compiled file, or none that Python could read: it runs the source
            return False

    suspects, names = set(changed), list(files)
    return [n for n, bad in zip(names, at_once(wrong, names)) if bad]  # noqa: B905


def source_hash(file: str) -> bytes:
    with open(file, "rb") as source:
        told: bytes = _imp.source_hash(int.from_bytes(importlib.util.MAGIC_NUMBER, "little"), source.read())
    return told


def believed(file: str, head: bytes) -> bool:
    """Whether Python takes the compiled file for one of this source: its time and its size agree."""
    status = os.stat(file)
    time, size = int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:16], "little")
    return time == int(status.st_mtime) & 0xFFFFFFFF and size == status.st_size & 0xFFFFFFFF


def other_code(file: str, compiled: bytes) -> bool:
    """Whether a compiled file holds other code than its source says."""
    try:
        with open(file, "rb") as source:
            made: Any = compile(source.read(), file, "exec", dont_inherit=True)
        return bool(marshal.loads(compiled) != made)  # noqa: S302 (what Python itself would load and run)
    except (SyntaxError, ValueError, EOFError, TypeError):  # not comparable: Python itself will say so
        return False
