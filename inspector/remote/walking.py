"""What stands in a folder elsewhere, links resolved, within caps: the same rules as for a local folder, asked for
many names at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from inspector.limits import Limits
from inspector.listing import LEFT_ALONE
from inspector.model import InspectError
from inspector.remote.connection import Item, RemoteError
from inspector.remote.crew import Crew, Task
from inspector.remote.facts import Lack


@dataclass(frozen=True, slots=True)
class Found:
    """One file or folder, links resolved. ``path`` is where it is read on the other side; ``by`` how its size and stamp
    were learnt, so that they can be learnt again the same way."""

    kind: Literal["file", "folder"]
    path: str
    size: int | None = None
    stamp: str = ""
    by: Literal["list", "look"] = "list"


@dataclass(slots=True)
class Place:
    """A folder to list: its name here, its path there, and the real paths of the folders above it and its own."""

    name: str
    path: str
    above: frozenset[str]
    real: str


@dataclass(slots=True)
class Walk:
    """A listing in the making, breadth first, by relative names. ``real`` is the folder with every link resolved;
    ``listed`` holds what each folder was listed with: its path, and what the server said."""

    real: str
    found: dict[str, Found] = field(default_factory=dict)
    absent: dict[str, tuple[Literal["link", "other"], Lack]] = field(default_factory=dict)
    problems: list[Lack] = field(default_factory=list)
    listed: dict[str, tuple[str, list[Item]]] = field(default_factory=dict)


def walk(crew: Crew, root: str, real: str, first: Task, limits: Limits) -> Iterator[Walk]:
    """List a folder elsewhere, level by level, all folders of a level at once.

    Args:
        crew: asks the server.
        root: the folder's path on the other side.
        real: the same with every link resolved, or ``root`` where that cannot be told.
        first: the listing of the folder itself, asked for already.
        limits: the caps on names and levels.

    Yields:
        The listing with one level more; whoever has seen enough stops.

    Raises:
        InspectError: the folder itself cannot be listed.
    """
    seen = Walk(real)
    level, tasks = [Place("", root, frozenset(), real)], [first]
    for depth in range(limits.levels):
        crew.wait(tasks)
        if not depth and first.error is not None:
            raise first.error
        deeper: list[Place] = []
        ends = followed(crew, level, tasks)
        full = False
        for place, task in zip(level, tasks, strict=True):
            if task.error is not None:
                unlisted(seen, place, task.error)
            elif not full:
                full = entered(seen, place, task.found, ends, deeper, limits)
        if full or not deeper or depth == limits.levels - 1:
            break  # of a level too many the reader of the copy tells, as of any folder
        yield seen
        room = limits.entries - len(seen.found) - len(seen.absent) + 1
        level, tasks = deeper, [crew.start("list", place.path, max(1, room)) for place in deeper]
    yield seen


def entered(
    seen: Walk, place: Place, items: list[Item], ends: dict[str, Task], deeper: list[Place], limits: Limits
) -> bool:
    """The names of one folder; whether the cap is met."""
    seen.listed[place.name] = place.path, items
    start = f"{place.name}/" if place.name else ""
    for item in sorted(items, key=lambda i: i.name):
        name = start + shown(item.name)
        if len(seen.found) + len(seen.absent) >= limits.entries:
            hint = f"--limit entries={limits.entries * 10}"
            message = f"over {limits.entries} names in the folder; the rest was not looked at"
            seen.problems.append(Lack(place.name, "IPI904", message, hint))
            return True
        if name in seen.found or name in seen.absent:
            seen.problems.append(Lack(name, "IPI901", f"{name} is listed twice; one of them was not looked at"))
            continue
        told = judged(seen, place, item, name, start + item.name, ends)
        if not isinstance(told, Found):
            seen.absent[name] = told
            continue
        seen.found[name] = told
        if told.kind == "folder" and item.name not in LEFT_ALONE:
            real = told.path if item.kind == "link" else f"{place.real.rstrip('/')}/{item.name}"
            deeper.append(Place(name, told.path, place.above | {place.real}, real))
    return False


def shown(name: str) -> str:
    """A name in which all that is no UTF-8 is written out."""
    try:
        data = name.encode("utf-8", "surrogateescape")  # bytes that are no UTF-8, as Python keeps them
    except UnicodeEncodeError:
        data = name.encode("utf-8", "surrogatepass")
    return data.decode("utf-8", "backslashreplace")


def is_name(name: str) -> bool:
    return bool(name) and "/" not in name and "\0" not in name and name not in (".", "..")


def judged(
    seen: Walk, place: Place, item: Item, name: str, typed: str, ends: dict[str, Task]
) -> Found | tuple[Literal["link", "other"], Lack]:
    """One name: what it is, or why it was left alone."""
    if not is_name(item.name):
        return "other", Lack(name, "IPI906", f"the server lists {item.name!a}, which is no name; it was not followed")
    if name != typed:
        return "other", Lack(name, "IPI909", f"{name} has a name that is not UTF-8")
    path = f"{place.path.rstrip('/')}/{item.name}"
    if item.kind == "other":
        message = f"{name} is a pipe, a socket or a device, not a regular file; it was not opened"
        return "other", Lack(name, "IPI905", message, "put a regular file there")
    if item.kind != "link":
        return Found(item.kind, path, sane(item.size), item.stamp)
    task = ends[name]
    if task.error is not None:
        return "link", dangling(name, task.error)
    end: Item = task.found
    if not end.target or not allowed(end.target, seen.real):
        what = "leaves the folder" if end.target else "ends where the server does not tell"
        message = f"{name} is a link that {what}; it was not followed"
        return "link", Lack(name, "IPI905", message, "put the file itself there")
    if end.kind == "folder" and end.target in place.above | {place.real}:
        message = f"{name} is a link that leads in a circle"
        return "link", Lack(name, "IPI905", message, "put the file itself there")
    if end.kind not in ("file", "folder"):
        message = f"{name} is a link to a pipe, a socket or a device; it was not opened"
        return "link", Lack(name, "IPI905", message, "put a regular file there")
    return Found(end.kind, end.target, sane(end.size), end.stamp, "look")


def sane(size: int | None) -> int | None:
    """A size as the server tells it; one that is none is not known."""
    return size if size is not None and size >= 0 else None


def followed(crew: Crew, level: list[Place], tasks: list[Task]) -> dict[str, Task]:
    """Name of a link -> the request where it ends; all links of a level at once."""
    ends = {
        f"{place.name}/{item.name}" if place.name else item.name: crew.start(
            "look", f"{place.path.rstrip('/')}/{item.name}"
        )
        for place, task in zip(level, tasks, strict=True)
        for item in task.found or ()
        if item.kind == "link" and is_name(item.name)
    }
    crew.wait(ends.values())
    return ends


def allowed(target: str, root: str) -> bool:
    """Whether a link may be followed: inside the folder, or into ``blobs/`` of the same Hub cache repository."""
    path = PurePosixPath(target)
    if path == PurePosixPath(root) or PurePosixPath(root) in path.parents:
        return True
    return any(path.parent == blobs for blobs in hub_blobs(PurePosixPath(root)))


def hub_blobs(root: PurePosixPath) -> Iterator[PurePosixPath]:
    """The ``blobs/`` of the Hub cache repository in whose ``snapshots/<commit>/`` a folder is, or lies."""
    for folder in (root, *root.parents):
        home = folder.parent.parent
        if folder.parent.name == "snapshots" and home.name.startswith("models--"):
            yield home / "blobs"


def dangling(name: str, error: InspectError) -> Lack:
    """A link that the server could not follow to its end."""
    trouble = error.trouble if isinstance(error, RemoteError) else "odd"
    if trouble == "absent":
        return Lack(name, "IPI901", f"{name} is a link that leads nowhere, or in a circle", "mend or remove it")
    if trouble == "odd":
        message = f"{name} is a link that leads in a circle, or nowhere: {error.message}"
        return Lack(name, "IPI905", message, "put the file itself there")
    message = f"{name} is a link that could not be followed: {error.message}"
    return Lack(name, error.code or "IPI901", message, error.hint)


def unlisted(seen: Walk, place: Place, error: InspectError) -> None:
    """A folder inside that could not be listed."""
    lack = Lack(place.name, error.code or "IPI901", f"{place.name} cannot be listed: {error.message}", error.hint)
    seen.problems.append(lack)
    seen.found.pop(place.name, None)
    seen.absent[place.name] = ("other", lack)
