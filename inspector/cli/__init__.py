"""The command line: the only place that prints and exits."""

from __future__ import annotations

import atexit
import gc
import importlib
import sys

from inspector.cli.guarded import guarded, interruptible, leave_at_once, on_signals

COMMANDS = {
    "diff": "app", "explain": "app", "demo": "app", "schema": "app", "hook": "app",
    "whatif": "experiments", "watch": "experiments",
    "trace": "stories", "call": "stories", "blame": "stories",
    "presets": "presets", "sigmas": "samplers", "roundtrip": "roundtrip",
    "baseline": "baselines", "snapshot": "snapshots", "lock": "locks", "check": "locks",
    "env": "environment", "debug": "debugging", "remote": "remote",
}  # fmt: skip
"""Command -> the module whose functions it is; they join the app when they are imported."""


def main() -> None:
    """The console script ``inspect-pipe``."""
    # A short process of plain data without cycles: looking for garbage, now or at the end, costs more than it frees
    # (measured: a sixth of the time of judging a saved report).
    gc.disable()
    atexit.register(gc.freeze)
    atexit.register(on_signals, leave_at_once)

    with guarded(), interruptible():
        from inspector.cli.elsewhere import concealed

        sys.argv[1:] = concealed(sys.argv[1:])
        if paths := [argument for argument in sys.argv[2:] if not argument.startswith("-")]:
            from inspector.patience import look

            look(paths)
        from inspector.cli.app import app

        # of a command that is asked for only its own module; --help, a mistyped one and the shell's completion see all
        asked = COMMANDS.get(next(iter(sys.argv[1:]), ""))
        for module in [asked] if asked else dict.fromkeys(COMMANDS.values()):
            importlib.import_module(f"inspector.cli.{module}")

        app(prog_name="inspect-pipe")
