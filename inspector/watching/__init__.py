"""Who reads and writes which setting while the user's own code runs."""

from __future__ import annotations
