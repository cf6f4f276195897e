"""What runs on the far side: this file alone, by any Python from 3.8 on, with nothing but the standard library.

``serve`` starts a program under debugpy that reaches ``ConfigMixin.extract_init_dict``, and hands the debugger's
protocol on over its own two pipes, so that one ssh connection carries all of it, and everything ends when that
connection does. ``tree`` hashes the sources of a workspace.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

MARK = "inspect-pipe-far:"
READ = (
    "import os,sys\nb=b''\nwhile len(b)<{size}:b+=os.read(0,{size}-len(b)) or sys.exit(3)\nexec(compile(b,'','exec'))"
)
"""What the far Python is started with (``-c``): this file comes on its standard input, and then the protocol."""
SKIPPED = {"__pycache__", "node_modules", "site-packages", "dist-packages", "build", "dist"}
MOST = 20000
"""Sources of one workspace that are hashed."""
LONGEST = 30.0
"""Seconds that are spent on one workspace."""


def tree(root: str) -> dict[str, Any]:
    """Each source under a folder with its SHA-256; without hidden folders and the environments that lie in it."""
    files: dict[str, str] = {}
    whole = os.path.isdir(root)
    end = time.monotonic() + LONGEST
    for folder, folders, names in os.walk(root):
        inner = (f for f in folders if f not in SKIPPED and not f.startswith("."))
        folders[:] = sorted(f for f in inner if not os.path.exists(os.path.join(folder, f, "pyvenv.cfg")))
        for name in sorted(n for n in names if n.endswith(".py")):
            if len(files) >= MOST or time.monotonic() > end:
                return {"files": files, "whole": False}
            path = os.path.join(folder, name)
            try:
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
            except OSError:
                whole = False
                continue
            files[os.path.relpath(path, root).replace(os.sep, "/")] = digest
    return {"files": files, "whole": whole}


def of_package(home: str) -> dict[str, str]:
    """Each source of a package with its SHA-256, named from the folder that the package lies in."""
    above, files = os.path.dirname(home), {}
    for folder, _, names in os.walk(home):
        for path in (os.path.join(folder, name) for name in names if name.endswith(".py")):
            with open(path, "rb") as file:
                files[os.path.relpath(path, above).replace(os.sep, "/")] = hashlib.sha256(file.read()).hexdigest()
    return files


def say(**told: Any) -> None:
    sys.stdout.write(MARK + json.dumps(told) + "\n")
    sys.stdout.flush()


def debuggee(module: str, seconds: float) -> None:
    """Import the library untraced, wait for a debugger, then reach ``extract_init_dict`` until it has been seen."""
    try:
        import debugpy
    except ImportError:
        return say(missing="debugpy", python=sys.executable)
    try:
        found = importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the library raises is what is told
        return say(error=f"import {module}: {type(error).__name__}: {error}", python=sys.executable)

    class Probe(found.ConfigMixin):  # type: ignore[misc, name-defined]
        config_name = "probe.json"

        def __init__(self, beta: int = 1) -> None:
            self.beta = beta

        def register_to_config(self, **kwargs: Any) -> None:
            pass

    try:
        _, port = debugpy.listen(("127.0.0.1", 0))
    except Exception as error:  # noqa: BLE001 - one that is too new for this Python, say
        version = sys.version.split()[0]
        return say(error=f"debugpy {debugpy.__version__} under Python {version}: {error}", python=sys.executable)
    say(port=port, file=found.__file__, python=sys.executable, debugpy=debugpy.__version__)
    end = time.monotonic() + seconds
    debugpy.wait_for_client()
    while time.monotonic() < end:
        Probe.from_config({"beta": 2})
        time.sleep(0.05)
    return None


def serve(request: dict[str, Any]) -> None:
    """Start :func:`debuggee` in a process of its own, and be its line to the debugger until either side ends."""
    import socket

    code = f"{request['source']}\ndebuggee({request['module']!r}, {request['seconds']!r})\n"
    command = [sys.executable, *request["options"], "-c", code]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.stdout, child.stderr
    assert out is not None and err is not None
    late = threading.Timer(request["seconds"], child.kill)
    late.daemon = True
    late.start()
    said: list[bytes] = []
    errors = threading.Thread(target=lambda: said.extend(err), daemon=True)
    errors.start()
    told: dict[str, Any] = {}
    for answer in iter(out.readline, b""):
        if answer.startswith(MARK.encode()):
            told = json.loads(answer[len(MARK) :].decode())
            break
    if "port" not in told:
        child.kill()
        child.wait()
        errors.join(1)
        last = b"".join(said[-1:]).decode("utf-8", "replace").strip()
        say(**(told or {"error": f"the program ended before a debugger could attach: {last}"}))
        return
    line = socket.create_connection(("127.0.0.1", told["port"]), 10)
    line.settimeout(None)
    threading.Thread(target=lambda: [None for _ in out], daemon=True).start()
    say(**told)

    def upwards() -> None:
        while True:
            data = os.read(0, 65536)
            if not data:
                break
            line.sendall(data)
        child.kill()

    threading.Thread(target=upwards, daemon=True).start()
    try:
        while True:
            data = line.recv(65536)
            if not data:
                break
            while data:
                data = data[os.write(1, data) :]
    except OSError:
        pass  # the other end of our pipe is gone
    child.kill()
    child.wait()  # and the thread above, which may wait for ever, ends with this process


def main(request: dict[str, Any]) -> None:
    if request.get("folder"):
        os.chdir(request["folder"])
    if request["what"] == "serve":
        serve(request)
    else:
        say(**tree(request["root"]))
