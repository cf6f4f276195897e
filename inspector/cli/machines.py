"""``inspect-pipe env``: ask a Python of itself, judge what it tells or compare it, print, give the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.cli.delivery import deliver, promise
from inspector.cli.diffing import Request, filtered, merged
from inspector.cli.output import progress
from inspector.elsewhere import FAR
from inspector.model import EXIT_USAGE, InspectError
from inspector.settings import load


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose facts are wanted: a saved file's, or those of a Python in a folder; and those they are compared with."""

    saved: Path | None = None
    against: Path | None = None
    python: str | None = None
    folder: str | None = None
    script: str | None = None
    torch: bool = False
    timeout: float | None = None


def run_env(request: Request, asked: Asked) -> int:
    """Do it, and return the exit status.

    Raises:
        InspectError: that Python cannot be asked, a file holds no facts, or the report cannot be written.
    """
    from inspector.environment.asking import facts_from
    from inspector.environment.report import report_of

    if asked.saved is not None and (asked.python or asked.folder or asked.script or asked.torch):
        hint = "leave FACTS out to ask a Python"
        raise InspectError("saved facts are not asked anew", hint=hint, exit_code=EXIT_USAGE)
    settings = merged(load(), request, {})
    promise(request)
    other = facts_from(asked.against) if asked.against is not None else None
    if asked.saved is not None:
        facts = facts_from(asked.saved)
    else:
        with progress() as tell:
            tell(f"asking {asked.python or 'Python'}")
            facts = ask(asked)
    named = str(asked.against) if asked.against is not None else ""
    return deliver(filtered(report_of(facts, other, named=named), settings), request, settings)


def ask(asked: Asked) -> dict[str, Any]:
    """The facts of the Python that is meant, here or elsewhere."""
    options: dict[str, Any] = {"folder": asked.folder, "script": asked.script, "torch": asked.torch}
    if asked.timeout is not None:
        options["seconds"] = asked.timeout
    if FAR:
        return FAR[-1].facts(asked.python, **options)
    from inspector.environment.asking import facts_of

    return facts_of(asked.python, **options)
