"""The far side at work: a request a line, an answer a line, until its standard input ends."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from inspector.carrying import plain
from inspector.farside import MARK
from inspector.model import EXIT_INTERNAL, InspectError

ALIVE = 5.0
"""Seconds between two signs of life."""
NEEDED = ("diffusers", "torch", "transformers", "accelerate", "scipy", "huggingface_hub", "safetensors")
"""The packages that are told to be there or not; without the first two nothing can be built."""

Say = Callable[[dict[str, Any]], None]


def serve(source: BinaryIO, here: str) -> None:
    """Answer every request.

    Args:
        source: where the requests come from.
        here: the folder that the sources are given relative to.
    """
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what the libraries print is no answer
    lock = threading.Lock()

    def say(told: dict[str, Any]) -> None:
        with lock:
            out.write(b"\n" + MARK.encode() + json.dumps(told).encode() + b"\n")

    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    for work in (lambda: listen(source, requests), lambda: live(say)):
        threading.Thread(target=guarded, args=(work,), daemon=True).start()
    say({"hello": 1, **facts()})
    while True:
        say(answer(requests.get(), say))


def guarded(work: Callable[[], None]) -> None:
    """Until it ends or fails, which means that nobody is there any more: then everything here ends too."""
    try:
        work()
    except (OSError, ValueError):
        pass  # the other side is gone, in the middle of a line or not
    finally:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def listen(source: BinaryIO, requests: queue.Queue[dict[str, Any]]) -> None:
    for line in source:
        requests.put(json.loads(line))


def live(say: Say) -> None:
    pause = threading.Event()
    while not pause.wait(ALIVE):
        say({"alive": 1})


def facts() -> dict[str, Any]:
    """Which Python this is, on what machine, and which packages it does not have."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    version = ".".join(map(str, sys.version_info[:3]))
    return {"python": version, "executable": sys.executable, "host": socket.gethostname(), "missing": missing}


def answer(request: dict[str, Any], say: Say) -> dict[str, Any]:
    """What became of one request."""
    try:
        return done(request, say)
    except InspectError as error:
        fields = ("message", "hint", "exit_code", "code", "where")
        return {"error": {name: getattr(error, name) for name in fields}}
    except ModuleNotFoundError as error:
        return {"error": {"message": f"no module named {error.name}", "missing": error.name}}
    except Exception as error:  # noqa: BLE001 (told to the user of the other side, who alone can report it)
        import traceback

        traceback.print_exc()
        return {"error": {"message": f"{type(error).__name__}: {error}"[:500], "exit_code": EXIT_INTERNAL}}


def done(request: dict[str, Any], say: Say) -> dict[str, Any]:
    options = dict(request["options"])
    if request["do"] == "call":
        from inspector.calling.report import call_of

        report = call_of(request["texts"], online=bool(options.get("online")))
        return {"told": plain({"source": report.source, "versions": report.versions, "data": report.data})}
    from inspector import snapshots
    from inspector.reading import Limits

    if "limits" in options:
        options["limits"] = Limits(**options["limits"])
    if request["do"] == "take":
        options["progress"] = lambda line: say({"progress": line})
        return {"snapshot": plain(snapshots.take(request["text"], **options))}

    def tell(said: Any) -> None:
        say({"tell": said})

    if request["text"]:
        options["progress"] = lambda line: say({"progress": line})
        return {"told": snapshots.ask(request["text"], request["task"], request["given"], tell=tell, **options)}
    return {"told": snapshots.alone(request["task"], request["given"], progress=tell, **options)}
