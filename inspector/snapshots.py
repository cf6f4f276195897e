"""A SOURCE → its Snapshot: what can be read is read here, what must be built is built in the guarded worker."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector import guard, sources
from inspector.model import EXIT_INTERNAL, EXIT_USAGE, Component, InspectError, Skip, Snapshot
from inspector.reading import Limits
from inspector.sources import Source
from inspector.worker import Request

SECONDS = 300.0
ANSWER = 256 << 20
READ_ONLY = ("weights",)
NOTHING_TO_READ = ("py", "class")


def take(
    text: str,
    *,
    static: bool = False,
    weights: bool = False,
    torch_dtype: str | None = None,
    device: str | None = None,
    trust_remote_code: bool = False,
    online: bool = False,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    timeout: float = SECONDS,
    progress: Callable[[str], None] | None = None,
) -> Snapshot:
    """Everything there is to know of a source.

    Args:
        text: the SOURCE, as a user types it.
        static: read files only, build nothing.
        weights: load the weights too, with the library's own ``from_pretrained``.
        torch_dtype: with ``weights``, the type to load them as (``float16``).
        device: with ``weights``, where to put the pipeline.
        trust_remote_code: run code that comes with the folder.
        online: a Hub id may be fetched.
        limits: the caps for reading.
        timeout: how many seconds building may take.
        progress: told what is being done.

    Raises:
        InspectError: there is no such source, or nothing of it can be read.
    """
    say = progress or (lambda _: None)
    source = sources.resolve(text, online=online)
    if source.scheme == "report":
        return saved(source)
    if static and (source.scheme in NOTHING_TO_READ or is_live(source)):
        raise InspectError(f"{text} has no files to read", hint="leave --static out", exit_code=EXIT_USAGE)
    if source.scheme == "demo":
        say(f"making {text}")
    folder = folder_of(source)
    if static or source.scheme in READ_ONLY:
        say(f"reading {text}")
        return read(folder, limits)
    request = Request(
        text=source.text,
        scheme="folder" if source.scheme == "demo" and not is_live(source) else source.scheme,
        path=os.path.abspath(folder.path) if folder.path else "",
        target=source.target,
        limits=dataclasses.asdict(limits),
        weights=weights,
        torch_dtype=torch_dtype,
        device=device,
        trust_remote_code=trust_remote_code,
        seconds=timeout,
        here=os.getcwd(),
    )
    say(f"building {text}")
    with Worker(request) as worker:
        seen = None if source.scheme in NOTHING_TO_READ or is_live(source) else read(folder, limits)
        built = worker.answer()
    if isinstance(built, Snapshot):
        return built if seen is None else merged(seen, built)
    if seen is None:
        raise InspectError(f"{text}: {built.reason}", hint="run it with --timeout raised, or outside", exit_code=EXIT_INTERNAL)
    return dataclasses.replace(seen, skipped=(*seen.skipped, built))


def is_live(source: Source) -> bool:
    """Whether a demo is more than its folder holds."""
    if source.scheme != "demo":
        return False
    from inspector import demo

    return source.target in demo.LIVE


def folder_of(source: Source) -> Source:
    """A demo as the folder it is kept in, made now if it is not there; any other source as it is."""
    if source.scheme != "demo":
        return source
    from inspector import demo

    return dataclasses.replace(source, scheme="folder", path=demo.path(source.target))


def read(source: Source, limits: Limits) -> Snapshot:
    """What the files alone say."""
    from inspector import static

    return static.snapshot(source, limits)


def saved(source: Source) -> Snapshot:
    """The snapshot inside a saved report.

    Raises:
        InspectError: the report holds none, or not the shape this version knows.
    """
    from pydantic import TypeAdapter, ValidationError

    if source.path is None:
        raise InspectError(f"{source.text}: no such report")
    try:
        report = json.loads(source.path.read_bytes())
        return TypeAdapter(Snapshot).validate_python(report["data"]["snapshot"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise InspectError(
            f"{source.text} is not a report that holds a snapshot ({type(error).__name__})",
            hint="save one with: inspect-pipe diff SOURCE --format json -o report.json",
            where=source.text,
        ) from error


def merged(seen: Snapshot, built: Snapshot) -> Snapshot:
    """What was built, with what only the files tell: sizes and types of weights, components that were not built."""
    before = {c.path: c for c in seen.components}
    components = [with_files(c, before.pop(c.path, None)) for c in built.components]
    components += before.values()
    problems = {(p.code, p.where, p.message if p.code.startswith("IPI") else ""): p for p in (*seen.problems, *built.problems)}
    skipped = {(s.where, s.reason): s for s in (*seen.skipped, *built.skipped)}
    return dataclasses.replace(
        built, components=tuple(components), problems=tuple(problems.values()), skipped=tuple(skipped.values())
    )


def with_files(component: Component, files: Component | None) -> Component:
    """A component that was built, with the facts that its files give."""
    if files is None:
        return component
    facts = {**files.facts, **component.facts}
    if files.state:
        facts["files"] = files.state
    return dataclasses.replace(component, facts=facts)


class Worker:
    """One run of :mod:`inspector.worker`, started at once and answered later."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.private = tempfile.TemporaryDirectory(prefix="inspect-pipe-", ignore_cleanup_errors=True)
        self.log = open(Path(self.private.name) / "log", "w+b")  # noqa: SIM115 (closed in __exit__)
        root = str(Path(__file__).resolve().parents[1])
        start = "import sys; r = sys.argv.pop(1); r in sys.path or sys.path.insert(0, r); from inspector.worker import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", start, root, json.dumps(dataclasses.asdict(request))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            cwd=self.private.name if request.scheme != "py" else None,
            env=environment(Path(self.private.name), request),
            start_new_session=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        kill(self.process)
        self.log.close()
        self.private.cleanup()

    def answer(self) -> Snapshot | Skip:
        """The snapshot, or why there is none.

        Raises:
            InspectError: what the worker itself has to tell the user.
        """
        from pydantic import TypeAdapter

        try:
            out, _ = self.process.communicate(timeout=self.request.seconds)
        except subprocess.TimeoutExpired:
            return self.failed(f"building took over {self.request.seconds:g} s and was stopped")
        if len(out) > ANSWER:
            return self.failed(f"the worker's answer is over {ANSWER} bytes")
        try:
            said = json.loads(out)
        except ValueError:
            return self.failed(ended(self.process.returncode))
        if "error" in said:
            raise InspectError(said["error"].pop("message"), **said["error"])
        if "crash" in said:
            return self.failed(f"building failed: {said['crash']}")
        return TypeAdapter(Snapshot).validate_python(said["snapshot"])

    def failed(self, reason: str) -> Skip:
        """Nothing was built: the reason, with the last line of the log where that tells more."""
        kill(self.process)
        self.log.seek(0)
        lines = self.log.read()[-4096:].decode("utf-8", "replace").strip().splitlines()
        tail = lines[-1].strip()[:300] if lines and not lines[-1].startswith("guard:") else ""
        return Skip("pipe", f"{reason} ({tail})" if tail and tail not in reason else reason, failed=True)


def environment(private: Path, request: Request) -> dict[str, str]:
    """A clean environment for folders; the user's own for the user's own code."""
    from inspector.classes import cache_dir

    if request.scheme == "py":
        return {**os.environ, **guard.QUIET}
    return {**guard.environment(private, code=request.trust_remote_code), "INSPECT_PIPE_CACHE": str(cache_dir().absolute())}


def ended(status: int | None) -> str:
    """How a process that did not answer came to its end."""
    if status is not None and status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        return f"the worker was ended by {name}"
    return f"the worker ended with status {status} and no answer"


def kill(process: subprocess.Popen[Any]) -> None:
    """End a worker and whatever it started; nothing if it has ended."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        except ProcessLookupError:  # it ended just now
            return
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
