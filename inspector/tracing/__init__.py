"""The real ``from_config`` observed: which line of the library did what to which key (``trace``, ``blame``)."""

from __future__ import annotations

__all__: list[str] = []
