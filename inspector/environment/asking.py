"""Has a Python tell of itself: the modules of ``facts`` are sent to it as text, and it answers with JSON."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from inspector.model import EXIT_INTERNAL, EXIT_UNREADABLE, EXIT_USAGE, InspectError

SECONDS = 120.0
GRACE = 1.0
"""Seconds in which a killed process is gone; one that waits for a dead mount may never be."""
OLDEST = (3, 8)
STUB = "import sys;exec(getattr(sys.stdin,'buffer',sys.stdin).read())"
MODULES = (
    "variables", "interpreter", "hashes", "installed", "checkout", "packages", "devices", "torchbuild", "mounts",
    "__init__",
)  # fmt: skip
"""In the order in which they are needed; the package itself comes last, as it imports the others."""
MARK = "inspect-pipe facts: "
SHAPE = {
    "python": (
        "version",
        "implementation",
        "executable",
        "real_executable",
        "venv",
        "conda",
        "frozen_modules",
        "optimize",
    ),
    "platform": ("system", "release", "machine", "libc", "processor", "capability", "processors", "host"),
    "folder": ("path", "real"),
    "devices": ("driver", "cuda", "gpus", "told_by", "reason"),
}  # fmt: skip
"""What facts that were kept in a file must have, beside what judging them asks for."""

PROGRAM = """
import sys
if sys.version_info < %(oldest)r:
    sys.stdout.write(%(mark)r + '{"too old": "%%d.%%d"}' %% tuple(sys.version_info[:2]))
    sys.exit()
path = list(sys.path)
import os
named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
sys.path[:] = [p for p in path if p and p not in named]  # its own modules come from the standard library alone
import json, threading, types
asked = json.loads(%(asked)r)
script = asked["given"].get("script")
try:
    if asked["folder"]:
        os.chdir(os.path.expanduser(asked["folder"]))
    if script is not None and not os.path.isfile(script):
        raise OSError(2, "no such script", script)
except OSError as error:
    sys.stdout.write("\\n" + %(mark)r + json.dumps({"cannot": "%%s: %%s" %% (error.filename, error.strerror)}) + "\\n")
    sys.exit()
for name, source in asked["modules"]:
    module = types.ModuleType("inspect_pipe_facts" + name)
    module.__package__ = "inspect_pipe_facts"
    if not name:
        module.__path__ = []
    sys.modules[module.__name__] = module
    if name:
        setattr(sys.modules["inspect_pipe_facts"], name[1:], module)
        exec(compile(source, "facts/%%s.py" %% name[1:], "exec", dont_inherit=True), module.__dict__)
main = sys.modules["inspect_pipe_facts"]
exec(compile(asked["main"], "facts/__init__.py", "exec", dont_inherit=True), main.__dict__)
told = main.collect(path, **asked["given"])
sys.stdout.write("\\n" + %(mark)r + json.dumps(told) + "\\n")
sys.stdout.flush()
os._exit(0)  # a thread that waits for a dead mount would keep the process
"""


def facts_of(
    python: str | None = None,
    *,
    folder: str | None = None,
    script: str | None = None,
    torch: bool = False,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """The facts of a Python as it is found in a folder.

    Args:
        python: the interpreter, a path or a name on PATH; this one when left out.
        folder: where it is run; the current folder when left out.
        script: look as ``python SCRIPT`` would rather than as ``python`` does.
        torch: import torch and ask it as well.
        seconds: how long it may take.

    Raises:
        InspectError: that Python cannot be run, is too old, or does not answer (exit status 3).
    """
    program = interpreter(python)
    if script is not None and not os.path.isfile(os.path.join(folder or "", script)):
        raise InspectError(f"{script}: no such script", hint="give the file that python runs", exit_code=EXIT_USAGE)
    if folder is not None and not os.path.isdir(folder):
        raise InspectError(f"{folder}: no such folder", hint="give the folder that python is run in", where=folder)
    text = program_text({"script": script, "ask_torch": torch})
    try:
        done = ran([program, "-c", STUB], text, seconds, folder)
    except subprocess.TimeoutExpired:
        hint = "a mount whose server is gone? --timeout gives it longer"
        raise InspectError(f"{program} did not answer in {seconds:g} s", hint=hint) from None
    except OSError as error:
        raise InspectError(f"{program} cannot be run: {error.strerror}", hint="--python PATH names another") from error
    return answered(program, done)


def ran(
    command: list[str], text: bytes, seconds: float, folder: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    """What ``subprocess.run`` gives, in a session of its own; a process that even a kill does not end is left behind.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took too long, and was killed.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
        start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(text, timeout=seconds)
    except BaseException:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def interpreter(python: str | None) -> str:
    """The interpreter that was asked for; the folder of an environment stands for the one in it.

    Raises:
        InspectError: there is no such program.
    """
    import shutil

    if python is None:
        return sys.executable
    path = os.path.expanduser(python)
    if os.path.isdir(path):
        inside = [
            os.path.join(path, *parts) for parts in (("bin", "python"), ("Scripts", "python.exe"), ("python.exe",))
        ]
        found = next((p for p in inside if os.path.exists(p)), None)
        if found is None:
            hint = "give the interpreter itself: ENVIRONMENT/bin/python"
            raise InspectError(f"{python} is a folder without bin/python", hint=hint, where=python)
        return os.path.abspath(found)
    program = shutil.which(path)
    if program is None:
        hint = "give the interpreter of the environment: ENVIRONMENT/bin/python"
        raise InspectError(f"{python}: no such program, or not one that may be run", hint=hint, where=python)
    return os.path.abspath(program) if os.sep in path else program


def program_text(given: dict[str, Any], folder: str | None = None) -> bytes:
    """What the Python is to run: the modules of ``facts``, with what is asked, and the folder it goes into first."""
    home = Path(__file__).parent / "facts"
    sources = {name: (home / f"{name}.py").read_text(encoding="utf-8") for name in MODULES}
    main = sources.pop("__init__")
    modules = [["", ""], *([f".{name}", source] for name, source in sources.items())]
    asked = json.dumps({"modules": modules, "main": main, "given": given, "folder": folder})
    return (PROGRAM % {"oldest": OLDEST, "mark": MARK, "asked": asked}).encode("utf-8")


def answered(program: str, done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The facts in what it wrote.

    Raises:
        InspectError: there are none.
    """
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    said = next((line[len(MARK) :] for line in reversed(lines) if line.startswith(MARK)), None)
    if said is None:
        errors = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"]
        inside = any('File "facts/' in line for line in errors)
        raise InspectError(
            f"{program} did not tell of itself: {errors[-1][:300]}",
            hint="please report it" if inside else "is it a Python? --python PATH names another",
            exit_code=EXIT_INTERNAL if inside else EXIT_UNREADABLE,
        )
    told: dict[str, Any] = json.loads(said)
    if "cannot" in told:
        raise InspectError(f"{program}: {told['cannot']}", hint="name another --folder or --script")
    if "too old" in told:
        message = f"{program} is Python {told['too old']}, and this needs {OLDEST[0]}.{OLDEST[1]} or newer"
        raise InspectError(message, hint="--python PATH names another interpreter")
    return told


def facts_from(path: Path) -> dict[str, Any]:
    """The facts in a file that ``inspect-pipe env -f json`` wrote.

    Raises:
        InspectError: it cannot be read, or holds none (exit status 3).
    """
    from inspector.environment.report import report_of

    try:
        document = json.loads(path.read_bytes())
        facts: dict[str, Any] = document["data"]["facts"]
        missing = [f"{part}.{name}" for part, names in SHAPE.items() for name in names if name not in facts[part]]
        if facts["facts"] != 1 or missing:
            raise KeyError(*missing)
        report_of(facts)  # nobody vouches for what stands in a file: what cannot be judged, no Python told
        report_of(facts, facts)
    except OSError as error:
        hint = "save one there with: inspect-pipe env -f json -o machine.json"
        raise InspectError(f"{path} cannot be read: {error.strerror}", hint=hint, where=str(path)) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path} is no report of inspect-pipe env, or not one of this version"
        hint = "save one with: inspect-pipe env -f json -o machine.json"
        raise InspectError(message, hint=hint, where=str(path)) from error
    return facts
