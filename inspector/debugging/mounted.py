"""A tree of another machine that is mounted here: its environments, and what they are called over there.

Nothing of it is run. What an environment is called where it was made stands in its own files: the first lines of its
scripts name its Python by its full path there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inspector.debugging.far import of_package
from inspector.debugging.places import inside, joined
from inspector.debugging.sides import Side
from inspector.environment.facts.packages import PACKAGES
from inspector.model import EXIT_USAGE, InspectError

_DEEP = 8
_VERSION = re.compile(r"""^__version__\s*(?::\s*str\s*)?=\s*["']([^"'\n]{1,80})["']""", re.MULTILINE)
_SHEBANG = re.compile(rb"^#!(/[^\s\0]+)/bin/python[\d.]*\s")
_MADE = re.compile(r"^command\s*=.*\s(/\S+)\s*$", re.MULTILINE)


def mounted(tree: Path, prefix: str) -> Side:
    """The far side as its files say it.

    Args:
        tree: where it is seen from here.
        prefix: what ``tree`` is called there; told by an environment in it when empty.

    Raises:
        InspectError: no environment with the library lies in it, or nobody says what it is called there.
    """
    top = os.path.abspath(tree)
    found = sorted(environments(top))
    if not found:
        hint = "give the folder that holds the environment, or the far side's report of inspect-pipe env"
        raise InspectError(f"no site-packages with diffusers under {tree}", hint=hint, where=str(tree))
    if len(found) > 1:
        names = ", ".join(os.path.relpath(site, top) for site in found[:3])
        raise InspectError(
            f"{len(found)} environments lie under {tree}: {names}", hint="give the folder of one", exit_code=EXIT_USAGE
        )
    site = found[0]
    prefix = prefix.rstrip("/\\") or told(top, site)
    windows = bool(re.match(r"[A-Za-z]:|\\\\", prefix))
    there = joined(prefix, inside(site, top, os.name == "nt") or "", windows)
    packages = {n: p for n in PACKAGES if (p := package(n, site, there, windows)) is not None}
    entry = {"entry": there, "path": there, "real": there, "kind": "site", "exists": True, "zip": False}
    facts = {
        "facts": 1,
        "python": {"version": "", "executable": "", "frozen_modules": None},
        "platform": {"system": "Windows" if windows else "", "separator": "\\" if windows else "/", "host": ""},
        "folder": {"path": prefix, "real": prefix},
        "sys_path": [entry],
        "packages": packages,
    }
    return Side(str(tree), facts, seen={prefix: top})


def environments(top: str) -> Iterator[str]:
    """Every site-packages under a folder that holds the library."""
    for folder, folders, _ in os.walk(top):
        if folder.count(os.sep) - top.count(os.sep) >= _DEEP:
            folders[:] = []
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            folders[:] = []
            if os.path.isfile(os.path.join(folder, "diffusers", "__init__.py")):
                yield folder
        folders[:] = [f for f in folders if f in (".venv", ".conda", ".pixi") or not f.startswith(".")]


def told(top: str, site: str) -> str:
    """What the tree is called where its environment was made.

    Raises:
        InspectError: no file of the environment says it.
    """
    home = site
    while home != top and not os.path.isdir(os.path.join(home, "bin")):
        home = os.path.dirname(home)
    named = made(home)
    rest = inside(home, top, os.name == "nt") or ""
    if named is None or not (named == rest or named.endswith("/" + rest) or not rest):
        hint = "say it with --as: --as /srv/project"
        raise InspectError(f"what {top} is called on the far side is not told by its files", hint=hint, where=top)
    return named[: len(named) - len(rest)].rstrip("/") or "/" if rest else named


def made(home: str) -> str | None:
    """The folder of an environment by its own account: the first line of its scripts, or ``pyvenv.cfg``."""
    scripts = os.path.join(home, "bin")
    for name in sorted(os.listdir(scripts)) if os.path.isdir(scripts) else ():
        path = os.path.join(scripts, name)
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as file:
                found = _SHEBANG.match(file.read(512))
            if found:
                return found[1].decode("utf-8", "surrogateescape")
    try:
        text = Path(home, "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    at = _MADE.search(text)
    return None if at is None else at[1]


def package(name: str, site: str, there: str, windows: bool) -> dict[str, Any] | None:
    """A package of the environment, in the shape of the facts."""
    home = os.path.join(site, name)
    if not os.path.isfile(os.path.join(home, "__init__.py")):
        return None
    version = _VERSION.search(Path(home, "__init__.py").read_text(encoding="utf-8", errors="replace"))
    root = joined(there, name, windows)
    return {
        "name": name,
        "imported": {"file": joined(root, "__init__.py", windows), "root": root, "real_root": root, "kind": "package"},
        "version": version[1] if version else None, "metadata_version": None, "copies": [], "installed": [],
        "git": None, "stale": [], "files": of_package(home),
    }  # fmt: skip
