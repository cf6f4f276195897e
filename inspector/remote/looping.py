"""An event loop in a thread of its own, which any thread asks; no answer takes longer than it may."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
ENDING = 0.4
"""Seconds that what still runs has to end in."""


class ClosedError(Exception):
    """The loop was stopped, before the question or in the middle of it."""


class Looping:
    """``ask`` runs a coroutine and waits for it; ``stop`` ends everything within a second, whatever hangs."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(_Daemons())
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._stopping = threading.Lock()
        self._stopped = False
        logging.getLogger("asyncio").addFilter(self._told)
        self._thread.start()

    def ask(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """What the coroutine returns or raises.

        Raises:
            TimeoutError: not within these seconds; the coroutine is cancelled.
            ClosedError: the loop was stopped.
        """
        try:
            answer = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # the loop is closed
            work.close()
            raise ClosedError from None
        try:
            return answer.result(seconds)
        except CancelledError:
            raise ClosedError from None
        finally:
            answer.cancel()  # does nothing to one that is done

    def stop(self, first: Callable[[], None]) -> None:
        """Run ``first`` in the loop, cancel what waits, end the thread. A second call does nothing."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._end(first)))
        self._thread.join(2 * ENDING)
        logging.getLogger("asyncio").removeFilter(self._told)

    def _told(self, record: logging.LogRecord) -> bool:
        """Whether a line of asyncio's log is none of ours: what goes wrong here is told by an error, not on stderr."""
        return record.thread != self._thread.ident

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    async def _end(self, first: Callable[[], None]) -> None:
        try:
            first()
            for _ in range(2):  # the second time for what the cancelled ones began
                waiting = asyncio.all_tasks() - {asyncio.current_task()}
                for task in waiting:
                    task.cancel()
                if waiting:
                    await asyncio.wait(waiting, timeout=ENDING / 2)
        finally:
            self._loop.stop()


class _Daemons(ThreadPoolExecutor):
    """What the loop does in threads, looking up a host's name above all: the interpreter does not wait for these."""

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(work(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  it belongs to whoever asked
                answer.set_exception(error)

        answer.set_running_or_notify_cancel()
        threading.Thread(target=run, name="lookup", daemon=True).start()
        return answer
