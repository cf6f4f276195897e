"""The one place that reads the files of a folder: listed names only, regular files only, within caps.

A name from a file is looked up in the listing, never joined to a path (:mod:`inspector.opening` opens what the listing
has). Nothing is mapped into memory, and of weights only the header is read.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from inspector import headers
from inspector.headers import Header
from inspector.limits import Limits
from inspector.listing import Entry, listed
from inspector.opening import Tree, unreadable
from inspector.patience import GIVEN_UP, GivenUpError, Patience
from inspector.ranges import absurd
from inspector.remote.facts import Facts, Lack
from inspector.strictjson import MARK, ReadError, loads, marked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["Entry", "Folder", "Limits", "ReadError"]

WORDS = ("vocab.json", "tokenizer.json", "added_tokens.json", "merges.json")
"""JSON that holds a tokenizer's words: large, and its keys are words of a language."""
SMALL = (".json", ".txt", ".model", ".jinja", ".bpe", ".tiktoken", ".vocab", ".spm", ".merges", ".tsv", ".codes")
"""What tokenizers and processors keep their words and templates in; weights and code have other endings."""
INDEX_OF_SHARDS = re.compile(r"\.index(\.[\w-]+)?\.json$")
"""The end of ``model.safetensors.index.json``, and of that of a variant."""
BUILT_FROM = ("config.json", "scheduler_config.json")
"""JSON whose numbers size what is built."""
_CHUNK = 1 << 20

Verdict = tuple[Literal["inspected", "skipped", "failed"], str]
T = TypeVar("T")


class Folder:
    """A folder that is not trusted. Names are relative, with slashes.

    Args:
        root: the folder.
        limits: the caps.
        only: the one name to list, for a file that the user named himself.
        facts: what the folder lacks, where it is the copy of one elsewhere.
        system: the system calls; a test puts failing ones here.

    Attributes:
        entries: the listing, the folder's own names first.
        problems: what could not be listed.
        marked: JSON files that begin with a byte order mark: read all the same, although JSON forbids it.
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
        facts: Facts | None = None,
        system: Any = os,
    ) -> None:
        self.root, self.limits, self.facts = Path(root), limits, facts or Facts()
        self.entries: dict[str, Entry] = {}
        self.problems: list[ReadError] = []
        self.marked: dict[str, ReadError] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.bytes_read = 0
        self._system, self._spent = system, 0.0
        self._patience = Patience()
        try:
            self._tree = self._timed(lambda: Tree(self.root, system), str(self.root))
        except BaseException:
            self._patience.close()
            raise
        try:
            listing = self._timed(lambda: listed(self._tree, limits, only), str(self.root))
            self.entries, self.problems, left = listing
            for name, (kind, lack) in self.facts.absent.items():
                self.entries[name] = Entry(name, kind, why=lack.message, code=lack.code)
            self.problems += map(lacking, self.facts.problems)
            self.verdicts.update(dict.fromkeys(left, ("skipped", "kept there by another tool")))
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
        self._patience.close()
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
        words, index = base in WORDS, INDEX_OF_SHARDS.search(base) is not None
        cap = "vocabulary" if words else "index" if index else "config"

        def parse() -> dict[str, Any]:
            data = self._whole(name, cap)
            if data.startswith(MARK):
                data = data[len(MARK) :]
                self.marked[name] = marked(name)
            parsed = loads(data, name, depth=self.limits.depth, shadows=not words and not index)
            if not isinstance(parsed, dict):
                raise ReadError(f"{name} holds a {type(parsed).__name__}, not an object", code="IPI902", where=name)
            most = self.limits
            if len(parsed) > most.keys and base in (*BUILT_FROM, "model_index.json"):
                hint = f"--limit keys={len(parsed)}, if you trust the file"
                raise ReadError(f"{name} has {len(parsed)} keys", code="IPI904", where=name, hint=hint)
            if base in BUILT_FROM and (
                what := absurd(parsed, blocks=most.blocks, steps=most.steps, extent=most.extent)
            ):
                raise ReadError(f"{name}: {what}; nothing is built from it", code="IPI910", where=name)
            return parsed

        found = self._judged(name, "settings", parse)
        if name in self.marked:
            self.verdicts[name] = ("failed", self.marked[name].message)
        return found

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
                if len(first) < min(8, facts.st_size):
                    self._unchanged(descriptor, facts, False, name)
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

        def read() -> bytes:
            with self._opened(name) as (descriptor, _):
                return self._pread(descriptor, count, 0, name)

        return self._timed(read, name)

    def below(self, prefix: str) -> list[str]:
        """The names directly in a folder (``''`` for this one), relative to it."""
        start = f"{prefix}/" if prefix else ""
        return [n[len(start) :] for n in self.entries if n.startswith(start) and "/" not in n[len(start) :]]

    def _judged(self, name: str, what: str, read: Callable[[], T]) -> T:
        """Read, and note what became of the file."""
        try:
            found = self._timed(read, name)
        except ReadError as error:
            self.verdicts[name] = ("failed", error.message)
            raise
        self.verdicts[name] = ("inspected", what)
        return found

    def _timed(self, read: Callable[[], T], name: str) -> T:
        """Read in what is left of the time, also where a read does not return."""
        began = time.monotonic()
        try:
            return self._patience.wait(read, self.limits.seconds - self._spent)
        except GivenUpError:
            raise self._late(name) from None
        finally:
            self._spent += time.monotonic() - began

    def _late(self, name: str) -> ReadError:
        hint = f"--limit seconds={self.limits.seconds * 5}"
        message = f"{name}: reading took over {self.limits.seconds} s and {GIVEN_UP}"
        return ReadError(message, code="IPI904", where=name, hint=hint)

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
        if (fetched := self.facts.fetched.get(name)) is not None and offset + count > fetched:
            message = f"{name} was not fetched beyond its first {fetched} bytes"
            raise ReadError(message, code="IPI901", where=name, hint="copy the folder here to look further")
        parts = []
        began = time.monotonic()
        while count > 0:
            if self._spent + time.monotonic() - began > self.limits.seconds:
                raise self._late(name)
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
        if (lack := self.facts.unread.get(name)) is not None:
            raise lacking(lack)
        try:
            descriptor, facts = self._tree.open(tuple(name.split("/")), name)
        except ReadError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            message = f"{name} was there when the folder was listed, and is gone"
            raise ReadError(message, code="IPI912", where=name, hint="inspect again when it is at rest") from error
        try:
            yield descriptor, facts
        finally:
            self._system.close(descriptor)


def lacking(lack: Lack) -> ReadError:
    """What a copy lacks, as the error that reading it there would be."""
    return ReadError(lack.message, code=lack.code, where=lack.where, hint=lack.hint)
