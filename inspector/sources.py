"""The SOURCE a user types → what it is: a demo, a folder, a file, a Hub id, a live object, a class, a saved report."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from inspector.model import EXIT_USAGE, SCHEMA, InspectError
from inspector.patience import PATIENCE, patiently
from inspector.remote.address import is_remote
from inspector.remote.facts import Facts

if TYPE_CHECKING:
    from inspector.remote.reach import Afar

Scheme = Literal["demo", "folder", "component", "config", "weights", "hub", "py", "class", "report"]

INDEX = "model_index.json"
COMPONENT_FILES = (
    "scheduler_config.json",
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "tokenizer_config.json",
    "guider_config.json",
)
PREFIXES = ("demo", "py", "class", "hub")
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(@[\w][\w./-]{0,127})?$")
_KINDS = (
    "a path, sftp://HOST/PATH and the like, demo:NAME, ORG/NAME of the Hub, py:MODULE:FACTORY, class:NAME or a saved "
    "report"
)
_REPORT_HEAD = 4096
_MANY = 1000
"""So many names of a folder are looked through for a likely source; it may be anybody's home folder."""
_OF_SSH = re.compile(r"^((?:[\w.-]+@)?[\w.-]{2,}):(/.+)$")
"""``user@host:/path``, as scp has it."""


@dataclass(frozen=True, slots=True)
class Source:
    """``path`` is the local file or folder, where there is one; ``target`` what follows the scheme.

    ``facts`` is of a source that lies elsewhere, of which ``path`` is a copy: what the copy lacks.
    """

    text: str
    scheme: Scheme
    path: Path | None = None
    target: str = ""
    revision: str | None = None
    facts: Facts | None = None


def resolve(text: str, *, online: bool = False, seconds: float = PATIENCE, afar: Afar | None = None) -> Source:
    """Tell what a SOURCE is, and find its files. Nothing is built; what lies elsewhere is fetched as far as is needed.

    Args:
        text: ``demo:NAME``, ``py:MODULE:FACTORY``, ``class:NAME``, a path, an address, or ``ORG/NAME[@REVISION]``.
        online: ask the Hub for the newest even where the cache has a Hub id.
        seconds: how long a path may take to answer.
        afar: what is needed of a source that lies elsewhere; what ``--static`` reads, by default.

    Raises:
        InspectError: there is no such thing (exit 3), or the text has no meaning (exit 2).
    """
    if not text.strip() or "\0" in text:
        raise InspectError("the SOURCE is empty, or no text", hint=f"give {_KINDS}", exit_code=EXIT_USAGE)
    scheme, colon, rest = text.partition(":")
    if is_remote(text):
        from inspector.remote.source import source_of

        return source_of(text, afar)
    path = Path(text)
    if os.path.lexists(path):
        return patiently(lambda: local(text, path), text, seconds)
    if colon and scheme == "demo":
        from inspector import demo

        return Source(text, "demo", target=demo.find(rest).name)
    if colon and scheme == "class":
        if not all(part.isidentifier() for part in rest.split(".")):
            hint = "class:EulerDiscreteScheduler, say"
            raise InspectError(f"{text}: want class:NAME", hint=hint, exit_code=EXIT_USAGE)
        return Source(text, "class", target=rest)
    if colon and scheme == "py":
        module, _, factory = rest.partition(":")
        if not all(part.isidentifier() for part in [*module.split("."), *factory.split(".")]):
            hint = "py:my_app.models:make_pipe, say"
            raise InspectError(f"{text}: want py:MODULE:FACTORY", hint=hint, exit_code=EXIT_USAGE)
        return Source(text, "py", target=rest)
    name = rest if colon and scheme == "hub" else text
    if _HUB_ID.match(name):
        return on_the_hub(text, name, online=online)
    if colon and scheme == "hub":
        raise InspectError(f"{text}: want hub:ORG/NAME", hint="hub:ORG/NAME@REVISION, say", exit_code=EXIT_USAGE)
    raise InspectError(f"{text}: no such file or folder", hint=likely(text, path), code="IPI901", where=text)


def on_the_hub(text: str, name: str, *, online: bool) -> Source:
    """A Hub id, which is also how a relative path looks that does not exist."""
    from inspector.hub import snapshot_folder

    name, _, revision = name.partition("@")
    # models/sd15 beside a folder models, or beside model/sd15: a path that was mistyped, and nobody's to be asked for
    hint = likely(text, Path(text))
    mistyped = not text.startswith("hub:") and (os.path.isdir(Path(name).parent) or hint.startswith("did you mean"))
    try:
        folder = snapshot_folder(name, revision or None, online=online, cached_only=mistyped)
    except InspectError as error:
        if online or not mistyped:
            raise
        message = f"{text}: no such file or folder, and no Hub id that is in the local cache"
        raise InspectError(message, hint=hint, code="IPI901", where=text) from error
    return Source(text, "hub", folder, name, revision or None)


def local(text: str, path: Path) -> Source:
    """A path that exists: a pipeline's folder, a component's folder, a config file, weights or a saved report.

    Raises:
        InspectError: it is none of these.
    """
    if path.is_dir():
        return local_folder(text, path)
    if path.is_symlink() and not path.exists():
        raise InspectError(f"{text} is a link to nothing", hint="mend or remove it", code="IPI901", where=text)
    if not path.is_file():
        message = f"{text} is no regular file (a pipe, a socket or a device); it was not opened"
        raise InspectError(message, hint="give a file or a folder", code="IPI905", where=text)
    if path.suffix == ".safetensors":
        return Source(text, "weights", path)
    if path.suffix == ".json":
        if path.name == INDEX:
            return Source(text, "folder", path.parent)
        return Source(text, "report" if is_report(path) else "config", path)
    raise InspectError(
        f"{text} is neither JSON nor safetensors, so it was not opened",
        hint="give the folder it belongs to",
        code="IPI907" if path.suffix in (".bin", ".pt", ".ckpt", ".pth", ".pkl") else "IPI901",
        where=text,
    )


def local_folder(text: str, path: Path) -> Source:
    """A folder that exists.

    Raises:
        InspectError: it holds neither a pipeline nor a component; the hint names the nearest likely source.
    """
    try:
        names = set(os.listdir(path))
    except OSError as error:
        message = f"{text} cannot be listed: {error.strerror}"
        raise InspectError(message, hint="check its permissions", code="IPI901", where=text) from error
    if INDEX in names:
        return Source(text, "folder", path)
    if names.intersection(COMPONENT_FILES):
        return Source(text, "component", path)
    message = f"{text} has no {INDEX}: it holds {holds(path, names)}"
    raise InspectError(message, hint=inside(path, names), code="IPI901", where=text)


def is_report(path: Path) -> bool:
    """Whether a JSON file is one of our own reports, told from its beginning."""
    try:
        with open(path, "rb") as file:
            head = file.read(_REPORT_HEAD).decode("utf-8", "replace")
    except OSError:  # whoever reads it next says why it cannot be read
        return False
    found = re.search(r'"schema"\s*:\s*"([\w./-]*)"', head)
    return found is not None and found[1].startswith(SCHEMA.partition("/")[0] + "/")


def holds(path: Path, names: set[str]) -> str:
    """What a folder holds, for somebody who pointed at the wrong one."""
    folders = sorted(n for n in sorted(names)[:_MANY] if os.path.isdir(path / n))
    kinds = (("folder", folders), ("file", sorted(names.difference(folders))))
    parts = [f"{counted(len(found), kind)} ({some(found)})" for kind, found in kinds if found]
    return " and ".join(parts) or "nothing"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def inside(path: Path, names: set[str]) -> str:
    """The nearest likely source: a pipeline one or two levels below or one above, a component, a weights file."""
    # os.path, which answers no where pathlib raises: a folder that may not be entered is none to suggest
    below = [path / n for n in sorted(names)[:_MANY] if os.path.isdir(path / n)]
    deeper = [folder / n for folder in below for n in children(folder)]
    for folder in (*below, *deeper):
        if os.path.isfile(folder / INDEX):
            return f"did you mean {folder}?"
    # a component's folder may have been meant, and a component's own subfolder rarely
    if os.path.isfile(path.parent / INDEX):
        return f"did you mean {path.parent}?"
    components = [f for f in below if any(os.path.isfile(f / file) for file in COMPONENT_FILES)]
    if len(components) > 1:
        return f"a pipeline without its {INDEX}? one component can be inspected alone: {components[0]}"
    if components:
        return f"did you mean {components[0]}?"
    weights = sorted(n for n in names if n.endswith(".safetensors"))
    if weights:
        return f"the weights' header can be inspected: {path / weights[0]}"
    return f"a pipeline's folder holds {INDEX}; a component's holds config.json"


def children(folder: Path) -> list[str]:
    """The names in a folder, or none where it cannot be listed."""
    try:
        return sorted(os.listdir(folder))[:_MANY]
    except OSError:  # this is only a search for something to suggest
        return []


def likely(text: str, path: Path) -> str:
    """What may have been meant by a path that does not exist."""
    scheme, colon, rest = text.partition(":")
    if colon and (close := difflib.get_close_matches(scheme.lower(), PREFIXES, n=1)):
        return f"did you mean {close[0]}:{rest}?"
    if there := _OF_SSH.match(text):
        return f"did you mean sftp://{there[1]}{there[2]}?"
    if text.startswith("\\\\"):
        return f"did you mean smb:{text.replace(chr(92), '/')}?"
    from inspector import demo

    if text in demo.NAMES:
        return f"did you mean demo:{text}?"
    if text.startswith("~"):
        return f"the shell did not expand ~; did you mean {Path.home() / text[1:].lstrip('/')}?"
    for above in path.parents:
        if os.path.isdir(above):
            parts: Iterable[str] = path.parts[len(above.parts) :] if str(above) != "." else path.parts
            wrong = next(iter(parts), path.name)
            close = difflib.get_close_matches(wrong, children(above), n=1, cutoff=0.6)
            return f"did you mean {above / close[0]}?" if close else f"give {_KINDS}"
    return f"give {_KINDS}"
