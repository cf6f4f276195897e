"""The SOURCE a user types → what it is: a demo, a folder, a file, a Hub id, a live object, a class, a saved report."""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inspector.model import EXIT_USAGE, SCHEMA, InspectError

Scheme = Literal["demo", "folder", "component", "config", "weights", "hub", "py", "class", "report"]

INDEX = "model_index.json"
COMPONENT_FILES = (
    "scheduler_config.json",
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
    "guider_config.json",
)
_HUB_ID = re.compile(r"^[\w.-]{1,96}/[\w.-]{1,96}(@[\w./-]+)?$")
_REPORT_HEAD = 4096

REMOTE: dict[str, str] = {}
"""URL schemes (``sftp``, ``https``, …) → the module that serves them. Remote sources register here."""


@dataclass(frozen=True, slots=True)
class Source:
    """``path`` is the local file or folder, where there is one; ``target`` what follows the scheme."""

    text: str
    scheme: Scheme
    path: Path | None = None
    target: str = ""
    revision: str | None = None


def resolve(text: str, *, online: bool = False) -> Source:
    """Tell what a SOURCE is, and find its files. Nothing is built and, unless ``online``, nothing is fetched.

    Args:
        text: ``demo:NAME``, ``py:MODULE:FACTORY``, ``class:NAME``, a path, or ``ORG/NAME[@REVISION]``.
        online: a Hub id that is not in the local cache may be fetched (JSON files and safetensors headers only).

    Raises:
        InspectError: there is no such thing (exit 3), or the text has no meaning (exit 2).
    """
    scheme, colon, rest = text.partition(":")
    if "://" in text:
        raise InspectError(
            f"{masked(text)}: this version does not read {scheme}:// addresses",
            hint="mount or copy the JSON files and give their folder",
            exit_code=EXIT_USAGE,
        )
    if colon and scheme == "demo":
        from inspector import demo

        return Source(text, "demo", target=demo.find(rest).name)
    if colon and scheme == "class":
        if not rest.replace(".", "").isidentifier():
            raise InspectError(f"{text}: want class:NAME", hint="class:EulerDiscreteScheduler, say", exit_code=EXIT_USAGE)
        return Source(text, "class", target=rest)
    if colon and scheme == "py":
        module, _, factory = rest.partition(":")
        if not module or not factory:
            raise InspectError(f"{text}: want py:MODULE:FACTORY", hint="py:my_app.models:make_pipe, say", exit_code=EXIT_USAGE)
        return Source(text, "py", target=rest)
    path = Path(text)
    if os.path.lexists(path):
        return local(text, path)
    if _HUB_ID.match(text) and not text.startswith((".", "/", "~")):
        from inspector.hub import snapshot_folder

        name, _, revision = text.partition("@")
        folder = snapshot_folder(name, revision or None, online=online)
        return Source(text, "hub", folder, name, revision or None)
    raise InspectError(f"{text}: no such file or folder", hint=nearest(path), where=text)


def local(text: str, path: Path) -> Source:
    """A path that exists: a pipeline's folder, a component's folder, a config file, a weights file or a saved report."""
    if path.is_dir():
        try:
            names = {e.name for e in os.scandir(path)}
        except OSError as error:
            raise InspectError(f"{text} cannot be listed: {error.strerror}", hint="check its permissions", code="IPI901", where=text) from error
        if INDEX in names:
            return Source(text, "folder", path)
        if names.intersection(COMPONENT_FILES):
            return Source(text, "component", path)
        raise InspectError(f"{text} has no {INDEX}: it holds {holds(path, names)}", hint=inside(path, names), code="IPI901", where=text)
    if not path.is_file():
        raise InspectError(f"{text} is no regular file", hint="it was not opened", code="IPI905", where=text)
    if path.suffix == ".safetensors":
        return Source(text, "weights", path)
    if path.suffix == ".json":
        if is_report(path):
            return Source(text, "report", path)
        if path.name == INDEX:
            return Source(text, "folder", path.parent)
        return Source(text, "config", path)
    raise InspectError(
        f"{text} is neither JSON nor safetensors, so it was not opened",
        hint="give the folder it belongs to",
        code="IPI907" if path.suffix in (".bin", ".pt", ".ckpt", ".pth", ".pkl") else "IPI901",
        where=text,
    )


def is_report(path: Path) -> bool:
    """Whether a JSON file is one of our own reports, told from its beginning."""
    try:
        with open(path, "rb") as file:
            head = file.read(_REPORT_HEAD).decode("utf-8", "replace")
    except OSError:
        return False
    found = re.search(r'"schema"\s*:\s*("[^"]*")', head)
    return found is not None and str(json.loads(found.group(1))).startswith(SCHEMA.partition("/")[0] + "/")


def holds(path: Path, names: set[str]) -> str:
    """What a folder holds, for somebody who pointed at the wrong one."""
    if not names:
        return "nothing"
    folders = sorted(n for n in names if (path / n).is_dir())
    others = sorted(names - set(folders))
    parts = []
    if folders:
        parts.append(f"{len(folders)} folder{'s' * (len(folders) > 1)} ({', '.join(folders[:4])}{', …' * (len(folders) > 4)})")
    if others:
        parts.append(f"{len(others)} file{'s' * (len(others) > 1)} ({', '.join(others[:4])}{', …' * (len(others) > 4)})")
    return " and ".join(parts)


def inside(path: Path, names: set[str]) -> str:
    """The nearest likely source: a pipeline or a component one or two levels below, or the folder above."""
    for folder in sorted(names):
        if (path / folder / INDEX).is_file():
            return f"did you mean {path / folder}?"
    for folder in sorted(names):
        if (path / folder).is_dir():
            for below in sorted(os.listdir(path / folder)):
                if (path / folder / below / INDEX).is_file():
                    return f"did you mean {path / folder / below}?"
    for folder in sorted(names):
        if any((path / folder / f).is_file() for f in COMPONENT_FILES):
            return f"a single component can be inspected: {path / folder}"
    weights = sorted(n for n in names if n.endswith(".safetensors"))
    if weights:
        return f"the weights' header can be inspected: {path / weights[0]}"
    if (path.parent / INDEX).is_file():
        return f"did you mean {path.parent}?"
    return f"a pipeline's folder holds {INDEX}; a component's holds config.json"


def nearest(path: Path) -> str:
    """The likeliest path that does exist."""
    for above in path.parents:
        if above.is_dir():
            wrong = path.parts[len(above.parts)] if len(path.parts) > len(above.parts) else path.name
            close = difflib.get_close_matches(wrong, os.listdir(above), n=1, cutoff=0.6)
            return f"did you mean {above / close[0]}?" if close else "a path, demo:NAME, ORG/NAME, py:MODULE:FACTORY or class:NAME"
    return "a path, demo:NAME, ORG/NAME, py:MODULE:FACTORY or class:NAME"


def masked(text: str) -> str:
    """An address without its password (SAFETY, rule 21)."""
    return re.sub(r"//([^/@:]*):[^/@]*@", r"//\1:***@", text)
