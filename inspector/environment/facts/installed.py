"""How a package was installed, from where, and whether its files are still those that were installed."""

from __future__ import annotations

import base64
import csv
import glob
import json
import os
import sys
from importlib import metadata
from typing import Any

from . import hashes
from .variables import masked

MOST = 500
"""So many names of one list are told; the rest is counted."""


def distributions(
    project: str, name: str, entries: list[dict[str, Any]], imported: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Every installation of a project that ``sys.path`` leads to; the first is the one ``importlib.metadata`` answers.

    Args:
        project: the name it is installed by.
        name: the name it is imported by.
        entries: ``sys.path``.
        imported: what is imported.
    """
    found, seen = [], set()
    for one in metadata.distributions(name=project, path=[e["path"] for e in entries]):
        place = os.path.abspath(str(getattr(one, "_path", "")))
        if place in seen:
            continue
        seen.add(place)
        found.append(told(one, project, place, name, entries, imported))
    return found


def told(
    one: Any, project: str, place: str, name: str, entries: list[dict[str, Any]], imported: dict[str, Any] | None
) -> dict[str, Any]:
    parent = os.path.dirname(place)
    installer = (one.read_text("INSTALLER") or "").strip()
    source = origin(one.read_text("direct_url.json"), installer, place, entries)
    listed = recorded(one.read_text("RECORD"))
    root: str | None = imported["real_root"] if imported is not None else None
    covers = root is not None and (
        root in (os.path.realpath(os.path.join(parent, name)), os.path.realpath(os.path.join(parent, f"{name}.py")))
        or (source["kind"] == "editable" and under(root, source["folder"]))
    )
    if covers and listed and source["kind"] != "editable":
        covers = any(f.startswith(f"{name}/") or f == f"{name}.py" for f in listed)
    return {
        "name": one.metadata["Name"] if one.metadata is not None else project,
        "version": one.metadata["Version"] if one.metadata is not None else None,
        "metadata": place,
        "entry": next((i for i, e in enumerate(entries) if e["path"] == parent), None),
        "installer": installer,
        "origin": source,
        "record": bool(listed),
        "covers": bool(covers),
        "listed": 0,
        "changed": [],
        "missing": [],
        "added": [],
        "more": 0,
        "reason": "",
        "requires": [r for r in one.requires or () if "extra ==" not in r],
        "_record": listed,
    }


def origin(direct: str | None, installer: str, place: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Where it came from: an index, a checkout, a repository at a commit, an archive, conda, Debian."""
    none: dict[str, Any] = {"kind": "unknown", "url": "", "commit": "", "requested": "", "folder": ""}
    parent = os.path.dirname(place)
    if direct:
        try:
            said = json.loads(direct)
        except ValueError:
            said = {}
        url = str(said.get("url", ""))
        folder = path_of(url)
        none["url"] = masked(url)
        if "vcs_info" in said:
            vcs = said["vcs_info"]
            commit, requested = str(vcs.get("commit_id", "")), str(vcs.get("requested_revision", ""))
            return {**none, "kind": "vcs", "commit": commit, "requested": requested}
        if said.get("dir_info", {}).get("editable"):
            return {**none, "kind": "editable", "folder": folder}
        if "dir_info" in said:
            return {**none, "kind": "folder", "folder": folder}
        if "archive_info" in said:
            return {**none, "kind": "archive"}
    if installer == "conda" or glob.glob(os.path.join(sys.prefix, "conda-meta", f"{conda_name(place)}-[0-9]*.json")):
        return {**none, "kind": "conda"}
    if installer == "debian" or (os.path.basename(parent) == "dist-packages" and parent.startswith("/usr/lib/")):
        return {**none, "kind": "debian"}
    kinds = {e["kind"] for e in entries if e["path"] == parent}
    if place.endswith(".egg-info") and not kinds & {"site", "user site"}:
        return {**none, "kind": "editable", "folder": parent}
    return {**none, "kind": "index" if installer else "unknown"}


def conda_name(place: str) -> str:
    name = os.path.basename(place).split("-")[0].lower().replace("_", "-")
    return {"torch": "pytorch"}.get(name, name)


def path_of(url: str) -> str:
    """The folder of a ``file://`` address."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path) if url.startswith("file://") else ""


def under(path: str, folder: str) -> bool:
    real = os.path.realpath(folder) if folder else ""
    return bool(real) and (path == real or path.startswith(real.rstrip(os.sep) + os.sep))


def recorded(text: str | None) -> dict[str, Any]:
    """RECORD: name -> (sha256 in hex or "", size or None)."""
    found = {}
    for row in csv.reader((text or "").splitlines()):
        if len(row) >= 3 and row[0]:
            name, hashed, size = row[0].replace("\\", "/"), row[1], row[2]
            method, _, value = hashed.partition("=")
            digest = ""
            if method == "sha256":
                digest = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
            found[name] = (digest, int(size) if size.isdigit() else None)
    return found


def compare(distribution: dict[str, Any], name: str, imported: dict[str, Any] | None, files: dict[str, str]) -> None:
    """Fill in which files of the package are no longer as they were installed.

    Sources are compared by digest; compiled extensions, which may be gigabytes, by size.
    """
    listed = distribution.pop("_record")
    if not listed:
        distribution["reason"] = f"no list of what was installed ({distribution['origin']['kind']})"
        return
    above = os.path.dirname(distribution["metadata"])
    own = {n: v for n, v in listed.items() if n.startswith(f"{name}/") or n == f"{name}.py"}
    own = {n: v for n, v in own.items() if n.endswith(hashes.IMPORTABLE) and "__pycache__/" not in n}
    distribution["listed"] = len(own)
    if not own:
        distribution["reason"] = "what was installed lies elsewhere (editable)" if distribution["origin"]["kind"] == (
            "editable"
        ) else "its list of files has none of this package"  # fmt: skip
        return
    here = distribution["covers"]
    changed, missing = [], []
    for file, (digest, size) in own.items():
        whole = os.path.join(above, *file.split("/"))
        if here and file in files:
            if digest and files[file] != digest:
                changed.append(file)
        elif not os.path.isfile(whole):
            missing.append(file)
        elif file.endswith(".py"):
            if digest and hashes.digest(whole) != digest:
                changed.append(file)
        elif size is not None and os.path.getsize(whole) != size:
            changed.append(file)
    added = [n for n in hashes.walk(imported["root"], name) if n not in listed] if here and imported is not None else []
    for kind, names in (("changed", changed), ("missing", missing), ("added", added)):
        distribution[kind] = sorted(names)[:MOST]
        distribution["more"] += max(0, len(names) - MOST)
