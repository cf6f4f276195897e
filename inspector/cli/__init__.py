"""The command line: the only place that prints and exits."""

from __future__ import annotations


def main() -> None:
    """The console script ``inspect-pipe``."""
    from inspector.cli.guarded import guarded

    with guarded():
        from inspector.cli.app import app

        app(prog_name="inspect-pipe")
