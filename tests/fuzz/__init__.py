"""Fuzzes that know the structure of what they damage. ``python -m tests.fuzz --minutes 10`` is ``make fuzz``.

What was found once is kept in tests/data/fuzz and tried again in every run of the suite.
"""

from __future__ import annotations

from pathlib import Path

KEPT = Path(__file__).parents[1] / "data" / "fuzz"
"""A file for each input that was once judged wrongly."""
