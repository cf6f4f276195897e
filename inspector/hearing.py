"""What the libraries say while something is loaded: their warnings and their logs, taken where they are handed in.

Levels, filters, handlers and the terminal stay as they are: a library that was silenced is heard all the same.
"""

from __future__ import annotations

import functools
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from inspector.model import Snapshot

LIBRARIES = ("diffusers", "transformers", "huggingface_hub", "accelerate", "peft", "tokenizers")
_LEVELS = {"warning": "warning", "warn": "warning", "error": "error", "critical": "error"}
_PASSING = ("diffusers.utils.deprecation_utils", "transformers.utils.logging", "transformers.utils.deprecation")
"""Modules through which others speak: the place is theirs."""
_INSTALLATION = ("transformers.utils.import_utils", "diffusers.utils.import_utils")
"""What these say is about what is installed here, not about what is loaded."""
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """One message. ``kind``: ``warning`` or ``error`` of a log, else the category (``FutureWarning``). ``place``: the
    line of the library, ``diffusers/configuration_utils.py:705``."""

    text: str
    kind: str
    place: str
    function: str


@dataclass(slots=True)
class Ear:
    """What was heard: messages by the component that was being loaded. ``path`` is the present one."""

    path: str = "pipe"
    heard: dict[str, list[Said]] = field(default_factory=dict)

    @contextmanager
    def at(self, path: str) -> Iterator[None]:
        """Inside, what is said is about this component."""
        before, self.path = self.path, path
        try:
            yield
        finally:
            self.path = before

    def take(self, said: Said) -> None:
        found = self.heard.setdefault(self.path, [])
        if said not in found:
            found.append(said)


_EARS: list[Ear] = []
_LOCK = threading.RLock()


@contextmanager
def about(path: str) -> Iterator[None]:
    """Inside, what is said is about this component; nothing to whoever does not listen."""
    with _EARS[-1].at(path) if _EARS else nullcontext():
        yield


@contextmanager
def listening() -> Iterator[Ear]:
    """Hear what the libraries say inside; the innermost listener hears it."""
    ear = Ear()
    with _LOCK:
        undo = [] if _EARS else hooked()
        _EARS.append(ear)
    try:
        yield ear
    finally:
        with _LOCK:
            _EARS.remove(ear)
            for owner, name, original, ours in reversed(undo):
                if vars(owner).get(name) is ours:  # whoever has put something over it since keeps that
                    setattr(owner, name, original)


def hooked() -> list[tuple[Any, str, Any, Any]]:
    """Stand in for ``warnings.warn`` and the loggers' methods: owner, name, what was there, what is there now."""
    done = []
    for owner, name, made in ((warnings, "warn", warning), *((logging.Logger, level, logged) for level in _LEVELS)):
        original = getattr(owner, name)
        ours = made(original)
        setattr(owner, name, ours)
        done.append((owner, name, original, ours))
    return done


def warning(original: Any) -> Any:
    @functools.wraps(original)
    def warn(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **options: Any) -> None:
        if _EARS:
            kind = type(message) if isinstance(message, Warning) else category or UserWarning
            hear(str(message), getattr(kind, "__name__", str(kind)), sys._getframe(1))
        original(message, category, stacklevel + 1, source, **options)

    return warn


def logged(original: Any) -> Any:
    level = _LEVELS[original.__name__]

    @functools.wraps(original)
    def log(self: logging.Logger, message: Any, *arguments: Any, **options: Any) -> None:
        if _EARS and self.name.partition(".")[0] in LIBRARIES:
            hear(written(message, arguments), level, sys._getframe(1))
        original(self, message, *arguments, **{**options, "stacklevel": options.get("stacklevel", 1) + 1})

    return log


def written(message: Any, arguments: tuple[Any, ...]) -> str:
    try:
        return str(message) % arguments if arguments else str(message)
    except (TypeError, ValueError):  # arguments that do not fit: logging itself says so where it prints
        return str(message)


def hear(text: str, kind: str, frame: FrameType | None) -> None:
    """Take a message of one of the libraries; what others say is not ours."""
    while frame is not None and frame.f_globals.get("__name__") in _PASSING:
        frame = frame.f_back
    module = str(frame.f_globals.get("__name__")) if frame is not None else ""
    if frame is None or module.partition(".")[0] not in LIBRARIES or module in _INSTALLATION:
        return
    _EARS[-1].take(Said(" ".join(text[:_LONGEST].split()), kind, place(frame), frame.f_code.co_name))


def place(frame: FrameType) -> str:
    """``diffusers/configuration_utils.py:705``: the file below the folder that packages are in."""
    root = str(frame.f_globals["__name__"]).partition(".")[0]
    name = frame.f_code.co_filename.replace("\\", "/")
    return f"{root}/{name.rpartition(f'/{root}/')[2]}:{frame.f_lineno}"


def renamed(heard: Mapping[str, Sequence[Said]], copy: Path, root: str) -> dict[str, list[Said]]:
    """Messages that name the user's folder where they named this process's private copy of it."""
    places = [str(copy / "raw"), str(copy / "copy"), str(copy)]

    def told(said: Said) -> Said:
        text = said.text
        for private in places:
            text = text.replace(private, root)
        return replace(said, text=text)

    return {path: [told(said) for said in messages] for path, messages in heard.items()}


def sorted_out(said: Sequence[Said], parts: Sequence[tuple[str, Any]]) -> dict[str, list[Said]]:
    """Messages by the component that they name, or whose class's own module spoke; else they are about the first.

    Args:
        said: what was heard without knowing what was being loaded.
        parts: the components of what was loaded, by path.
    """
    found: dict[str, list[Said]] = {}
    for one in said:
        named = (p for p, part in parts if re.search(rf"\b{re.escape(type(part).__name__)}\b", one.text))
        spoke = (p for p, part in parts if one.place.startswith(type(part).__module__.replace(".", "/") + ".py:"))
        found.setdefault(next(named, None) or next(spoke, parts[0][0]), []).append(one)
    return found


def attached(snapshot: Snapshot, heard: Mapping[str, Sequence[Said]]) -> Snapshot:
    """A snapshot in which every component knows what was said of it.

    Args:
        snapshot: what was seen of what was loaded.
        heard: what was said, by component; what is about none of them goes to the first.
    """
    if not heard or not snapshot.components:
        return snapshot
    paths = [c.path for c in snapshot.components]
    found: dict[str, list[dict[str, str]]] = {}
    for path, messages in heard.items():
        found.setdefault(path if path in paths else paths[0], []).extend(map(asdict, messages))
    components = (
        replace(c, facts={**c.facts, "messages": found[c.path]}) if c.path in found else c for c in snapshot.components
    )
    return replace(snapshot, components=tuple(components))
