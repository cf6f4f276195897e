"""Accepted findings, kept in a file that is read and reviewed like code."""

from __future__ import annotations

from inspector.baselines.file import DEFAULT, Baseline, Entry, day, dump, load
from inspector.baselines.keeping import Acceptance, pruned, updated
from inspector.baselines.matching import apply
from inspector.baselines.naming import BY_COMMAND, label, relative
from inspector.baselines.reports import saved_report

__all__ = [
    "BY_COMMAND",
    "DEFAULT",
    "Acceptance",
    "Baseline",
    "Entry",
    "apply",
    "day",
    "dump",
    "label",
    "load",
    "pruned",
    "relative",
    "saved_report",
    "updated",
]
