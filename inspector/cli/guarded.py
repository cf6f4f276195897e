"""What becomes of an exception: one or two lines on stderr and the exit status of the contract, never a traceback."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from inspector.model import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_UNREADABLE, InspectError
from inspector.render.escape import safe, tame

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_AGAIN = 1.0
_SOON = 0.01
_INSISTING: list[threading.Timer] = []


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end.

    A kind of its own: Python ends itself by SIGINT, and not with the status asked for, when it has seen a plain
    KeyboardInterrupt leave code that was run from a string, as dataclasses run theirs.
    """


def leave_at_once(*_: object) -> None:
    """On a signal when the work is over and the interpreter closes down."""
    os._exit(EXIT_INTERRUPTED)


def interrupt(*_: object) -> None:
    """On a signal during the work: tidy up and leave.

    What comes within a second of it is the same wish, told to the whole group or sent by somebody impatient, and must
    not interrupt the tidying up.
    """
    if time.monotonic() - interrupt.last > _AGAIN:  # type: ignore[attr-defined]
        interrupt.last = time.monotonic()  # type: ignore[attr-defined]
        raise Interrupted


interrupt.last = -_AGAIN  # type: ignore[attr-defined]


def on_signals(act: Callable[..., None]) -> None:
    """What is done when the process is asked to end; a signal that is ignored (``nohup``) stays ignored."""
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, act)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """The work of a command, which a signal interrupts so that it can tidy up.

    The exit status says so whoever caught the interruption on its way: typer has a status of its own for it.
    """
    if threading.current_thread() is not threading.main_thread():  # no signal comes here
        yield
        return
    before = {number: signal.getsignal(number) for name in _ENDING if (number := getattr(signal, name, None))}
    hook, sys.unraisablehook = sys.unraisablehook, insist
    interrupt.last = -_AGAIN  # type: ignore[attr-defined]
    on_signals(interrupt)
    try:
        yield
    except SystemExit:
        if interrupt.last > 0:  # type: ignore[attr-defined]
            raise SystemExit(EXIT_INTERRUPTED) from None
        raise
    finally:
        while _INSISTING:  # what it interrupts is over
            again = _INSISTING.pop()
            again.cancel()
            again.join()
        for number, act in before.items():
            signal.signal(number, act)
        sys.unraisablehook = hook


def insist(lost: sys.UnraisableHookArgs) -> None:
    """An interruption that came where Python cannot raise (a weak reference's callback) is made once more."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    interrupt.last = -_AGAIN  # type: ignore[attr-defined]
    again = threading.Timer(_SOON, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    again.start()
    _INSISTING.append(again)


@contextlib.contextmanager
def guarded(*, traceback: bool = False) -> Iterator[None]:
    """Turn every exception of the block into a line for the user and an exit status.

    Args:
        traceback: show the traceback of an internal error; it is for whoever reports the error.
    """
    try:
        yield
    except InspectError as error:
        said = f"{error.code}: {error.message}" if error.code else error.message
        say(f"error: {safe(said)}")
        for line in getattr(error, "lines", ()):  # what was typed, and a pointer under it
            say(f"           {safe(line)}")
        if error.hint:
            say(f"       {safe(error.hint)}")
        tell_ci(f"{error.message} ({error.hint})" if error.hint else error.message, error.where, error.exit_code)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise SystemExit(EXIT_INTERRUPTED) from None
    except Exception as error:  # noqa: BLE001 - the last door: whatever is left is ours to answer for
        if traceback:
            import traceback as tracebacks

            for line in tracebacks.format_exception(error):
                for part in line.splitlines():
                    say(str(safe(part)), plain=True)
        say(f"internal error: {type(error).__name__}: {safe(error, 300)}{place(error)}")
        say("       please report it; --traceback shows where it comes from")
        tell_ci(f"internal error: {type(error).__name__}: {error}", "", EXIT_INTERNAL)
        raise SystemExit(EXIT_INTERNAL) from None


def tell_ci(message: str, where: str, code: int) -> None:
    """Where a report for CI was promised, and nothing can be found out: have it say so."""
    delivery = sys.modules.get("inspector.cli.delivery")
    if delivery is not None and code in (EXIT_UNREADABLE, EXIT_INTERNAL):
        delivery.tell_failure(message, where, code)


def place(error: Exception) -> str:
    """The line of ours that raised."""
    trace = error.__traceback__
    found = ""
    here = Path(__file__).parents[1]
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if here in file.parents:
            found = f" ({file.relative_to(here.parent)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return found


def say(line: str, *, plain: bool = False) -> None:
    """A line on stderr; when nobody can read stderr there is nobody to tell."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(
            tame(line + "\n" if plain else f"inspect-pipe: {line}\n" if not line.startswith(" ") else f"{line}\n")
        )
        sys.stderr.flush()


def silence(stream_number: int) -> None:
    """Point a broken stream at nowhere, so that the interpreter's last flush does not fail again."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream_number)
        os.close(nowhere)
