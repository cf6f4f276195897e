"""The facts of source files, kept in memory and on disk, so that a file is parsed once for each of its versions."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from inspector.reads import visit

_memory: dict[tuple[str, int, int], dict[str, Any]] = {}


def facts(file: str) -> dict[str, Any] | None:
    """What :func:`inspector.reads.visit.facts_of` says of a file, or None where there is no source to read."""
    try:
        stat = os.stat(file)
    except OSError:
        return None
    key = (file, stat.st_mtime_ns, stat.st_size)
    if key not in _memory:
        stored = load("reads", *map(str, key))
        if stored is None:
            try:
                with _no_collection():
                    stored = visit.facts_of(Path(file).read_text(encoding="utf-8"))
            except (OSError, SyntaxError, ValueError, RecursionError):  # compiled, gone, not UTF-8, nested too deep
                return None
            save(stored, "reads", *map(str, key))
        _memory[key] = stored
    return _memory[key]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """A syntax tree is many small objects: enough to start a full collection, 0.3 s once torch is loaded."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load(*key: str) -> Any:
    """The JSON stored under a key, or None: missing and damaged are the same to a cache."""
    try:
        return json.loads(_file(key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def save(data: Any, *key: str) -> None:
    """Store JSON under a key. A cache folder that cannot be written (the guarded worker) costs time, nothing else."""
    target = _file(key)
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with open(handle, "w", encoding="utf-8") as out:
                json.dump(data, out, separators=(",", ":"))
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise


def _file(key: tuple[str, ...]) -> Path:
    digest = hashlib.sha256("\0".join((_analyser(), *key)).encode()).hexdigest()[:32]
    return _folder() / key[0] / f"{digest}.json"


@cache
def _analyser() -> str:
    """The version of the analysis: its own source, so that no number has to be kept by hand."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(s.read_bytes() for s in sources)).hexdigest()


def _folder() -> Path:
    from inspector.classes import cache_dir

    return cache_dir()
