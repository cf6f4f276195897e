"""Calls that may never return: made in a thread that is left behind when their time is up.

A file server that has gone holds whoever reads from it, and no signal and no time limit in the same thread ends that.
"""

from __future__ import annotations

import functools
import os
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from inspector.limits import Limits
from inspector.strictjson import ReadError

T = TypeVar("T")
PATIENCE = float(Limits().seconds)
"""Seconds in which a path answers."""
GIVEN_UP = "was given up"
"""Said of what did not answer in time."""


class GivenUpError(Exception):
    """A call has not returned in its time."""


class Patience:
    """One thread that makes calls one after the other, for somebody who does not wait for ever.

    Nothing is called any more once a call was given up: the thread may hang in it for good. It is a daemon, so that
    the process ends all the same.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lost = False

    def wait(self, call: Callable[[], T], seconds: float) -> T:
        """What the call returns or raises.

        Raises:
            GivenUpError: it takes longer than this, or one before it did.
        """
        if self._lost or seconds <= 0:
            raise GivenUpError
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        self._asked.put(call)
        try:
            found, error = self._told.get(timeout=seconds)
        except queue.Empty:
            self._lost = True
            raise GivenUpError from None
        except BaseException:  # interrupted: whatever it tells later is the answer to nothing
            self._lost = True
            raise
        if error is not None:
            raise error
        return found  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let the thread end."""
        if self._thread is not None:
            self._asked.put(None)

    def _serve(self) -> None:
        while (call := self._asked.get()) is not None:
            try:
                answer: tuple[Any, BaseException | None] = (call(), None)
            except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
                answer = (None, error)
            del call
            self._told.put(answer)


def patiently(call: Callable[[], T], where: str, seconds: float = PATIENCE) -> T:
    """One call about a path, or an error that says that the path does not answer.

    Raises:
        ReadError: it takes longer than this.
    """
    patience = Patience()
    try:
        return patience.wait(call, seconds)
    except GivenUpError:
        message = f"{where} did not answer within {seconds:g} s and {GIVEN_UP}"
        hint = "is its disk or its file server there? ls of the folder should return at once"
        raise ReadError(message, code="IPI904", where=where, hint=hint) from None
    finally:
        patience.close()


def look(arguments: Iterable[str], seconds: float = PATIENCE) -> None:
    """Look at all that may be paths on a command line, before anything else does and hangs there.

    Raises:
        ReadError: one of them does not answer.
    """
    for argument in arguments:
        patiently(functools.partial(os.path.isdir, argument), argument, seconds)
