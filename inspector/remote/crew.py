"""Many requests at once over one connection, and an end to the waiting, whatever the server does.

Requests are made in threads that are left behind when their time is up; what they give is taken by the one thread that
waits, which ``Ctrl-C`` interrupts.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from inspector.model import InspectError
from inspector.remote.connection import RemoteError
from inspector.remote.link import BACK_OFF, TRIES, Link, Traffic

THREADS = 32
"""Requests at once. A folder of a pipeline has about as many files."""
SLOW_TRIES = 2
"""Of what was not answered in time; and once one request was given up so, none is made again for it."""
GRACE = 0.5
"""Seconds for which a connection may be late with saying itself that it is late."""
LOOK = 0.1
"""Seconds between looks at who has not answered."""


@dataclass(slots=True, eq=False)
class Task:
    """One request, and what became of it: ``found``, or ``error``.

    ``then`` is called with the task once it is done, by the thread that waits; it may ask for more.
    """

    method: str
    arguments: tuple[Any, ...]
    then: Callable[[Task], None] | None = None
    done: bool = False
    found: Any = None
    error: InspectError | None = None
    tried: int = 0
    since: float | None = None
    connection: int = 0


class Crew:
    """Makes requests, each up to three times where trying again may help.

    Args:
        link: the connection.
        until: when ``time.monotonic()`` says so, whatever has not come is given up.
        late: the error for what is given up then.
    """

    def __init__(self, link: Link, until: float, late: Callable[[], RemoteError]) -> None:
        self.link, self.until, self.late = link, until, late
        self.traffic = Traffic()
        self._asked: queue.SimpleQueue[tuple[Task, int] | None] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[tuple[Task, int, Any, InspectError | None]] = queue.SimpleQueue()
        self._later: list[tuple[float, int, Task]] = []
        self._order = count()
        self._running: dict[Task, None] = {}
        self._threads = 0
        self._answered = self._looked = 0.0
        self._slow = False

    def start(self, method: str, *arguments: Any, then: Callable[[Task], None] | None = None) -> Task:
        """Ask, and do not wait."""
        task = Task(method, arguments, then)
        self._put(task)
        return task

    def wait(self, tasks: Iterable[Task] | None = None) -> None:
        """Wait for these requests, or for all and for what they lead to; meanwhile the others go on.

        In the end each has what it found, or an error.
        """
        if tasks is None:
            while self._running or self._later:
                self._turn()
            return
        for task in tasks:
            while not task.done:
                self._turn()

    def close(self) -> None:
        """Let the threads end as they come free."""
        for _ in range(self._threads):
            self._asked.put(None)

    def _put(self, task: Task) -> None:
        task.tried += 1
        task.since = None
        self._running[task] = None
        self.traffic.requests += 1
        self.traffic.retries += task.tried > 1
        self._asked.put((task, task.tried))
        if self._threads < min(THREADS, len(self._running)):
            self._hire()

    def _hire(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            task, attempt = asked
            answer: tuple[Task, int, Any, InspectError | None]
            try:
                number, connection = self.link.hold()
                if task.tried == attempt:
                    task.connection, task.since = number, time.monotonic()
                answer = (task, attempt, self.link.ask(connection, task.method, task.arguments), None)
                del connection  # let go of by then, where it dies
            except InspectError as error:
                answer = (task, attempt, None, error)
            self._told.put(answer)
            del task, answer, asked

    def _turn(self) -> None:
        """Take one answer, or do what it is time for."""
        now = time.monotonic()
        if now >= self.until:
            self._give_up()
            return
        while self._later and self._later[0][0] <= now:
            self._put(heapq.heappop(self._later)[2])
        if now - self._looked > LOOK:
            self._looked = now
            self._give_up_silent(now - self.link.answer - GRACE)
        wake = min([self.until, *(when for when, _, _ in self._later[:1]), now + LOOK])
        try:
            task, attempt, found, error = self._told.get(timeout=max(0.001, wake - now))
        except queue.Empty:
            return
        if not isinstance(error, RemoteError) or not error.again:
            self._answered = time.monotonic()
        if task.done or task.tried != attempt or task not in self._running:  # given up, and answered after all
            self._threads += 1
            return
        if error is not None:
            self._failed(task, error)
        else:
            if isinstance(found, bytes):
                self.traffic.bytes += len(found)
            self._finish(task, found, None)

    def _give_up_silent(self, before: float) -> None:
        """Wait no more for what has not been answered since then."""
        for task in [t for t in self._running if t.since is not None and t.since <= before]:
            self._threads -= 1  # that thread may never come back
            self._failed(task, self._silent())

    def _failed(self, task: Task, error: InspectError) -> None:
        """Try again where that may help, over another connection if this one is dead or says nothing at all."""
        slow = isinstance(error, RemoteError) and error.trouble == "slow"
        if isinstance(error, RemoteError) and task.since is not None:
            mute = slow and self._answered <= task.since
            if error.trouble in ("broken", "unreachable") or mute:
                self.link.drop(task.connection)
        tries = TRIES if not slow else 1 if self._slow else SLOW_TRIES
        if isinstance(error, RemoteError) and error.again and self.link.dead is None and task.tried < tries:
            del self._running[task]
            when = time.monotonic() + BACK_OFF * 4 ** (task.tried - 1)
            heapq.heappush(self._later, (when, next(self._order), task))
        else:
            self._slow |= slow
            self._finish(task, None, error)

    def _finish(self, task: Task, found: Any, error: InspectError | None) -> None:
        self._running.pop(task, None)
        task.found, task.error, task.done = found, error, True
        if task.then is not None:
            task.then(task)

    def _silent(self) -> RemoteError:
        return RemoteError(f"{self.link.address.host} did not answer within {self.link.answer:g} s", "slow")

    def _give_up(self) -> None:
        """The time is up: whatever has not come is late."""
        waiting = [*self._running, *(task for _, _, task in self._later)]
        self._later.clear()
        for task in waiting:
            self._finish(task, None, self.late())
