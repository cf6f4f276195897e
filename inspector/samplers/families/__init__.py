"""Which schedule each scheduler class stands for, one family a module; `inspector.samplers.expected` is the door."""

from __future__ import annotations
