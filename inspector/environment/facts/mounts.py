"""Where the caches, the libraries and the work lie: which file system, which links lead there, how much is free."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import sysconfig
import threading
from collections.abc import Iterator
from typing import Any

SECONDS = 5.0
"""So long a place may take to answer: a mount whose server is gone never does."""
NETWORK = (
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "pvfs2",
    "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.goofys", "fuse.mount-s3", "fuse.juicefs",
    "fuse.glusterfs", "fuse.ceph", "davfs", "fuse.davfs", "drvfs",
)  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")


def facts(
    packages: dict[str, Any], entries: list[dict[str, Any]], skipped: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """Every place that matters, each looked at in a thread of its own, so that a dead mount is told and waited for no
    longer than it takes to say so."""
    mounts, reason = table()
    found: list[dict[str, Any]] = []
    for what, path in wanted(packages, entries, skipped):
        told: dict[str, Any] = {
            "what": what, "path": path, "real": path, "links": [], "exists": False, "prefix": "", "filesystem": "",
            "device": "", "network": False, "free": None, "total": None, "read_only": None, "case_insensitive": None,
            "reason": reason,
        }  # fmt: skip
        answer: dict[str, Any] = {}
        looking = threading.Thread(target=look, args=(path, mounts, answer), daemon=True)
        looking.start()
        looking.join(SECONDS)
        if looking.is_alive():
            told["reason"] = f"no answer in {SECONDS:g} s: a mount whose server is gone?"
            skipped.append({"where": path, "reason": told["reason"]})
            told.update(mounted(path, mounts))
        else:
            told.update(answer)
        found.append(told)
    return found


def wanted(
    packages: dict[str, Any], entries: list[dict[str, Any]], skipped: list[dict[str, str]]
) -> Iterator[tuple[str, str]]:
    """What, and where."""
    yield "current folder", os.getcwd()
    for name, path in caches(packages, skipped):
        yield name, os.path.abspath(os.path.expanduser(path))
    for name in ("TORCH_HOME", "HF_MODULES_CACHE", "TRITON_CACHE_DIR", "PYTHONPYCACHEPREFIX"):
        if os.environ.get(name):
            yield name, os.path.abspath(os.environ[name])
    yield "temporary files", next((os.environ[n] for n in ("TMPDIR", "TEMP", "TMP") if os.environ.get(n)), "/tmp")  # noqa: S108
    yield "Python", sys.prefix
    yield "site-packages", sysconfig.get_paths()["purelib"]
    for name in ("diffusers", "transformers", "torch"):
        if packages.get(name, {}).get("imported"):
            yield f"package {name}", packages[name]["imported"]["root"]


def caches(packages: dict[str, Any], skipped: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """The caches of huggingface_hub, as its own constants say; it is asked only where it was installed."""
    hub = packages.get("huggingface_hub")
    if hub is None or hub["imported"] is None or hub["imported"]["from"] not in ("site", "user site"):
        skipped.append({"where": "caches", "reason": "huggingface_hub is not installed, so its caches are not known"})
        return
    try:
        constants = importlib.import_module("huggingface_hub.constants")
    except Exception as error:  # noqa: BLE001 (whatever a broken installation raises)
        skipped.append({"where": "caches", "reason": f"huggingface_hub cannot be imported: {error}"[:300]})
        return
    for what, name in (("HF_HOME", "HF_HOME"), ("hub cache", "HF_HUB_CACHE"), ("xet cache", "HF_XET_CACHE")):
        path = getattr(constants, name, None)
        if isinstance(path, str):
            yield what, path


def look(path: str, mounts: list[dict[str, str]], answer: dict[str, Any]) -> None:
    """All that there is to know of one place."""
    told: dict[str, Any] = {"links": links(path), "real": os.path.realpath(path), "exists": os.path.exists(path)}
    told.update(mounted(told["real"], mounts))
    nearest = told["real"]
    while not os.path.exists(nearest) and os.path.dirname(nearest) != nearest:
        nearest = os.path.dirname(nearest)
    try:
        usage = shutil.disk_usage(nearest)
        told.update(free=usage.free, total=usage.total)
        told["read_only"] = bool(os.statvfs(nearest).f_flag & os.ST_RDONLY) if hasattr(os, "statvfs") else None
    except OSError as error:
        told["reason"] = f"cannot be asked for its size: {error.strerror}"
    told["writable"] = os.access(nearest, os.W_OK)
    told["case_insensitive"] = folds_case(nearest)
    answer.update(told)


def links(path: str) -> list[list[str]]:
    """Every link on the way, with what it says."""
    found: list[list[str]] = []
    parts, here = os.path.abspath(path).split(os.sep), os.sep if os.name != "nt" else ""
    for part in parts:
        here = os.path.join(here, part) if part else here
        hops = 0
        while os.path.islink(here) and hops < 40:
            target = os.readlink(here)
            found.append([here, target])
            here, hops = os.path.normpath(os.path.join(os.path.dirname(here), target)), hops + 1
    return found


def folds_case(path: str) -> bool | None:
    """Whether a name written in the other case is the same file; None where no name has letters."""
    folder, name = os.path.split(path)
    while not any(c.isalpha() for c in name):
        if not name:
            return None
        folder, name = os.path.split(folder)
    try:
        other = os.path.join(folder, name.swapcase())
        return os.path.exists(other) and os.path.samefile(os.path.join(folder, name), other)
    except OSError:
        return None


def table() -> tuple[list[dict[str, str]], str]:
    """The mounted file systems, as Linux tells of them."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return parsed(file.read()), ""
    except OSError:
        return [], "which file system it is, only Linux tells"


def parsed(text: str) -> list[dict[str, str]]:
    """The lines of /proc/self/mountinfo, in order: of two at one place the later one is on top."""
    found = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        fields, after = left.split(" "), right.split(" ")
        if dash and len(fields) >= 6 and len(after) >= 2:
            point, device = (_OCTAL.sub(lambda m: chr(int(m[1], 8)), text) for text in (fields[4], after[1]))
            found.append({"prefix": point, "filesystem": after[0], "device": device, "options": fields[5]})
    return found


def mounted(real: str, mounts: list[dict[str, str]]) -> dict[str, Any]:
    """The file system that a path without links lies on."""
    best: dict[str, str] | None = None
    for mount in mounts:
        point = mount["prefix"].rstrip("/") + "/"
        if (real.rstrip("/") + "/").startswith(point) and (best is None or len(mount["prefix"]) >= len(best["prefix"])):
            best = mount
    if best is None:
        return {}
    device = re.sub(r"(//)[^/@\s]*@", r"\1***@", best["device"])
    network = best["filesystem"] in NETWORK
    return {"prefix": best["prefix"], "filesystem": best["filesystem"], "device": device, "network": network}
