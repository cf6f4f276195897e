"""The user's script, run as Python would run it, with everything it makes watched."""

from __future__ import annotations

import contextlib
import runpy
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from inspector.model import EXIT_UNREADABLE, InspectError, Report, Skip
from inspector.watching.record import Recorder
from inspector.watching.report import report_of


def watched(script: Path, arguments: Sequence[str]) -> Report:
    """Run a script and report who read and wrote which setting.

    What the script prints goes to stderr, so that the report is alone on stdout. A script that raises is reported as
    far as it came.

    Raises:
        InspectError: there is no such script.
    """
    if not script.is_file():
        hint = "inspect-pipe watch SCRIPT.py [ARGS]"
        raise InspectError(f"{script}: no such script", hint=hint, exit_code=EXIT_UNREADABLE)
    recorder = Recorder()
    skipped: tuple[Skip, ...] = ()
    recorder.start()
    try:
        with as_main(script, arguments), contextlib.redirect_stdout(sys.stderr):
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            skipped = (Skip(str(script), f"the script exited with {leaving.code}", failed=True),)
    except Exception as error:  # noqa: BLE001 (the script is the user's: its error is told, and the report given)
        traceback.print_exception(error.with_traceback(inner(error)))
        reason = f"the script raised {type(error).__name__}: {error}".splitlines()[0]
        skipped = (Skip(str(script), reason, failed=True),)
    finally:
        recorder.stop()
    return report_of(recorder, str(script), skipped)


def inner(error: BaseException) -> TracebackType | None:
    """The traceback from the script on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        file = trace.tb_frame.f_code.co_filename
        if "inspector" not in Path(file).parts and "runpy" not in file:
            break
        trace = trace.tb_next
    return trace


@contextlib.contextmanager
def as_main(script: Path, arguments: Sequence[str]) -> Iterator[None]:
    """``sys.argv`` and ``sys.path`` as the script would find them."""
    argv, path = sys.argv, list(sys.path)
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path
