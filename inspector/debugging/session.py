"""A real session: a breakpoint in ``extract_init_dict`` at its path here must bind, and the program there must stop.

``verified: true`` proves nothing: where the same path exists on both sides debugpy says so and never stops, and with a
drifted copy it stops in other code. So what counts is the stop itself: its path, its line, its function, that the
source is the editor's own file (no ``sourceReference``), and that both files are one.
"""

from __future__ import annotations

import ast
import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from inspector.debugging.dap import Client, RefusedError, SilentError
from inspector.debugging.sides import Side, program, told
from inspector.model import InspectError

MODULE, CLASS, FUNCTION = "diffusers.configuration_utils", "ConfigMixin", "extract_init_dict"
FILE = "configuration_utils.py"
Session = tuple[Client | None, dict[str, Any]]
_EDITORS = ("name", "type", "request", "connect", "program", "console")
"""What of a configuration is for the editor, or for a program that it starts."""
COMING = 6.0
"""Seconds in which our own program comes by the breakpoint: it does so twenty times a second."""
_REFUSED = 1.0
"""Seconds that are waited for a stop at a breakpoint that was refused."""
_SETTLING = 0.3
"""Seconds that an adapter is given between two editors (measured: 60 of 60 go well; without it 1 of 30 hangs)."""
_ALWAYS = {"justMyCode": True, "clientOS": "unix"}
"""What an editor sends where the configuration does not say; else debugpy keeps what the editor before it sent."""
_ANSWER = 15.0
"""Seconds for one answer of the adapter, which itself waits 15 for the program."""


@dataclass
class Seen:
    """What became of one breakpoint. ``program`` is what the far program says of itself."""

    path: str
    line: int
    verified: bool = False
    message: str = ""
    stopped: bool = False
    where: str = ""
    at: int = 0
    function: str = ""
    reference: int = 0
    error: str = ""
    program: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {
            "path": self.path, "line": self.line, "verified": self.verified, "message": self.message,
            "stopped": self.stopped, "stop": {"path": self.where, "line": self.at, "function": self.function},
            "source_reference": self.reference, "error": self.error, "program": self.program,
        }  # fmt: skip


def target(home: str) -> tuple[str, int]:
    """The file of the local copy in which the breakpoint goes, and the first line that runs in the function.

    Args:
        home: the folder of the library.

    Raises:
        InspectError: the file cannot be read, or the function is not there.
    """
    file = Path(home) / FILE
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise InspectError(f"{file} cannot be read: {error}", where=str(file)) from error
    line = first_line(tree, CLASS, FUNCTION)
    if line is None:
        raise InspectError(f"{file} has no {CLASS}.{FUNCTION}", hint="is this copy whole?", where=str(file))
    return str(file), line


def first_line(tree: ast.AST, cls: str, name: str) -> int | None:
    """The first statement of a method that is more than its docstring."""
    for owner in (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == cls):
        for function in (n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == name):
            body = function.body
            said = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
            return body[1 if said and len(body) > 1 else 0].lineno
    return None


@contextlib.contextmanager
def started(side: Side, seconds: float, folder: str = "", options: tuple[str, ...] = ()) -> Iterator[Session]:
    """A program on a side that waits for a debugger, and the line to it; None, with the reason, where there is none.

    It ends with this block, whatever happens: with its line, and by its own clock.

    Args:
        side: where; its Python must be one that can be started from here.
        seconds: after which it ends in any case.
        folder: where the program is run; what lies there may hide what is installed.
        options: of its Python: ``-X...``.
    """
    code, text = program(
        {"what": "serve", "module": MODULE, "seconds": seconds, "options": list(options), "folder": folder}
    )
    pipe = subprocess.PIPE
    process = subprocess.Popen(side.command(code), stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    late = threading.Timer(seconds, process.kill)
    late.start()
    said: list[bytes] = []
    listener = threading.Thread(target=lambda stream: said.extend(stream), args=(process.stderr,), daemon=True)
    listener.start()
    try:
        answer = introduced(process.stdin, process.stdout, text)
        if answer is None:
            listener.join(1)
            last = b"".join(said).decode("utf-8", "replace").strip().splitlines()[-1:]
            answer = {"error": last[0][:300] if last else f"no answer in {seconds:g} s"}
        client = Client(process.stdout, process.stdin, lambda: None) if "port" in answer else None
        yield client, answer
    finally:
        late.cancel()
        with contextlib.suppress(OSError):
            process.stdin.close()  # the far program ends with its line
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def introduced(stdin: IO[bytes], stdout: IO[bytes], text: bytes) -> dict[str, Any] | None:
    """What the far program says of itself before it waits for the debugger; None when it says nothing."""
    try:
        stdin.write(text)
        stdin.flush()
        for line in iter(stdout.readline, b""):
            if (answer := told(line)) is not None:
                return answer
    except OSError:
        return None  # it is gone; what it wrote last says why
    return None


def tried(client: Client, config: Mapping[str, Any], path: str, line: int, seconds: float, condition: str = "") -> Seen:
    """Attach with a configuration, set one breakpoint, wait for the stop, and let the program go.

    Args:
        client: the line to it.
        config: what the editor would send: ``pathMappings``, ``justMyCode``, ``rules``…
        path: the file, as the editor spells it.
        line: counted from one.
        seconds: how long the program has to come by.
        condition: stop only where this holds.
    """
    seen = Seen(path, line)
    try:
        attached(client, config)
        breakpoint_ = {"line": line, **({"condition": condition} if condition else {})}
        body = client.request("setBreakpoints", _ANSWER, source={"path": path}, breakpoints=[breakpoint_])
        placed = body["breakpoints"][0]
        seen.verified, seen.message = bool(placed.get("verified")), str(placed.get("message") or "")
        client.request("configurationDone", _ANSWER)
        try:
            wait = seconds if seen.verified else min(seconds, _REFUSED)
            event = client.event(("stopped", "terminated", "exited"), wait)
        except SilentError as silent:
            seen.error = str(silent)
            return seen
        if event["event"] != "stopped":
            seen.error = "the program ended"
            return seen
        frames = client.request("stackTrace", _ANSWER, threadId=event["body"]["threadId"], levels=1)["stackFrames"]
        source = frames[0].get("source") or {}
        seen.stopped, seen.at, seen.function = True, int(frames[0]["line"]), str(frames[0]["name"])
        seen.where, seen.reference = str(source.get("path") or ""), int(source.get("sourceReference") or 0)
    except (RefusedError, SilentError) as error:
        seen.error = str(error)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        seen.error = f"an answer that is none of this protocol: {error!r}"
    return seen


def attached(client: Client, config: Mapping[str, Any]) -> None:
    """Introduce ourselves as an editor does, and hand over the configuration."""
    client.request(
        "initialize", _ANSWER, clientID="inspect-pipe", adapterID="debugpy", pathFormat="path", linesStartAt1=True,
        columnsStartAt1=True,
    )  # fmt: skip
    client.send("attach", **{k: v for k, v in {**_ALWAYS, **config}.items() if k not in _EDITORS})
    client.event("initialized", _ANSWER)


def left(client: Client, *, end: bool) -> None:
    """Leave the session: the program goes on, or ends where it is ours."""
    with contextlib.suppress(RefusedError, SilentError):
        client.request("disconnect", _ANSWER, terminateDebuggee=end)
    with contextlib.suppress(SilentError):
        client.event("until it closes the line", 1 if end else _ANSWER)
    if not end:  # it has more to do: of editors that come at once, one in thirty hangs the adapter for good
        time.sleep(_SETTLING)
    client.close()


def own(side: Side, config: Mapping[str, Any], path: str, line: int, seconds: float, folder: str = "") -> Seen:
    """The breakpoint tried on a program that is started for it, and ended after it."""
    with started(side, seconds, folder) as (client, answer):
        if client is None:
            return Seen(path, line, program=answer)
        seen = tried(client, config, path, line, min(seconds, COMING))
        seen.program = answer
        left(client, end=True)
        return seen


def joined_in(address: tuple[str, int], config: Mapping[str, Any], path: str, line: int, seconds: float) -> Seen:
    """The breakpoint tried on somebody's program that listens, which goes on afterwards.

    Raises:
        InspectError: nobody listens there.
    """
    host, port = address
    try:
        client = Client.connect(host, port, 10)
    except OSError as error:
        hint = f"start it there: python -m debugpy --listen 0.0.0.0:{port} script.py"
        raise InspectError(f"{host}:{port}: {error.strerror or error}", hint=hint, where=host) from error
    try:
        return tried(client, config, path, line, seconds)
    finally:
        left(client, end=False)
