"""What a line would do: parsed by a closed grammar, run on a scratch copy, and its effect measured (``whatif``)."""

from __future__ import annotations

__all__: list[str] = []
