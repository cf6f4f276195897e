"""What the ``__call__`` of a pipeline takes, from its source: no library is imported (``call``)."""

from __future__ import annotations

__all__: list[str] = []
