"""Defects of the library that are known: read from ``known.toml``, matched by law, class and cause."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError

FILE = Path(__file__).with_name("known.toml")
_MUST = ("title", "law", "classes", "cause", "example")
_MAY = ("upstream", "note")


@dataclass(frozen=True, slots=True)
class Known:
    """One defect.

    ``classes`` are patterns of class names, ``cause`` a pattern of :attr:`Break.cause`; ``example`` is a
    counterexample as a replay file holds it: as long as it shows, the defect is there. ``upstream`` is its issue.
    """

    title: str
    law: str
    classes: tuple[str, ...]
    cause: str
    example: Mapping[str, Any]
    upstream: str = ""
    note: str = ""

    def covers(self, law: str, cls: str, cause: str) -> bool:
        return law == self.law and self.of(cls) and fnmatchcase(cause, self.cause)

    def of(self, cls: str) -> bool:
        return any(fnmatchcase(cls, pattern) for pattern in self.classes)


def load(file: Path = FILE) -> tuple[Known, ...]:
    """The defects of a file.

    Raises:
        InspectError: it cannot be read (exit 3), or is not of the form (exit 2).
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InspectError(
            f"cannot read {file}: {error.strerror}", hint="--known takes a TOML file", exit_code=EXIT_UNREADABLE
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InspectError(f"{file} is not TOML: {error}", exit_code=EXIT_USAGE) from error
    return tuple(entry(raw, f"{file.name}, defect {at}") for at, raw in enumerate(listed(data, file), 1))


def listed(data: Mapping[str, Any], file: Path) -> list[Any]:
    found = data.get("defect", [])
    if not isinstance(found, list) or data.keys() - {"defect"}:
        raise InspectError(f"{file} is no list of [[defect]] tables", exit_code=EXIT_USAGE)
    return found


def entry(raw: Any, where: str) -> Known:
    """One table.

    Raises:
        InspectError: a key is missing, unknown or of another type.
    """
    missing = [k for k in _MUST if k not in raw]
    unknown = [k for k in raw if k not in (*_MUST, *_MAY)]
    if missing or unknown:
        said = f"has no {missing[0]}" if missing else f"has an unknown key {unknown[0]!r}"
        raise InspectError(f"{where}: it {said}", hint=f"keys: {', '.join((*_MUST, *_MAY))}", exit_code=EXIT_USAGE)
    texts = [k for k in ("title", "law", "cause", "upstream", "note") if not isinstance(raw.get(k, ""), str)]
    classes = raw["classes"]
    if texts or not isinstance(classes, list) or not all(isinstance(c, str) for c in classes):
        raise InspectError(f"{where}: {texts[0] if texts else 'classes'} is of the wrong type", exit_code=EXIT_USAGE)
    if not isinstance(raw["example"], dict):
        raise InspectError(f"{where}: example is no table", exit_code=EXIT_USAGE)
    return Known(**{**raw, "classes": tuple(classes)})


def match(entries: Iterable[Known], law: str, cls: str, cause: str) -> Known | None:
    """The first entry that covers a break."""
    return next((known for known in entries if known.covers(law, cls, cause)), None)
