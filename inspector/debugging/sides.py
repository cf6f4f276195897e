"""The two sides of a debug session: what each is, what its Python tells of itself, and how to run something there."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.debugging import far
from inspector.environment import asking
from inspector.farside.host import Host, host_of
from inspector.farside.refusals import refused
from inspector.model import EXIT_USAGE, InspectError

SECONDS = 120.0


@dataclass(frozen=True)
class Side:
    """One of the two places. ``facts`` is what ``inspect-pipe env`` says of it.

    ``python`` is its Python on this machine, ``host`` where it is another's; neither of a file of facts or a mounted
    tree, of which nothing can be run from here. ``seen``: a folder of a mounted tree, as the far side spells it, and
    where it is seen from here.
    """

    name: str
    facts: dict[str, Any]
    python: str = ""
    host: Host | None = None
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether its Python can be started from here."""
        return bool(self.python or self.host)

    def command(self, code: str) -> list[str]:
        """What has its Python run this code, which holds none of ``"$`\\\\``."""
        return self.host.command(code) if self.host is not None else [self.python, "-c", code]

    @property
    def windows(self) -> bool:
        return bool(self.facts["platform"]["separator"] == "\\")

    @property
    def folder(self) -> str:
        return str(self.facts["folder"]["path"])

    def package(self, name: str) -> dict[str, Any] | None:
        """What is known of a package that can be imported there."""
        found: dict[str, Any] | None = self.facts["packages"].get(name)
        return found if found is not None and found["imported"] is not None else None

    def version(self, name: str) -> str:
        found = self.package(name)
        return "" if found is None else str(found["version"] or found["metadata_version"] or "")


def here(folder: str | None, python: str | None = None) -> Side:
    """This machine, with the Python that runs this.

    Raises:
        InspectError: no such folder or Python.
    """
    program = asking.interpreter(python)
    return Side("here", asking.facts_of(python, folder=folder), program)


def there(place: str, *, folder: str = "", prefix: str = "", python: str = "", ssh: str = "ssh") -> Side:
    """The far side.

    Args:
        place: a report of ``inspect-pipe env``, the folder of an environment or its Python, a mounted tree, or a host.
        folder: the workspace there; empty where it is not known.
        prefix: what a mounted tree is called there.
        python: the Python there, of a host; ``python3`` when empty.
        ssh: the ssh program, with options.

    Raises:
        InspectError: it cannot be read, or nothing of that name exists.
    """
    path = Path(os.path.expanduser(place))
    if path.suffix == ".json":
        return Side(path.name, asking.facts_from(path))
    if path.is_dir() and (prefix or not any((path / p).exists() for p in ("bin/python", "Scripts/python.exe"))):
        from inspector.debugging.mounted import mounted

        return mounted(path, prefix)
    if path.is_dir() or (path.is_file() and os.access(path, os.X_OK)):
        program = asking.interpreter(str(path))
        return Side(place, asking.facts_of(program, folder=folder or None), program)
    if os.sep in place.removeprefix("ssh://") or path.exists() or place.startswith("-"):
        hint = "a report of inspect-pipe env, an environment's folder, a mounted tree, or [user@]host"
        raise InspectError(f"{place} is no side to debug on", hint=hint, exit_code=EXIT_USAGE)
    return over_ssh(place, folder, python, ssh)


def over_ssh(place: str, folder: str, python: str, ssh: str) -> Side:
    """A host, by the ssh command of this machine with its config, agent and known hosts.

    Raises:
        InspectError: there is no ssh, it is refused, or the Python there does not answer (exit status 3).
    """
    host = host_of(place, python=python or None, folder=folder or None, ssh=ssh)
    text = asking.program_text({"script": None, "ask_torch": False}, folder or None)
    try:
        done = subprocess.run(host.command(asking.STUB), input=text, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise InspectError(f"{place} did not answer in {SECONDS:g} s", hint="does ssh reach it?", where=place) from None
    except OSError as error:
        hint = "save the facts there: inspect-pipe env -f json -o far.json"
        raise InspectError(f"{host.ssh[0]} cannot be run: {error.strerror}", hint=hint) from None
    if asking.MARK.encode() not in done.stdout:
        raise refused(host, done.stderr.decode("utf-8", "replace"), done.returncode)
    return Side(place, asking.answered(f"{host.python} on {host.shown}", done), host=host)


def program(request: dict[str, Any]) -> tuple[str, bytes]:
    """The code to start the far Python with, and what it reads then."""
    source = Path(far.__file__).read_text(encoding="utf-8")
    text = f"{source}\nmain(json.loads({json.dumps(request | {'source': source})!r}))\n".encode()
    return far.READ.format(size=len(text)), text


def told(line: bytes) -> dict[str, Any] | None:
    """What the far program says in one of its lines; None where that is something else."""
    mark = far.MARK.encode()
    return dict(json.loads(line[len(mark) :])) if line.startswith(mark) else None


def sources(side: Side, root: str) -> dict[str, str] | None:
    """The sources under a folder with their hashes; None where nobody can look."""
    for there_, here_ in side.seen.items():
        if root == there_ or root.startswith(there_.rstrip("/") + "/"):
            return dict(far.tree(here_ + root[len(there_.rstrip("/")) :])["files"])
    if side.python:
        return dict(far.tree(root)["files"])
    if side.host is None:
        return None
    code, text = program({"what": "tree", "root": root})
    try:
        done = subprocess.run(side.command(code), input=text, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None
    answers = [t for line in done.stdout.splitlines() if (t := told(line)) is not None]
    return dict(answers[-1]["files"]) if answers else None
