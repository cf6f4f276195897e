"""The one place that reads the files of a folder: listed names only, regular files only, within caps.

A name from a file is looked up in the listing, never joined to a path (:mod:`inspector.opening` opens what the listing
has). Nothing is mapped into memory, and of weights only the header is read.
"""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from inspector import headers
from inspector.headers import Header
from inspector.model import EXIT_USAGE, InspectError
from inspector.ranges import absurd
from inspector.opening import Parts, Tree, irregular, unreadable
from inspector.strictjson import ReadError, loads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["Entry", "Folder", "Limits", "ReadError"]

WORDS = ("vocab.json", "tokenizer.json", "added_tokens.json", "merges.json")
"""JSON that holds a tokenizer's words: large, and its keys are words of a language."""
BUILT_FROM = ("config.json", "scheduler_config.json")
"""JSON whose numbers size what is built."""
LEFT_ALONE = (".git", ".cache", "__pycache__")
"""Folders that other tools keep beside a model; no library reads a model from them."""
_UNITS = {"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_CHUNK = 1 << 20

Verdict = tuple[Literal["inspected", "skipped", "failed"], str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps, sizes in bytes: what an honest model folder stays well below. ``--limit NAME=N`` sets one.

    ``config``, ``index``, ``vocabulary``, ``header``: a settings file, the index of a sharded weights file, a file of
    words, the header of a weights file. ``depth``: brackets in a JSON. ``entries``, ``levels``: names in a folder, and
    folders in folders. ``seconds``: time spent reading, all files together. ``blocks``, ``steps``, ``extent``: the
    largest count of layers, of timesteps, and of channels and the like, that a config may ask to be built.
    """

    config: int = 1 << 20
    index: int = 16 << 20
    vocabulary: int = 64 << 20
    header: int = 8 << 20
    depth: int = 64
    entries: int = 10_000
    levels: int = 16
    seconds: int = 20
    blocks: int = 1024
    steps: int = 1_000_000
    extent: int = 1 << 28

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Limits:
        """``["config=2MiB", "entries=20000"]`` on top of the defaults.

        Raises:
            InspectError: an unknown name or no number (exit 2).
        """
        limits = cls()
        names = [f.name for f in fields(cls)]
        for text in texts:
            name, _, number = text.partition("=")
            unit = next((u for u in _UNITS if number.lower().endswith(u)), "")
            digits = number[: len(number) - len(unit)].strip()
            if name not in names or not (digits.isascii() and digits.isdecimal()) or not 0 < len(digits) <= 15:
                hint = f"NAME is one of {', '.join(names)}; N is a number, and may end in KiB, MiB or GiB"
                raise InspectError(f"--limit {text}: want NAME=N", hint=hint, exit_code=EXIT_USAGE)
            limits = replace(limits, **{name: max(1, int(digits) * _UNITS.get(unit, 1))})
        return limits


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of the listing, links resolved: ``link`` and ``other`` are what is not opened, for the reason ``why``."""

    name: str
    kind: Literal["file", "folder", "link", "other"]
    size: int = 0
    why: str = ""
    code: str = ""


class Folder:
    """A folder that is not trusted. Names are relative, with slashes.

    Args:
        root: the folder.
        limits: the caps.
        only: the one name to list, for a file that the user named himself.
        system: the system calls; a test puts failing ones here.

    Attributes:
        entries: the listing, the folder's own names first.
        problems: what could not be listed.
        verdicts: what became of each file: inspected, skipped or failed, and why. Complete once the folder is left.
        bytes_read: how much was read from disk.

    Raises:
        ReadError: the folder itself cannot be opened or listed.
    """

    def __init__(
        self,
        root: Path,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        *,
        only: str = "",
        system: Any = os,
    ) -> None:
        self.root, self.limits = Path(root), limits
        self.entries: dict[str, Entry] = {}
        self.problems: list[ReadError] = []
        self.verdicts: dict[str, Verdict] = {}
        self.bytes_read = 0
        self._system, self._spent = system, 0.0
        self._tree = Tree(self.root, system)
        try:
            self._list(only)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder; every file that nobody asked for is thereby skipped."""
        self._tree.close()
        for name, entry in self.entries.items():
            if entry.kind != "folder":
                verdict: Verdict = ("failed", entry.why) if entry.code else ("skipped", "not needed for an inspection")
                self.verdicts.setdefault(name, verdict)

    def json(self, name: str) -> dict[str, Any]:
        """The object that a JSON file holds.

        Raises:
            ReadError: with the code that says what is wrong with the file.
        """
        base = name.rpartition("/")[2]
        words, index = base in WORDS, base.endswith(".index.json")
        cap = "vocabulary" if words else "index" if index else "config"

        def parse() -> dict[str, Any]:
            data = self._whole(name, cap)
            parsed = loads(data, name, depth=self.limits.depth, shadows=not words and not index)
            if not isinstance(parsed, dict):
                raise ReadError(f"{name} holds a {type(parsed).__name__}, not an object", code="IPI902", where=name)
            most = self.limits
            if base in BUILT_FROM and (
                what := absurd(parsed, blocks=most.blocks, steps=most.steps, extent=most.extent)
            ):
                raise ReadError(f"{name}: {what}; nothing is built from it", code="IPI910", where=name)
            return parsed

        return self._judged(name, "settings", parse)

    def content(self, name: str) -> bytes:
        """A small file's bytes (vocabularies, merges); never weights.

        Raises:
            ReadError: missing, not a regular file, over the cap, unreadable, or changed meanwhile.
        """
        return self._judged(name, "copied", lambda: self._whole(name, "vocabulary"))

    def header(self, name: str) -> Header:
        """The header of a safetensors file, without its tensors.

        Raises:
            ReadError: IPI911 for a header that contradicts the format or the file's size.
        """

        def parse() -> Header:
            with self._opened(name) as (descriptor, facts):
                first = self._pread(descriptor, 8, 0, name)
                length = headers.length_of(first, facts.st_size, self.limits.header, name)
                data = self._pread(descriptor, length, 8, name)
                self._unchanged(descriptor, facts, len(data) == length, name)
            return headers.parse(data, facts.st_size, name)

        return self._judged(name, "header", parse)

    def head(self, name: str, count: int = 16) -> bytes:
        """The first bytes of a file, to tell what it is; says nothing about its verdict.

        Raises:
            ReadError: it cannot be opened or read.
        """
        with self._opened(name) as (descriptor, _):
            return self._pread(descriptor, count, 0, name)

    def below(self, prefix: str) -> list[str]:
        """The names directly in a folder (``''`` for this one), relative to it."""
        start = f"{prefix}/" if prefix else ""
        return [n[len(start) :] for n in self.entries if n.startswith(start) and "/" not in n[len(start) :]]

    def _list(self, only: str) -> None:
        """List breadth first, so that what matters is listed before any cap is met."""
        queue: deque[tuple[Parts, frozenset[tuple[int, int]]]] = deque([((), frozenset())])
        while queue:
            parts, above = queue.popleft()
            try:
                found = self._timed(lambda parts=parts: self._tree.scan(parts))
            except ReadError as error:
                if not parts:
                    raise
                self.problems.append(error)
                self.entries["/".join(parts)] = Entry("/".join(parts), "other", why=error.message, code=error.code)
                continue
            for name, facts in found:
                if only and name != only:
                    continue
                if len(self.entries) >= self.limits.entries:
                    message = f"over {self.limits.entries} names in the folder; the rest was not looked at"
                    hint = f"--limit entries={self.limits.entries * 10}"
                    self.problems.append(ReadError(message, code="IPI904", where="/".join(parts), hint=hint))
                    return
                self._add((*parts, name), facts, above, queue)

    def _add(
        self,
        parts: Parts,
        facts: os.stat_result,
        above: frozenset[tuple[int, int]],
        queue: deque[tuple[Parts, frozenset[tuple[int, int]]]],
    ) -> None:
        name = "/".join(parts)
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        if shown != name:
            self.entries[shown] = Entry(shown, "other", why=f"{shown} has a name that is not UTF-8", code="IPI909")
            return
        link = stat.S_ISLNK(facts.st_mode)
        if link:
            try:
                facts = self._tree.look(parts, name)
            except ReadError as error:
                self.entries[name] = Entry(name, "link", why=error.message, code=error.code)
                return
        if stat.S_ISDIR(facts.st_mode):
            identity = (facts.st_dev, facts.st_ino)
            self.entries[name] = Entry(name, "folder")
            if identity in above:
                self.entries[name] = Entry(name, "link", why=f"{name} is a link that leads in a circle", code="IPI905")
            elif parts[-1] in LEFT_ALONE:
                self.verdicts[name] = ("skipped", "kept there by another tool")
            elif len(parts) >= self.limits.levels:
                message, hint = f"{name} lies over {self.limits.levels} folders deep", f"--limit levels={len(parts) * 2}"
                self.problems.append(ReadError(message, code="IPI904", where=name, hint=hint))
            else:
                queue.append((parts, above | {identity}))
        elif stat.S_ISREG(facts.st_mode):
            self.entries[name] = Entry(name, "file", facts.st_size)
        else:
            error = irregular(name, facts.st_mode)
            self.entries[name] = Entry(name, "other", why=error.message, code=error.code)

    def _judged(self, name: str, what: str, read: Callable[[], T]) -> T:
        """Read, and note what became of the file."""
        try:
            found = self._timed(read)
        except ReadError as error:
            self.verdicts[name] = ("failed", error.message)
            raise
        self.verdicts[name] = ("inspected", what)
        return found

    def _timed(self, read: Callable[[], T]) -> T:
        began = time.monotonic()
        try:
            return read()
        finally:
            self._spent += time.monotonic() - began

    def _whole(self, name: str, cap: str) -> bytes:
        most: int = getattr(self.limits, cap)
        with self._opened(name) as (descriptor, facts):
            if facts.st_size > most:
                message = f"{name} has {facts.st_size} bytes, over the cap of {most} for a {cap} file"
                hint = f"--limit {cap}={facts.st_size}, if you trust the file"
                raise ReadError(message, code="IPI904", where=name, hint=hint)
            data = self._pread(descriptor, facts.st_size, 0, name)
            self._unchanged(descriptor, facts, len(data) == facts.st_size, name)
        return data

    def _unchanged(self, descriptor: int, before: os.stat_result, complete: bool, name: str) -> None:
        try:
            after = self._system.fstat(descriptor)
        except OSError as error:
            raise unreadable(name, error) from error
        if not complete or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            message = f"{name} changed while it was read"
            raise ReadError(message, code="IPI912", where=name, hint="inspect again when it is at rest")

    def _pread(self, descriptor: int, count: int, offset: int, name: str) -> bytes:
        parts = []
        began = time.monotonic()
        while count > 0:
            if self._spent + time.monotonic() - began > self.limits.seconds:
                hint = f"--limit seconds={self.limits.seconds * 5}"
                message = f"{name}: reading took over {self.limits.seconds} s and was given up"
                raise ReadError(message, code="IPI904", where=name, hint=hint)
            try:
                part = self._system.pread(descriptor, min(count, _CHUNK), offset)
            except OSError as error:
                raise unreadable(name, error) from error
            if not part:
                break
            parts.append(part)
            count, offset, self.bytes_read = count - len(part), offset + len(part), self.bytes_read + len(part)
        return b"".join(parts)

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[int, os.stat_result]]:
        """A descriptor of a listed regular file."""
        entry = self.entries.get(name)
        if entry is None:
            raise ReadError(f"there is no {name}", code="IPI901", where=name, hint=f"the folder is {self.root}")
        if entry.code:
            hint = "put a regular file there" if entry.code == "IPI905" else ""
            raise ReadError(entry.why, code=entry.code, where=name, hint=hint)
        descriptor, facts = self._tree.open(tuple(name.split("/")), name)
        try:
            yield descriptor, facts
        finally:
            self._system.close(descriptor)
