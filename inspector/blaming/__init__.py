"""Where the value of one setting comes from, hop by hop, and where it goes next (``blame``)."""

from __future__ import annotations

__all__: list[str] = []
