"""What an address leads to: a pipeline's folder, one component's, a file, or something near what was meant."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.limits import Limits
from inspector.model import InspectError
from inspector.reading import WORDS
from inspector.remote.address import Address
from inspector.remote.connection import Item, RemoteError
from inspector.remote.crew import Crew, Task
from inspector.remote.laying import Copy
from inspector.remote.reach import Reach
from inspector.remote.walking import Found, walk
from inspector.remote.wanted import HEADED, Need
from inspector.sources import COMPONENT_FILES, INDEX, is_report

FILES = (".json", ".toml", *HEADED)
_REPORT = 4096
"""Bytes by which one of our own reports is told."""
_AROUND = 50
"""So many folders of a wrong place are looked into for the right one."""

Say = Callable[[str], None]


@dataclasses.dataclass(slots=True)
class Opened:
    """A copy; ``path`` is what of it was asked for, ``there`` the address of the folder that it is a copy of."""

    copy: Copy
    path: Path
    there: str
    reach: Reach

    def told(self, data: Any) -> Any:
        """Text, or plain data with text in it, that names the folder there instead of the copy here."""
        if isinstance(data, str):
            if str(self.copy.path.parent) not in data:
                return data
            parent = self.there.rpartition("/")[0]
            return data.replace(str(self.copy.path), self.there).replace(str(self.copy.path.parent), parent)
        if isinstance(data, dict):
            return {self.told(k): self.told(v) for k, v in data.items()}
        if isinstance(data, list | tuple):
            return type(data)(self.told(v) for v in data)
        if dataclasses.is_dataclass(data) and not isinstance(data, type):
            old = {f.name: getattr(data, f.name) for f in dataclasses.fields(data)}
            new = {name: self.told(value) for name, value in old.items()}
            return data if all(new[n] is old[n] for n in old) else dataclasses.replace(data, **new)
        return data


def opened(
    before: Opened | None, crew: Crew, address: Address, shown: str, reach: Reach, limits: Limits, say: Say
) -> Opened:
    """Lay down what an address leads to, or more of it than there is.

    Args:
        before: what was laid down of it already.
        crew: asks the server.
        address: with its secrets.
        shown: without.
        reach: how far the inspection goes.
        limits: the caps.
        say: told what is being done.

    Raises:
        InspectError: there is nothing, or it cannot be reached.
    """
    if before is not None and before.reach >= reach:
        return before
    if before is not None and before.reach >= Reach.FILES:
        grow(before, crew, reach, shown, say)
        return before
    path = address.path.removesuffix(f"/{INDEX}") or "/"
    there = shown.partition("?")[0].rstrip("/")
    if path != address.path:
        there = there.rpartition("/")[0]
    say(f"asking {shown}")
    home = crew.start("look", path)
    listing = None
    if not path.endswith(FILES):
        listing = crew.start("list", path, limits.entries + 1)
        crew.wait([listing])
    if listing is None or listing.error is not None:
        crew.wait([home])
        if home.error is not None:
            raise elsewhere(crew, home.error, path, shown, there)
        if home.found.kind != "folder":
            return one_file(crew, path, home.found, there, shown, limits, reach)
        if listing is None:
            listing = crew.start("list", path, limits.entries + 1)
    return folder(
        crew, path, home, listing, Copy(path.rpartition("/")[2] or address.host, limits), there, shown, reach, say
    )


def folder(
    crew: Crew, path: str, home: Task, listing: Task, copy: Copy, there: str, shown: str, reach: Reach, say: Say
) -> Opened:
    """A folder with what is in it."""
    limits = copy.limits
    try:
        crew.wait([listing, home])
        real = (home.found.target if home.found is not None else "") or path
        asked: list[str] = []
        told: set[str] = set()
        say_so = progress(crew, shown, say)
        for seen in walk(crew, path, real, listing, limits):
            copy.seen = seen
            names = [n for n in seen.found if n not in told]
            told.update(names)
            top = {n for n in (*seen.found, *seen.absent) if "/" not in n}
            if not top & {INDEX, *COMPONENT_FILES}:  # no source at all: only what is near it is of interest
                around = sum(f.kind == "folder" for f in seen.found.values())
                if any("/" in n for n in names) or around > _AROUND:
                    break
                continue
            asked += copy.fetch(crew, names, reach, say_so)
            if reach == Reach.INDEX:
                break
        crew.wait()
        copy.compare(crew, asked)
        copy.finish(crew)
        copy.remarks += crew.link.remarks
    except InspectError as error:
        copy.close()
        raise said(error, shown) from error
    except BaseException:
        copy.close()
        raise
    return Opened(copy, copy.path, there, reach)


def grow(found: Opened, crew: Crew, reach: Reach, shown: str, say: Say) -> None:
    """Fetch what a further inspection needs."""
    copy, found.reach = found.copy, reach
    if found.path != copy.path:  # a file that was asked for is here with all that can be read of it
        return
    asked = copy.fetch(crew, list(copy.seen.found), reach, progress(crew, shown, say))
    crew.wait()
    copy.compare(crew, asked)


def one_file(crew: Crew, path: str, item: Item, there: str, shown: str, limits: Limits, reach: Reach) -> Opened:
    """A file that the user named; a link to it is his own, wherever it leads."""
    if item.kind != "file":
        message = f"{shown} is no regular file (a pipe, a socket or a device); it was not opened"
        raise InspectError(message, hint="give a file or a folder", code="IPI905", where=shown)
    above, _, name = path.rpartition("/")
    copy = Copy(above.rpartition("/")[2], limits)
    try:
        copy.seen.found[name] = Found("file", path, item.size, item.stamp, "look")
        if reach > Reach.NAMES and name.endswith((".json", ".toml")):
            copy.fetch_one(crew, name, Need(_REPORT, "whole", _REPORT))
            crew.wait()
            copy.finish(crew)
            if not copy.is_whole(name):
                cap = limits.index if name.endswith(".index.json") else limits.config
                cap = limits.fetched if is_report(copy.path / name) else limits.vocabulary if name in WORDS else cap
                copy.fetch_one(crew, name, Need(_REPORT, "whole", cap))
        elif reach > Reach.NAMES and name.endswith(HEADED):
            copy.fetch_one(crew, name, Need(0, "header", limits.header))
        crew.wait()
        copy.compare(crew, [name])
        copy.finish(crew)
    except BaseException:
        copy.close()
        raise
    return Opened(copy, copy.path / name, there.rpartition("/")[0], reach)


def progress(crew: Crew, shown: str, say: Say) -> Callable[[], None]:
    count = [0]

    def told() -> None:
        count[0] += 1
        say(f"fetching: {count[0]} files, {crew.traffic.bytes / 1e3:.0f} kB of {shown}")

    return told


def elsewhere(crew: Crew, error: InspectError, path: str, shown: str, there: str) -> InspectError:
    """There is no such thing: with what may have been meant."""
    if isinstance(error, RemoteError) and error.trouble == "absent" and path != "/":
        above, _, name = path.rpartition("/")
        beside = crew.start("list", above or "/", 1000)
        crew.wait([beside])
        names = [i.name for i in beside.found or () if i.name.isprintable()]
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
        hint = f"did you mean {there.rpartition('/')[0]}/{close[0]}?" if close else error.hint or "check the path"
        return InspectError(f"{shown}: no such file or folder", hint=hint, code="IPI901", where=shown)
    return said(error, shown)


def said(error: InspectError, shown: str) -> InspectError:
    """An error that names the source."""
    if shown in error.message:
        return error
    hint = error.hint
    if isinstance(error, RemoteError) and error.trouble == "denied":
        hint = hint or "check its permissions"
    message = f"{shown}: {error.message}"
    return InspectError(message, hint=hint, exit_code=error.exit_code, code=error.code, where=shown)
