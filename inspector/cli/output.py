"""Where a report goes: stdout or a file; and what is said on stderr meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from inspector.cli.guarded import silence
from inspector.model import EXIT_UNWRITABLE, InspectError
from inspector.render import Look
from inspector.render.escape import Safe, safe


def look(*, verbose: bool = False, to_file: bool = False) -> Look:
    """How stdout wants it: its width, colours on a terminal (NO_COLOR, FORCE_COLOR), ASCII if it knows no more."""
    terminal = not to_file and sys.stdout.isatty()
    color = not os.environ.get("NO_COLOR") and (terminal or (bool(os.environ.get("FORCE_COLOR")) and not to_file))
    if os.environ.get("TERM") == "dumb" and not os.environ.get("FORCE_COLOR"):
        color = False
    width = 80 if to_file else max(40, shutil.get_terminal_size((80, 24)).columns)
    encoding = (sys.stdout.encoding or "utf-8").lower().replace("-", "")
    return Look(width=width, color=color, verbose=verbose, ascii=not to_file and not encoding.startswith("utf"))


def emit(text: Safe, output: Path | None = None, *, inspected: Sequence[Path] = ()) -> None:
    """Write the report to stdout, or to a file.

    A reader that went away (``| head``) is no error; a full disk is.

    Raises:
        InspectError: it could not be written (exit status 5).
    """
    if output is not None:
        from inspector.writing import write

        write(output, text, inspected=inspected)
        return
    stream = sys.stdout
    try:
        with contextlib.suppress(AttributeError):  # a stand-in for stdout, in tests and notebooks
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        silence(1)
    except OSError as error:
        silence(1)
        raise InspectError(
            f"cannot write the report to stdout: {error.strerror or error}",
            hint="nothing after that point was written; -o FILE writes it whole or not at all",
            exit_code=EXIT_UNWRITABLE,
        ) from error


def keep(text: Safe, file: Path, inspected: Sequence[Path] = ()) -> None:
    """Write a file of the project's own: a baseline, a lock, a snapshot.

    Raises:
        InspectError: it could not be written (exit status 5); what was there before is still there.
    """
    from inspector.writing import write

    try:
        write(file, text, inspected=inspected)
    except InspectError as error:
        hint = "nothing was written, and what was there is still there; choose another file with -o"
        raise InspectError(error.message, hint=hint, exit_code=error.exit_code, where=error.where) from error


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being done, when a person watches; it is gone when the report comes."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda message: None
        return

    def tell(message: str) -> None:
        columns = shutil.get_terminal_size((80, 24)).columns
        sys.stderr.write(f"\r\x1b[K{safe(message, columns - 1)[: columns - 1]}")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
