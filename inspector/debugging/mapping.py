"""Which folder here is which folder there, the narrowest first, and whether the files in them are the same.

debugpy replaces the first prefix that fits, in either direction, and compares text: the far root has to be spelled as
``sys.path`` spells it there, because that is how a code object's file name begins (measured with debugpy 1.8.22).
"""

from __future__ import annotations

import os
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.debugging.far import of_package
from inspector.debugging.places import depth, in_site, inside, joined, parent
from inspector.debugging.sides import Side, sources

LIBRARY = "diffusers"
STEPPED = ("diffusers", "transformers", "accelerate", "huggingface_hub", "peft", "safetensors", "torch")
"""Packages that get a pair of their own where one for all of site-packages cannot be."""


@dataclass(frozen=True)
class Mapping:
    """One pair of folders, and what became of comparing the sources in it.

    ``compared`` sources lie on both sides, ``same`` of them with one content; ``different`` are named, as are those
    that only one side has. ``packages`` are the libraries that it carries; none for a workspace.
    """

    local: str
    remote: str
    kind: str
    packages: tuple[str, ...] = ()
    compared: int = 0
    same: int = 0
    different: tuple[str, ...] = ()
    only_local: tuple[str, ...] = ()
    only_remote: tuple[str, ...] = ()
    reason: str = ""

    def plain(self) -> dict[str, Any]:
        """As the report's ``data.mappings`` has it."""
        return {
            "local": self.local, "remote": self.remote, "kind": self.kind, "packages": list(self.packages),
            "files": self.compared + len(self.only_local) + len(self.only_remote), "same": self.same,
            "different": list(self.different), "only_local": list(self.only_local),
            "only_remote": list(self.only_remote), "reason": self.reason,
        }  # fmt: skip


def mappings(
    local: Side, remote: Side, workspace: tuple[str, str] | None, extra: Sequence[tuple[str, str]] = ()
) -> list[Mapping]:
    """The pairs of folders for two different sides, in the order in which the debugger must be given them.

    Args:
        local: where the editor is.
        remote: where the program runs.
        workspace: the workspace here and there, where both are known.
        extra: pairs that the user named.
    """
    pairs: dict[tuple[str, str], list[str]] = {}
    mounts = [*remote.seen.items(), *((far, near) for near, far in extra if local.python)]
    for name in remote.facts["packages"]:
        pair = roots(name, local, remote, mounts)
        if pair is not None:
            pairs.setdefault(pair, []).append(name)
    found = [packages_of(pair, names, local, remote) for pair, names in narrowed(pairs, local, remote).items()]
    known = {(m.local, m.remote) for m in found}
    for pair, kind in [*((p, "named") for p in extra), *([(workspace, "workspace")] if workspace else [])]:
        if pair not in known:
            known.add(pair)
            found.append(workspace_of(pair, kind, local, remote))
    aliases = [alias for m in found if (alias := spelled_otherwise(m, local)) is not None]
    found += [alias for alias in aliases if (alias.local, alias.remote) not in known]
    return ordered(found, (local.windows, remote.windows))


def ordered(found: Sequence[Mapping], windows: tuple[bool, bool]) -> list[Mapping]:
    """The narrowest first, on either side: no pair after one whose folder, here or there, its own lies in."""
    left = sorted(found, key=lambda m: (-depth(m.remote, windows[1]), -depth(m.local, windows[0]), m.kind == ""))
    done: list[Mapping] = []
    while left:
        free = (m for m in left if not any(within(other, m, windows) for other in left if other is not m))
        done.append(next(free, left[0]))  # none is free where they cross: told as such (crossed)
        left.remove(done[-1])
    return done


def within(narrow: Mapping, broad: Mapping, windows: tuple[bool, bool]) -> bool:
    """Whether one of the narrow pair's folders lies in, and is not, that of the broad one."""
    return bool(inside(narrow.local, broad.local, windows[0]) or inside(narrow.remote, broad.remote, windows[1]))


def roots(name: str, local: Side, remote: Side, mounts: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """Where a package lies here and there: its site-packages if it is in one on both sides, else its own folder.

    One that is seen here through a mount is taken there, over a copy that is installed here.
    """
    far = remote.package(name)
    if far is None or far["imported"]["kind"] not in ("package", "module"):
        return None
    there = str(far["imported"]["root"])
    for prefix, seen in mounts:
        rest = inside(there, prefix, remote.windows)
        if rest is not None and os.path.isdir(here := joined(seen, rest, local.windows)):
            break
    else:
        near = local.package(name)
        if near is None or near["imported"]["kind"] != far["imported"]["kind"]:
            return None
        here = str(near["imported"]["root"])
    above = parent(here, local.windows), parent(there, remote.windows)
    if in_site(above[0]) and in_site(above[1]):
        return above
    return here, there


def narrowed(pairs: Map[tuple[str, str], list[str]], local: Side, remote: Side) -> dict[tuple[str, str], list[str]]:
    """Where one site-packages would be two others, the one with the library stays whole, the rest goes by package."""
    kept: dict[tuple[str, str], list[str]] = {}
    for (here, there), names in sorted(pairs.items(), key=lambda item: LIBRARY not in item[1]):
        taken = [p for p in kept if (p[0] == here) != (p[1] == there)]
        if not taken or not in_site(there):
            kept[here, there] = names
            continue
        for name in (n for n in names if n in STEPPED):
            kept[joined(here, name, local.windows), joined(there, name, remote.windows)] = [name]
    return kept


def packages_of(pair: tuple[str, str], names: list[str], local: Side, remote: Side) -> Mapping:
    """The pair with the files of its packages compared, by the hashes that each side told."""
    kind = "site-packages" if in_site(pair[1]) else "package"
    if remote.seen and any(inside(pair[1], p, remote.windows) is not None for p in remote.seen):
        return mounted_pair(pair, kind, tuple(names), remote)
    near: dict[str, str] = {}
    far: dict[str, str] = {}
    for name in names:
        far.update(remote.facts["packages"][name]["files"])
        home = joined(pair[0], name, local.windows) if kind == "site-packages" else pair[0]
        own = local.package(name)
        if own is not None and own["imported"]["root"] == home:
            near.update(own["files"])
        elif local.python:
            near.update(of_package(home))
    return compared(pair, kind, tuple(names), near, far)


def mounted_pair(pair: tuple[str, str], kind: str, names: tuple[str, ...], remote: Side) -> Mapping:
    """Both are one and the same file."""
    count = sum(len(remote.facts["packages"][n]["files"]) for n in names)
    return Mapping(*pair, kind, names, count, count, reason="the mounted files themselves")


def workspace_of(pair: tuple[str, str], kind: str, local: Side, remote: Side) -> Mapping:
    if any(inside(pair[1], p, remote.windows) is not None for p in remote.seen):
        files = sources(remote, pair[1]) or {}
        return Mapping(*pair, kind, (), len(files), len(files), reason="the mounted files themselves")
    if pair[0] == pair[1] and local.python and remote.python:
        return Mapping(*pair, kind, reason="one and the same folder")
    far = sources(remote, pair[1])
    near = sources(local, pair[0]) if far else None
    if far is None or (far and near is None):
        return Mapping(*pair, kind, reason="not compared: only one side's files can be read from here")
    if not far or near is None:
        return Mapping(*pair, kind, reason="not compared: no Python sources there")
    return compared(pair, kind, (), near, far)


def compared(
    pair: tuple[str, str], kind: str, names: tuple[str, ...], near: Map[str, str], far: Map[str, str]
) -> Mapping:
    both = near.keys() & far.keys()
    different = sorted(f for f in both if near[f] != far[f])
    return Mapping(
        *pair, kind, names, len(both), len(both) - len(different), tuple(different),
        tuple(sorted(near.keys() - far.keys())), tuple(sorted(far.keys() - near.keys())),
    )  # fmt: skip


def spelled_otherwise(mapping: Mapping, local: Side) -> Mapping | None:
    """The same pair by the local folder's real name: an editor that resolves links sends breakpoints by that."""
    places = [(e["path"], e["real"]) for e in local.facts["sys_path"]]
    imported = [p["imported"] for p in local.facts["packages"].values() if p["imported"]]
    places += [(i["root"], i["real_root"]) for i in imported]
    places.append((local.folder, local.facts["folder"]["real"]))
    real = next((r for p, r in places if p == mapping.local and r != p), None)
    if real is None:
        return None
    return Mapping(real, mapping.remote, "", mapping.packages, reason=f"the real name of {mapping.local}")


def to_remote(path: str, found: Sequence[tuple[str, str]], windows: tuple[bool, bool]) -> str | None:
    """What debugpy makes of a local path: the first root that it begins with is replaced; None where none fits."""
    for here, there in found:
        rest = inside(path, here, windows[0])
        if rest is not None:
            return joined(there, rest, windows[1])
    return None


def to_local(path: str, found: Sequence[tuple[str, str]], windows: tuple[bool, bool]) -> str | None:
    """The other direction."""
    return to_remote(path, [(there, here) for here, there in found], (windows[1], windows[0]))


def crossed(found: Sequence[tuple[str, str]], windows: tuple[bool, bool]) -> list[tuple[str, str]]:
    """The pairs whose own folders would be taken for another pair's: a broader root stands before a narrower one."""
    wrong = []
    for here, there in found:
        back = to_local(there, found, windows)
        forth = to_remote(here, found, windows)
        aliases = {h for h, t in found if t == there}
        if forth != there or back not in aliases:
            wrong.append((here, there))
    return wrong
