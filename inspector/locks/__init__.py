"""A seal of a source: what it says, what the installed library makes of it, and whether either has moved since."""

from __future__ import annotations

from inspector.locks.checking import report_of
from inspector.locks.file import DEFAULT, Lock, dump, load
from inspector.locks.files import digests

__all__ = ["DEFAULT", "Lock", "digests", "dump", "load", "report_of"]
