"""The file of a baseline: one entry a finding, sorted, checked to the last key when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.settings import did_you_mean

BASELINE = "inspect-pipe-baseline/1"
DEFAULT = "inspect-pipe-baseline.json"
BUILT, FILES, STEPS = "built", "files", "steps"
"""How much of a source a baseline is of: the pipeline as built, its files, or ``steps 1 10 20`` of samplers."""
_LARGEST = 16 << 20
_NEEDED = ("source", "code", "where", "fingerprint")


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted finding.

    ``source``: what it was found in, a path relative to the file. ``code`` and ``where`` as in the report, ``message``
    for the reader only. ``fingerprint``: what it is matched by. ``reason``, ``by``: why, and who says so; may be empty.
    ``added``, ``expires``: the days (YYYY-MM-DD) it was written, and the last on which it holds; the latter may be
    empty.
    """

    source: str
    code: str
    where: str
    fingerprint: str
    message: str = ""
    reason: str = ""
    by: str = ""
    added: str = ""
    expires: str = ""

    def expired(self, today: date) -> bool:
        return bool(self.expires) and date.fromisoformat(self.expires) < today


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is accepted. ``sources``: each source that was looked at, also one without entries -> how much of it."""

    entries: tuple[Entry, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    path: Path = Path(DEFAULT)

    @property
    def named(self) -> list[str]:
        """The sources it knows."""
        return list(dict.fromkeys([*self.sources, *(e.source for e in self.entries)]))


def load(path: Path) -> Baseline:
    """Read one.

    Raises:
        InspectError: it cannot be read, or is no strict JSON (exit 3); it is no baseline of this version, or an entry
            has a code, a key or a date that does not exist (exit 2).
    """
    from inspector.strictjson import loads

    content = loads(_bytes(path), str(path), shadows=False)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != BASELINE:
        said = f"is a baseline of another version: {schema!r}" if _ours(schema) else "is no baseline"
        hint = f"this inspect-pipe reads {BASELINE}; make it anew: inspect-pipe baseline create SOURCE -o {path}"
        raise _wrong(f"{path} {said}", path, hint)
    _known(content, ("schema", "sources", "entries"), path, "it")
    sources, entries = content.get("sources", {}), content.get("entries")
    if not isinstance(sources, dict) or not all(_is_extent(v) for v in sources.values()):
        raise _wrong(f"{path}: sources must name each source with {BUILT}, {FILES} or {STEPS} N N", path)
    if not isinstance(entries, list):
        raise _wrong(f"{path} has no list of entries", path)
    return Baseline(tuple(_entry(e, n, path) for n, e in enumerate(entries, 1)), sources, path)


def dump(baseline: Baseline) -> str:
    """The text of the file: sorted, so that a change of it is as small as what changed."""
    from inspector.render.machine import dumped, plain

    entries = [{k: v for k, v in asdict(e).items() if v or k == "reason"} for e in in_order(baseline.entries)]
    content = {
        "schema": BASELINE,
        "sources": dict(sorted(baseline.sources.items())),
        "entries": entries,
    }
    return dumped(plain(content), indent=1)


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda e: (e.source, e.where, e.code, e.fingerprint))


def day(text: str, option: str, hint: str = "write it as 2027-01-31") -> str:
    """A date as the file holds it.

    Raises:
        InspectError: it is none (exit 2).
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InspectError(f"{option} {text!r} is no date", hint=hint, exit_code=EXIT_USAGE) from error


def _bytes(path: Path) -> bytes:
    hint = f"make one: inspect-pipe baseline create SOURCE -o {path}"
    try:
        if path.exists() and not path.is_file():
            aside = "give the name of a file: inspect-pipe baseline create SOURCE -o FILE makes one"
            raise InspectError(f"the baseline {path} is no regular file", hint=aside, where=str(path))
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"the baseline {path} cannot be read: {error.strerror or error}"
        raise InspectError(message, hint=hint, where=str(path)) from error
    if len(data) > _LARGEST:
        raise InspectError(f"the baseline {path} is over {_LARGEST >> 20} MiB", hint=hint, where=str(path))
    return data


def _entry(given: Any, number: int, path: Path) -> Entry:
    from inspector.rules import RULES

    names = [f.name for f in fields(Entry)]
    if not isinstance(given, dict):
        raise _wrong(f"{path}: entry {number} is no object", path)
    _known(given, names, path, f"entry {number}")
    for name, value in given.items():
        if not isinstance(value, str):
            raise _wrong(f"{path}: entry {number} has {name} = {value!r}, which is no text", path)
    for name in _NEEDED:
        if not given.get(name):
            raise _wrong(f"{path}: entry {number} has no {name}", path)
    entry = Entry(**given)
    if entry.code not in RULES:
        hint = did_you_mean(entry.code.upper(), RULES)
        raise _wrong(f"{path}: entry {number} has the code {entry.code!r}, which no rule has", path, hint)
    for name in ("expires", "added"):
        if text := given.get(name):
            day(text, f"{path}: entry {number} has {name} =")
    return entry


def _known(given: Mapping[str, Any], names: Iterable[str], path: Path, what: str) -> None:
    """A key that is mistyped would be lost without a word: ``expire`` would never expire."""
    for key in given:
        if key not in names:
            raise _wrong(f"{path}: {what} has a key {key!r} that no baseline has", path, did_you_mean(key, names))


def _is_extent(value: Any) -> bool:
    return isinstance(value, str) and (value in (BUILT, FILES) or value.startswith(STEPS))


def _ours(schema: Any) -> bool:
    return isinstance(schema, str) and schema.startswith(BASELINE.partition("/")[0] + "/")


def _wrong(message: str, path: Path, hint: str = "") -> InspectError:
    return InspectError(message, hint=hint, exit_code=EXIT_USAGE, where=str(path))
