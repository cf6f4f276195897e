"""What the library says while it is watched: its warnings, and its log also where the user has silenced it."""

from __future__ import annotations

import functools
import logging
import sys
import warnings
from typing import Any

from inspector.watching.hooks import Hooks
from inspector.watching.places import slashed

_LEVELS = ("warning", "error")


def hook(hooks: Hooks) -> None:
    hooks.replace(warnings, "warn", functools.partial(warning, hooks))
    for level in _LEVELS:
        hooks.replace(logging.Logger, level, functools.partial(logged, hooks))


def warning(hooks: Hooks, original: Any) -> Any:
    @functools.wraps(original)
    def warn(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **options: Any) -> None:
        frame = sys._getframe(1)
        if "/diffusers/" in slashed(frame.f_code.co_filename):
            hooks.tell("said", str(message), frame)
        original(message, category, stacklevel + 1, source, **options)

    return warn


def logged(hooks: Hooks, original: Any) -> Any:
    """Levels, handlers and filters stay as they are: the message is taken where it is handed in."""

    @functools.wraps(original)
    def log(self: logging.Logger, message: Any, *arguments: Any, **options: Any) -> None:
        if self.name.partition(".")[0] == "diffusers":
            hooks.tell("said", text(message, arguments), sys._getframe(1))
        original(self, message, *arguments, **{**options, "stacklevel": options.get("stacklevel", 1) + 1})

    return log


def text(message: Any, arguments: tuple[Any, ...]) -> str:
    record = logging.LogRecord("diffusers", logging.WARNING, "", 0, message, arguments, None)
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit: logging itself says so where it prints
        return str(message)
