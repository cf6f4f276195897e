"""The git checkout that a package is imported from: its commit, and what was changed since; no hook is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

SECONDS = 20
QUIETLY = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.untrackedCache=false")


def facts(root: str) -> dict[str, Any] | None:
    """``root``, ``commit``, ``branch``, ``dirty`` (names; None if git cannot tell: ``reason``); None: no checkout."""
    top = os.path.realpath(root)
    while not os.path.exists(os.path.join(top, ".git")):
        above = os.path.dirname(top)
        if above == top:
            return None
        top = above
    commit, branch = head(os.path.join(top, ".git"))
    dirty, reason = changes(top, os.path.realpath(root))
    return {"root": top, "commit": commit, "branch": branch, "dirty": dirty, "reason": reason}


def head(git: str) -> tuple[str | None, str]:
    """The commit and the branch that are checked out, read from git's own files."""
    try:
        if os.path.isfile(git):  # a worktree, or a submodule
            where = text(git).partition("gitdir:")[2].strip()
            git = where if os.path.isabs(where) else os.path.join(os.path.dirname(git), where)
        said = text(os.path.join(git, "HEAD"))
        if not said.startswith("ref:"):
            return said, ""
        name = said.partition(":")[2].strip()
        branch = name[len("refs/heads/") :] if name.startswith("refs/heads/") else name
        common = os.path.join(git, "commondir")
        shared = os.path.join(git, text(common)) if os.path.exists(common) else git
        for folder in (git, shared):
            if os.path.isfile(os.path.join(folder, *name.split("/"))):
                return text(os.path.join(folder, *name.split("/"))), branch
        for line in text(os.path.join(shared, "packed-refs")).splitlines():
            value, _, packed = line.partition(" ")
            if packed == name:
                return value, branch
        return None, branch
    except OSError:
        return None, ""


def text(file: str) -> str:
    with open(file, encoding="utf-8", errors="replace") as source:
        return source.read(1 << 20).strip()


def changes(top: str, folder: str) -> tuple[list[str] | None, str]:
    """The files of the package that differ from the commit, relative to the checkout; or None, and why."""
    program = shutil.which("git")
    if program is None:
        return None, "git is not installed, so what was changed in the checkout is not known"
    inside = os.path.relpath(folder, top)
    command = [program, *QUIETLY, "-C", top, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", inside]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment.update(GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"git status failed: {error}"
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"]
        return None, f"git status failed: {lines[0][:200]}"
    found, rows = [], iter(done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    for row in rows:
        if len(row) > 3:
            found.append(row[3:].encode("utf-8", "replace").decode("utf-8", "replace"))
            if row[0] in "RC":  # the old name follows
                next(rows, None)
    return sorted(found), ""
