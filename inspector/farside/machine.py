"""The far side as what commands ask in place of this machine (:class:`inspector.elsewhere.Far`)."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from inspector import elsewhere
from inspector.carrying import snapshot_of
from inspector.environment import asking
from inspector.farside.host import Host
from inspector.farside.refusals import error, missing, refused
from inspector.farside.session import BEGINNING, Session
from inspector.model import EXIT_INTERNAL, InspectError, Snapshot

HERE = "here:"
"""Begins a SOURCE of this machine, beside one of the far side's."""
MARGIN = 60.0
"""Seconds that the far side has beyond the limit that it keeps itself."""
ESSENTIAL = ("diffusers", "torch")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")


class Machine:
    """Another machine for as long as a command runs; the connection is made when something is first asked."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        self.host, self.say = host, say
        self.open: Session | None = None

    def __enter__(self) -> Machine:
        elsewhere.FAR.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        elsewhere.FAR.remove(self)
        if self.open is not None:
            self.open.close()

    @property
    def shown(self) -> str:
        return self.host.shown

    def session(self) -> Session:
        if self.open is None:
            self.open = Session(self.host)
            hello = self.open.hello
            self.say(f"{self.host.shown}: {hello['executable']}, Python {hello['python']}, on {hello['host']}")
        return self.open

    def take(self, text: str, options: dict[str, Any]) -> Snapshot:
        """What is to be seen of a source there; of one that begins with ``here:``, of this machine.

        Raises:
            InspectError: as :func:`inspector.snapshots.take`, with the name of the host before it.
        """
        if text.startswith(HERE):
            return self.at_home(text.removeprefix(HERE), options)
        told = self.asked({"do": "take", "text": text}, options, () if options["static"] else ESSENTIAL)
        try:
            snapshot = snapshot_of(told["snapshot"])
        except (KeyError, ValueError, RecursionError) as failed:
            raise error(self.host, f"its answer is none that can be understood: {failed}", "try again") from failed
        return dataclasses.replace(snapshot, source=f"{self.host.shown}:{snapshot.source}")

    def at_home(self, text: str, options: dict[str, Any]) -> Snapshot:
        from inspector import snapshots

        elsewhere.FAR.remove(self)
        try:
            return snapshots.take(text, **options)
        finally:
            elsewhere.FAR.append(self)

    def ask(self, text: str, task: str, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """What a task of the worker says of a source there; of none where ``text`` is empty."""
        if text.startswith(HERE):
            raise error(self.host, f"{text} is a source of this machine", "run the command without remote run")
        request = {"do": "ask", "text": text, "task": task, "given": given}
        told: dict[str, Any] = self.asked(request, options, ESSENTIAL)["told"]
        return told

    def call(self, texts: list[str], *, online: bool) -> dict[str, Any]:
        """``source``, ``versions`` and ``data`` of the report that ``inspect-pipe call`` makes there."""
        told: dict[str, Any] = self.asked({"do": "call", "texts": texts}, {"online": online}, ESSENTIAL[:1])["told"]
        return told

    def asked(self, request: dict[str, Any], options: dict[str, Any], needed: Sequence[str]) -> dict[str, Any]:
        """The answer to a request, which cannot be given without the packages that are needed for it."""
        session = self.session()
        without = [name for name in needed if name in session.hello["missing"]]
        if without:
            raise missing(self.host, without, str(session.hello["executable"]))
        progress, tell = options.get("progress"), options.get("tell")
        sent = {k: v for k, v in options.items() if k not in ("progress", "tell")}
        if "limits" in sent:
            sent["limits"] = dataclasses.asdict(sent["limits"])

        def hear(said: dict[str, Any]) -> None:
            if progress is not None and "progress" in said:
                progress(f"{self.host.shown}: {said['progress']}")
            elif tell is not None and "tell" in said:
                tell(said["tell"])

        try:
            return session.ask({**request, "options": sent}, hear, float(options.get("timeout", BEGINNING)) + MARGIN)
        except InspectError as failed:
            found = _NO_MODULE.search(failed.message)
            if failed.exit_code == EXIT_INTERNAL and found is not None:
                raise missing(self.host, [found[1]], str(session.hello["executable"])) from failed
            raise

    def facts(self, python: str | None, **options: Any) -> dict[str, Any]:
        """The facts of the Python there, which needs none of this package: only its own standard library.

        Raises:
            InspectError: it cannot be asked (exit status 3).
        """
        host = dataclasses.replace(self.host, python=python) if python else self.host
        seconds = float(options.pop("seconds", asking.SECONDS))
        options["folder"] = options.get("folder") or self.host.folder or None
        text = asking.program_text({"ask_torch": options["torch"], "script": options["script"]}, options["folder"])
        command = host.command(asking.STUB)
        try:
            done = asking.ran(command, text, seconds)
        except subprocess.TimeoutExpired:
            raise error(host, f"no answer in {seconds:g} s", "--timeout gives it longer") from None
        except OSError as failed:
            message = f"{host.ssh[0]} cannot be run: {failed.strerror}"
            raise InspectError(message, hint="install OpenSSH's client, or name it: --ssh PROGRAM") from failed
        said = done.stderr.decode("utf-8", "replace")
        if asking.MARK.encode() not in done.stdout and done.returncode and 'File "facts/' not in said:
            raise refused(host, said, done.returncode)
        facts = asking.answered(f"{host.shown}: {host.python}", done)
        self.say(f"{host.shown}: {facts['python']['executable']}, Python {facts['python']['version']}")
        return facts
