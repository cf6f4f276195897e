"""The user's script, run as Python would run it, with everything it makes watched."""

from __future__ import annotations

import builtins
import contextlib
import functools
import gc
import os
import sys
import threading
import tokenize
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from inspector.model import EXIT_UNREADABLE, InspectError, Report, Skip
from inspector.watching.record import Recorder
from inspector.watching.report import report_of

_USAGE = "inspect-pipe watch SCRIPT.py [ARGS]"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report; in a process that the script forked, and that came to its end, none but the status to leave with."""

    report: Report | None
    interrupted: bool = False
    status: int = 0


def watched(script: Path, arguments: Sequence[str]) -> Outcome:
    """Run a script and report who read and wrote which setting.

    What the script prints goes to stderr, so that the report is alone on stdout. A script that raises, or that is
    interrupted, is reported as far as it came.

    Raises:
        InspectError: there is no such script, or it is no Python.
    """
    code = source(script)
    recorder, process = Recorder(), os.getpid()
    skipped: tuple[Skip, ...] = ()
    interrupted = False
    with as_main(script, arguments) as main, out_of_the_way(), other_processes() as started:
        recorder.start()
        try:
            exec(code, main.__dict__)  # noqa: S102 (the script is the user's, and running it is what was asked for)
            finish()
        except SystemExit as leaving:
            finish()
            skipped = left(script, leaving)
        except KeyboardInterrupt:
            interrupted, skipped = True, (Skip(str(script), "interrupted: what follows is as far as it came"),)
        except BaseException as error:  # noqa: BLE001 (the script is the user's: its error is told, and the report given)
            traceback.print_exception(error.with_traceback(inner(error)))
            reason = f"the script raised {type(error).__name__}: {error}".splitlines()[0]
            skipped = (Skip(str(script), reason, failed=True),)
        finally:
            recorder.stop()
    if os.getpid() != process:
        return Outcome(None, status=int(bool(skipped)))
    if started:
        reason = "it started other processes: what they read and wrote is not seen"
        skipped = (*skipped, Skip(str(script), reason))
    return Outcome(report_of(recorder, str(script), skipped), interrupted)


def source(script: Path) -> CodeType:
    """The script's code.

    Raises:
        InspectError: it is missing, a folder, not text, or not Python.
    """
    if not script.is_file():
        what = "is a folder, not a script" if script.is_dir() else "no such script"
        raise InspectError(f"{script}: {what}", hint=_USAGE, exit_code=EXIT_UNREADABLE)
    try:
        raw = script.read_bytes()
        with tokenize.open(script) as opened:
            opened.read()
        return compile(raw, os.path.abspath(script), "exec", dont_inherit=True)
    except OSError as error:
        raise InspectError(f"{script}: cannot be read: {error.strerror}", hint=_USAGE) from error
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        raise InspectError(
            f"{script}: not Python: {where}{error.msg}", hint="python would not run it either"
        ) from error
    except ValueError as error:
        hint = "save it as UTF-8, or declare its encoding in the first line"
        raise InspectError(f"{script}: not Python: {error}", hint=hint) from error


def left(script: Path, leaving: SystemExit) -> tuple[Skip, ...]:
    """What ``sys.exit`` says: a text goes to stderr, as Python would print it."""
    if leaving.code in (None, 0):
        return ()
    if not isinstance(leaving.code, int):
        sys.stderr.write(f"{leaving.code}\n")
    reason = f"the script exited with {leaving.code}".splitlines()[0]
    return (Skip(str(script), reason, failed=True),)


def finish() -> None:
    """Threads that the script leaves running are part of it: Python waits for them, too."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread is not threading.main_thread() and not thread.daemon:
            thread.join()


def inner(error: BaseException) -> TracebackType | None:
    """The traceback from the script on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


@contextlib.contextmanager
def as_main(script: Path, arguments: Sequence[str]) -> Iterator[ModuleType]:
    """``__main__``, ``sys.argv`` and ``sys.path`` as the script would find them; with garbage collected, as always."""
    main = ModuleType("__main__")
    main.__file__, main.__builtins__ = os.path.abspath(script), builtins  # type: ignore[attr-defined]
    main.__dict__["__cached__"] = None
    before, argv, path, collecting = sys.modules["__main__"], sys.argv, list(sys.path), gc.isenabled()
    sys.modules["__main__"] = main
    sys.argv = [str(script), *arguments]
    here = str(script.resolve().parent)
    if sys.flags.safe_path or not sys.path:
        sys.path.insert(0, here)
    else:
        sys.path[0] = here  # where the folder of our own command is
    gc.enable()
    try:
        yield main
    finally:
        if not collecting:
            gc.disable()
        sys.modules["__main__"], sys.argv, sys.path[:] = before, argv, path


@contextlib.contextmanager
def other_processes() -> Iterator[list[object]]:
    """The processes of multiprocessing that are started meanwhile."""
    from multiprocessing.process import BaseProcess

    started: list[object] = []
    original = BaseProcess.start

    @functools.wraps(original)
    def start(self: BaseProcess) -> None:
        original(self)
        started.append(self.name)

    BaseProcess.start = start  # type: ignore[method-assign]
    try:
        yield started
    finally:
        if BaseProcess.start is start:
            BaseProcess.start = original  # type: ignore[method-assign]


@contextlib.contextmanager
def out_of_the_way() -> Iterator[None]:
    """What is printed goes to stderr, also by programs that the script starts."""
    try:
        same = sys.stdout.fileno() == 1
    except (AttributeError, OSError, ValueError):  # somebody captures what is printed
        same = False
    if not same:
        with contextlib.redirect_stdout(sys.stderr):
            yield
        return
    stdout = sys.stdout
    stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):  # closed by the script
            stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        sys.stdout = stdout
