"""The one place that opens the files of a folder: regular files only, below the folder only, within caps.

Every name is looked up in the folder's listing and opened component by component with ``O_NOFOLLOW``, so that no
link and no name in a JSON file leads anywhere else; nothing is mapped into memory; of weights only the header is read.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from inspector import headers
from inspector.headers import Header
from inspector.model import EXIT_USAGE, InspectError
from inspector.strictjson import ReadError, loads

__all__ = ["Entry", "Folder", "Limits", "ReadError"]

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_CONFIGS = ("model_index.json", "config.json", "scheduler_config.json")
_CHUNK = 1 << 20
Verdict = tuple[Literal["inspected", "skipped", "failed"], str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for reading a folder; sizes in bytes. ``--limit NAME=N`` raises one."""

    config: int = 1 << 20
    index: int = 16 << 20
    vocabulary: int = 64 << 20
    header: int = 8 << 20
    depth: int = 64
    entries: int = 10_000
    seconds: int = 20

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Limits:
        """``["config=2MiB", "entries=20000"]`` on top of the defaults.

        Raises:
            InspectError: an unknown name or no number (exit 2).
        """
        units = {"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
        limits = cls()
        for text in texts:
            name, _, number = text.partition("=")
            unit = next((u for u in units if number.lower().endswith(u)), "")
            digits = number[: len(number) - len(unit)].strip()
            if name not in {f.name for f in fields(cls)} or not digits.isdecimal() or int(digits) == 0:
                names = ", ".join(f.name for f in fields(cls))
                raise InspectError(
                    f"--limit {text}: want NAME=N", hint=f"NAME is one of {names}; N may end in KiB, MiB, GiB", exit_code=EXIT_USAGE
                )
            limits = replace(limits, **{name: int(digits) * units.get(unit, 1)})
        return limits


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of the listing; ``size`` in bytes (of a link's target where it may be followed)."""

    name: str
    kind: Literal["file", "folder", "link", "other"]
    size: int = 0
    target: str = ""


class Folder:
    """A folder that is not trusted. Names are relative, with slashes.

    Attributes:
        entries: the listing. A link that stays inside the folder, or goes to the ``blobs/`` of the same Hub cache
            repository, is listed as ``file``; any other as ``link``.
        verdicts: what became of every file that was asked for: inspected, skipped or failed, with the reason.
        bytes_read: how much was read from disk.
    """

    def __init__(self, root: Path, limits: Limits = Limits()) -> None:  # noqa: B008 (frozen)
        self.root, self.limits = Path(root), limits
        self.entries: dict[str, Entry] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.bytes_read = 0
        self._deadline = time.monotonic() + limits.seconds
        self._real = Path(os.path.realpath(root))
        self._blobs = self._real.parent.parent / "blobs" if self._real.parent.name == "snapshots" else None
        self._list("")

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        for name, entry in self.entries.items():
            if entry.kind != "folder" and name not in self.verdicts:
                self.verdicts[name] = ("skipped", "not needed for an inspection")

    def _list(self, below: str) -> None:
        """List one level, then the folders in it; links to folders are not descended into."""
        try:
            found = sorted(os.scandir(self._real / below if below else self._real), key=lambda e: e.name)
        except OSError as error:
            raise unreadable(below or str(self.root), error) from error
        for item in found:
            if len(self.entries) >= self.limits.entries:
                message = f"{self.root} has more than {self.limits.entries} entries"
                hint = f"--limit entries={self.limits.entries * 2}"
                raise ReadError(message, code="IPI904", where=str(self.root), hint=hint)
            name = f"{below}/{item.name}" if below else item.name
            self.entries[name] = self._entry(name, item)
            if self.entries[name].kind == "folder" and name.count("/") < self.limits.depth:
                self._list(name)

    def _entry(self, name: str, item: os.DirEntry[str]) -> Entry:
        if item.is_symlink():
            target = os.path.realpath(self._real / name)
            inside = any(base is not None and Path(target).is_relative_to(base) for base in (self._real, self._blobs))
            if inside and os.path.isfile(target):
                return Entry(name, "file", os.stat(target).st_size, target)
            return Entry(name, "link", target=target)
        facts = item.stat(follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode):
            return Entry(name, "folder")
        return Entry(name, "file" if stat.S_ISREG(facts.st_mode) else "other", facts.st_size)

    def json(self, name: str) -> dict[str, Any]:
        """The object that a JSON file holds.

        Raises:
            ReadError: with the code that says what is wrong with the file.
        """
        data = self._guarded(name, self._cap(name))
        try:
            base = name.rpartition("/")[2]
            parsed = loads(data, name, depth=self.limits.depth, shadows=base in _CONFIGS)
            if not isinstance(parsed, dict):
                raise ReadError(f"{name} holds a {type(parsed).__name__}, not an object", code="IPI902", where=name)
        except ReadError as error:
            self.verdicts[name] = ("failed", error.message)
            raise
        return parsed

    def _cap(self, name: str) -> int:
        base = name.rpartition("/")[2]
        if base.endswith(".index.json"):
            return self.limits.index
        return self.limits.vocabulary if base in ("vocab.json", "tokenizer.json", "added_tokens.json") else self.limits.config

    def content(self, name: str, cap: int | None = None) -> bytes:
        """A small file's bytes (vocabularies, merges); never weights.

        Raises:
            ReadError: missing, not a regular file, over the cap, unreadable, or changed meanwhile.
        """
        return self._guarded(name, cap or self.limits.vocabulary)

    def head(self, name: str, count: int = 16) -> bytes:
        """The first bytes of a file, to tell what it is; says nothing about its verdict."""
        descriptor, _ = self._open(name)
        try:
            return self._pread(descriptor, count, 0, name)
        finally:
            os.close(descriptor)

    def header(self, name: str) -> Header:
        """The header of a safetensors file, without its tensors.

        Raises:
            ReadError: IPI911 for a header that contradicts the format or the file's size.
        """
        try:
            descriptor, size = self._open(name)
            try:
                length = headers.length_of(self._pread(descriptor, 8, 0, name), size, self.limits.header, name)
                data = self._pread(descriptor, length, 8, name)
            finally:
                os.close(descriptor)
            found = headers.parse(data, size, name, self.limits.depth)
        except ReadError as error:
            self.verdicts[name] = ("failed", error.message)
            raise
        self.verdicts[name] = ("inspected", "header")
        return found

    def _guarded(self, name: str, cap: int) -> bytes:
        try:
            data = self._read(name, cap)
        except ReadError as error:
            self.verdicts[name] = ("failed", error.message)
            raise
        self.verdicts[name] = ("inspected", "")
        return data

    def _read(self, name: str, cap: int) -> bytes:
        descriptor, size = self._open(name)
        try:
            if size > cap:
                message = f"{name} is {size} bytes, over the cap of {cap}"
                raise ReadError(message, code="IPI904", where=name, hint="--limit NAME=N raises a cap, if you trust the file")
            before = os.fstat(descriptor)
            data = self._pread(descriptor, size, 0, name)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if len(data) != size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ReadError(f"{name} changed while it was read", code="IPI912", where=name, hint="inspect again when it is at rest")
        return data

    def _pread(self, descriptor: int, count: int, offset: int, name: str) -> bytes:
        parts = []
        while count > 0:
            if time.monotonic() > self._deadline:
                hint = f"--limit seconds={self.limits.seconds * 3}"
                raise ReadError(f"{name}: reading took over {self.limits.seconds} s", code="IPI904", where=name, hint=hint)
            try:
                part = os.pread(descriptor, min(count, _CHUNK), offset)
            except OSError as error:
                raise unreadable(name, error) from error
            if not part:
                break
            parts.append(part)
            count, offset, self.bytes_read = count - len(part), offset + len(part), self.bytes_read + len(part)
        return b"".join(parts)

    def _open(self, name: str) -> tuple[int, int]:
        """A descriptor and the size of a listed regular file, reached without following any link."""
        entry = self.entries.get(name)
        if entry is None:
            raise ReadError(f"there is no {name}", code="IPI901", where=name, hint=f"the folder is {self.root}")
        if entry.kind == "link":
            raise ReadError(f"{name} is a link that leaves the folder", code="IPI905", where=name, hint="put the file itself there")
        if entry.kind != "file":
            what = "a folder" if entry.kind == "folder" else "no regular file (a pipe, a socket or a device)"
            raise ReadError(f"{name} is {what}", code="IPI905", where=name, hint="it was not opened")
        path = Path(entry.target) if entry.target else self._real / name
        base = self._blobs if entry.target and self._blobs and path.is_relative_to(self._blobs) else self._real
        try:
            descriptor = open_below(base, path.relative_to(base).parts)
            facts = os.fstat(descriptor)
        except OSError as error:
            raise unreadable(name, error) from error
        if not stat.S_ISREG(facts.st_mode):
            os.close(descriptor)
            raise ReadError(f"{name} is no regular file any more", code="IPI912", where=name)
        return descriptor, facts.st_size


def open_below(base: Path, parts: tuple[str, ...]) -> int:
    """Open ``base/parts`` one component at a time, following no link on the way."""
    if os.open not in os.supports_dir_fd:
        return os.open(base.joinpath(*parts), _OPEN)
    at = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, _OPEN | os.O_DIRECTORY, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], _OPEN, dir_fd=at)
    finally:
        os.close(at)


def unreadable(name: str, error: OSError) -> ReadError:
    return ReadError(f"{name} cannot be read: {error.strerror}", code="IPI901", where=name, hint="check its permissions and medium")
