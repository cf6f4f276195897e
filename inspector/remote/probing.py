"""A folder that its server does not list: what is there of what may be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace

from inspector.remote.connection import Item, RemoteError
from inspector.remote.guessing import declared, shards, usual
from inspector.sources import INDEX

_MOST = 16 << 20
"""Bytes of an index."""

Look = Callable[[str], Item]
Read = Callable[[str, int, int], bytes]
Items = list[Item]


def probed(path: str, look: Look, read: Read, at_once: Executor) -> dict[str, Items]:
    """Folder → what was found in it: of the folder that is asked for, and of those that its index names.

    Args:
        path: the folder.
        look: what a path is.
        read: a range of a file.
        at_once: does many of these at once.

    Raises:
        RemoteError: the server failed; that a file is not there is no failure.
    """
    index = join(path, INDEX)
    try:
        named = declared(read(index, 0, _MOST))
    except RemoteError as error:
        if error.trouble not in ("absent", "denied", "odd"):
            raise
        named = {}
    wanted = [index, *(join(path, part, name) for part, kind in named.items() for name in usual(*kind))]
    found = there(wanted if named else [index, *(join(path, name) for name in usual())], look, at_once)
    indexes = [at for at in found if ".safetensors.index." in at]
    found |= there([join(folder(at), shard) for at in indexes for shard in shards(read(at, 0, _MOST))], look, at_once)
    inside: dict[str, Items] = {}
    for at, item in found.items():
        inside.setdefault(folder(at), []).append(item)
    folders = [Item(part, "folder") for part in named if join(path, part) in inside]
    return inside | {path: inside.get(path, []) + folders}


def there(paths: Iterable[str], look: Look, at_once: Executor) -> dict[str, Item]:
    """Those that are there, looked for all at once."""

    def one(path: str) -> Item | None:
        try:
            item = look(path)
        except RemoteError as error:
            if error.trouble in ("absent", "denied"):  # a store that may not be listed denies what is not there
                return None
            raise
        return replace(item, name=path.rpartition("/")[2]) if item.kind == "file" else None

    paths = list(dict.fromkeys(paths))
    return {path: item for path, item in zip(paths, at_once.map(one, paths), strict=True) if item}


def join(*parts: str) -> str:
    return "/".join([parts[0].rstrip("/"), *parts[1:]])


def folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"
