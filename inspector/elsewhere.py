"""Where sources are looked at: on this machine, unless a command is run for another (``inspect-pipe remote run``)."""

from __future__ import annotations

from typing import Any, Protocol

from inspector.model import Snapshot


class Far(Protocol):
    """Another machine, which looks at its own sources with its own libraries, and is told what to look at."""

    @property
    def shown(self) -> str:
        """What reports call it."""

    def take(self, text: str, options: dict[str, Any]) -> Snapshot:
        """As :func:`inspector.snapshots.take`."""

    def ask(self, text: str, task: str, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """As :func:`inspector.snapshots.ask`; of :func:`inspector.snapshots.alone` ``text`` is empty."""

    def call(self, texts: list[str], *, online: bool) -> dict[str, Any]:
        """``source``, ``versions`` and ``data`` of the report of :func:`inspector.calling.report.call_of`."""

    def facts(self, python: str | None, **options: Any) -> dict[str, Any]:
        """As :func:`inspector.environment.asking.facts_of`."""


FAR: list[Far] = []
"""The machine that the running command is for, last; empty where it is this one."""
