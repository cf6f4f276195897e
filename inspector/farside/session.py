"""One connection to the far side: started, asked, listened to with a limit on silence, and ended in every case."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from inspector.farside import MARK
from inspector.farside.boot import BOOT, STUB
from inspector.farside.host import Host
from inspector.farside.parcel import packed
from inspector.farside.refusals import error, refused, too_old
from inspector.model import InspectError

BEGINNING = 60.0
"""Seconds until the far side says hello: connecting, and half a megabyte over a slow line."""
SILENCE = 30.0
"""Seconds without a sign of life (there is one every five) after which the far side counts as lost."""
ANSWER = 64 << 20
GRACE = 3.0
"""Seconds in which everything there is gone once our side has ended."""
_NOISE = 4096
_END = None


class Session:
    """The far side, as long as it lasts.

    Raises:
        InspectError: it cannot be begun; the message says why (exit status 3).
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.heard: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.said, self.noise = bytearray(), bytearray()
        try:
            self.process = subprocess.Popen(
                host.command(STUB),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is ours to tell it of, in order
            )
        except OSError as failed:
            message = f"{host.ssh[0]} cannot be run: {failed.strerror}"
            raise InspectError(message, hint="install OpenSSH's client, or name it: --ssh PROGRAM") from failed
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.listen, self.overhear)]
        for thread in self.threads:
            thread.start()
        try:
            self.hello = self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self) -> dict[str, Any]:
        """Send ourselves there, and wait until that says hello."""
        boot, parcel = BOOT.encode(), packed()
        head = json.dumps({"size": len(parcel), "folder": self.host.folder}).encode()
        whole = b"%d\n%s%s\n%s" % (len(boot), boot, head, parcel)
        self.send(whole)
        until = time.monotonic() + BEGINNING
        while True:
            told = self.next(until - time.monotonic(), f"did not begin in {BEGINNING:g} s")
            if told is _END:
                raise refused(self.host, self.words(), self.ended())
            if "too old" in told:
                raise too_old(self.host, str(told["too old"]), str(told.get("executable", "")))
            if "error" in told:
                raise self.error_of(told["error"])
            if "hello" in told:
                return told

    def ask(self, request: dict[str, Any], hear: Callable[[dict[str, Any]], None], seconds: float) -> dict[str, Any]:
        """One request and its answer.

        Args:
            request: what the far side is to do.
            hear: told of its progress.
            seconds: how long it may take.

        Raises:
            InspectError: what the far side has to tell; or it is lost, or takes too long.
        """
        self.send(json.dumps(request).encode() + b"\n")
        until = time.monotonic() + seconds
        while True:
            told = self.next(min(SILENCE, until - time.monotonic()), f"gave no sign of life for {SILENCE:g} s", until)
            if told is _END:
                status = self.ended()
                what = "the connection was lost" if status == 255 else f"the far side ended (status {status})"
                raise error(self.host, f"{what} before it had answered", "try again", self.words())
            if "error" in told:
                raise self.error_of(told["error"])
            if "snapshot" in told or "told" in told:
                return told
            hear(told)

    def next(self, seconds: float, silent: str, until: float | None = None) -> dict[str, Any] | None:
        try:
            return self.heard.get(timeout=max(0.01, seconds))
        except queue.Empty:
            late = until is not None and time.monotonic() >= until
            what = "took too long and was stopped" if late else silent
            hint = "--timeout gives it longer" if late else "is the machine busy, or the connection dead? try again"
            raise error(self.host, what, hint, self.words()) from None

    def error_of(self, told: Any) -> InspectError:
        """An error that the far side tells, with its name before it."""
        fields = told if isinstance(told, dict) else {}
        name, program = self.host.shown, getattr(self, "hello", {}).get("executable", self.host.python)
        message, hint = str(fields.get("message", "failed")), str(fields.get("hint", ""))
        if fields.get("missing"):
            message, hint = f"{program} has no {fields['missing']}", "--python PATH names another interpreter there"
        status = fields.get("exit_code")
        known = status if status in (2, 3, 4) else 3
        code, where = str(fields.get("code", "")), str(fields.get("where", ""))
        return InspectError(f"{name}: {message}", hint=hint, exit_code=known, code=code, where=where)

    def send(self, data: bytes) -> None:
        """To the far side, from another thread, as one that hangs takes nothing; what it refuses, its end tells of."""

        def sending() -> None:
            assert self.process.stdin is not None
            with contextlib.suppress(OSError, ValueError):
                self.process.stdin.write(data)
                self.process.stdin.flush()

        threading.Thread(target=sending, daemon=True).start()

    def listen(self) -> None:
        """The lines that are meant for us; what a login shell prints besides is kept for whoever asks why."""
        assert self.process.stdout is not None
        begins, size = MARK.encode(), 0
        while line := self.process.stdout.readline(ANSWER):
            size += len(line)
            if line.startswith(begins) and size < 4 * ANSWER:
                with contextlib.suppress(ValueError, RecursionError):
                    told = json.loads(line[len(begins) :])
                    self.heard.put(told if isinstance(told, dict) else {})
            else:
                self.noise += line[: max(0, _NOISE - len(self.noise))]
        self.heard.put(_END)

    def overhear(self) -> None:
        """What ssh and the far side write to stderr: its last words."""
        assert self.process.stderr is not None
        while part := self.process.stderr.read1(4096):  # type: ignore[attr-defined]
            self.said += part
            del self.said[: max(0, len(self.said) - _NOISE)]

    def words(self) -> str:
        self.threads[1].join(0.5)
        return bytes(self.said).decode("utf-8", "replace")

    def ended(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(GRACE)
        return None

    def close(self) -> None:
        """End it: its standard input ends, upon which it removes what it brought; ssh that does not end is killed."""
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        if self.ended() is None:
            self.process.kill()
            self.ended()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None and not any(thread.is_alive() for thread in self.threads):
                stream.close()
