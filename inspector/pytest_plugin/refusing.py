"""A model folder decides nothing about its own inspection (SAFETY, rules 3 and 7): no ini file, conftest or test."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest


def folder_of(source: str) -> Path | None:
    """The local folder that a SOURCE names, links followed; None where it names none."""
    if not os.path.lexists(source):
        return None
    path = Path(os.path.realpath(source))
    return path if path.is_dir() else path.parent if path.name == "model_index.json" else None


def inside(path: Path, folder: Path) -> bool:
    real = Path(os.path.realpath(path))
    return real == folder or folder in real.parents


def refuse(config: pytest.Config, sources: Collection[str], args: Iterable[str]) -> None:
    """Refuse to run on what lies inside an inspected folder.

    Args:
        config: its root folder and ini file are known.
        sources: as they are opened.
        args: the files, folders and tests that were named.

    Raises:
        UsageError: the root folder, the ini file, or what pytest would look through or import at the start.
    """
    if not sources:
        return
    here = config.invocation_params.dir
    named = [here / a.partition("::")[0] for a in args]
    looked = [p for p in named if p.exists()] or [here]
    # pytest imports the conftest.py of folders named test* beside what it is given before it collects anything
    early = [f / "conftest.py" for p in looked if p.is_dir() for f in p.glob("test*") if f.is_dir()]
    for source in sources:
        folder = folder_of(source)
        if folder is None:
            continue
        for what, path in (
            ("the ini file", config.inipath),
            ("the root folder", config.rootpath),
            *(("what pytest collects from", p) for p in looked),
            *(("a conftest that pytest would import", f) for f in early),
        ):
            if path is not None and path.exists() and inside(path, folder):
                outside = not any(inside(p, folder) for p in looked)
                hint = (
                    f"write --inspect-pipe={source}, with =, so that pytest does not start from that folder"
                    if outside and what.startswith("the")
                    else "run pytest from another folder and give that one as SOURCE"
                )
                raise pytest.UsageError(
                    f"{what}, {path}, lies inside the inspected folder, and what a model folder brings along is never "
                    f"honoured: {hint}"
                )


def uproot(config: pytest.Config, folders: Iterable[Path], args: Iterable[str]) -> None:
    """Take the root folder back where pytest guessed it from the SOURCE: the user stands elsewhere.

    pytest reads the command line before its plugins add their options to it, and takes the word after
    ``--inspect-pipe`` for a folder with tests. Where it found no ini file and nothing in common with the folder that
    the user stands in, that word became the root folder, and the cache would go there.
    """
    here = config.invocation_params.dir
    if config.inipath is None and config.known_args_namespace.rootdir is None and not list(args):
        for folder in folders:
            if inside(config.rootpath, folder) and not inside(here, folder):
                config._rootpath = here
                config.known_args_namespace.confcutdir = str(here)


def ignored(path: Path, folders: Iterable[Path]) -> bool:
    """Whether this lies inside an inspected folder, so that nothing there is collected or imported."""
    return any(inside(path, folder) for folder in folders)
