"""The laws: one decorated function each, by what people do to a config; imported for their decorators."""

from __future__ import annotations

from inspector.roundtrips import machine
from inspector.roundtrips.laws import (
    across,
    copying,
    editing,
    looking,
    making,
    running,
    saving,
    subclassing,
    swapping,
    unknown,
)
from inspector.roundtrips.laws.registry import LAWS, Law

__all__ = ["LAWS", "Law"]

_FAMILIES = (saving, making, swapping, looking, copying, running, unknown, editing, subclassing, machine, across)
