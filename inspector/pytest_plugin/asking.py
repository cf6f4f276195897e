"""What a pytest run asks for: the sources, which codes count, the baseline; from the command line and the ini file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from inspector.pytest_plugin.refusing import folder_of

ROOT = "inspect-pipe"
"""The first part of the node id of every item of ours."""


class Asked(NamedTuple):
    """``sources`` as they are shown -> as they are opened; ``items`` are node ids that were given as arguments.

    ``folders`` are inspected, also those of the ini file in a run that leaves them out.
    """

    sources: dict[str, str]
    folders: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    baseline: Path | None = None
    items: tuple[str, ...] = ()

    def wanted(self, nodeid: str) -> bool:
        return not self.items or any(nodeid == i or nodeid.startswith(f"{i}::") for i in self.items)


ASKED = pytest.StashKey[Asked]()


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("inspect-pipe", "settings of Diffusers pipelines")
    group.addoption(
        "--inspect-pipe",
        action="append",
        default=[],
        metavar="SOURCE",
        dest="inspect_pipe",
        help="check this pipeline, scheduler or model too: a folder, a Hub id, sftp://HOST/PATH, demo:NAME... "
        "(may be repeated)",
    )
    group.addoption(
        "--inspect-pipe-select",
        action="append",
        default=[],
        metavar="CODE",
        dest="inspect_pipe_select",
        help="only these codes, or codes that start so: IPC1,IPP",
    )
    group.addoption(
        "--inspect-pipe-baseline",
        default=None,
        metavar="FILE",
        dest="inspect_pipe_baseline",
        help="findings that are accepted, as inspect-pipe baseline wrote them",
    )
    parser.addini(
        "inspect_pipe_sources", "SOURCEs that every run checks, but one that names files or tests", "linelist"
    )
    parser.addini("inspect_pipe_select", "only these codes, or codes that start so", "linelist")
    parser.addini(
        "inspect_pipe_baseline", "findings that are accepted: a FILE beside the ini file", "string", default=""
    )


def asked(config: pytest.Config, option: Any) -> Asked:
    """What the command line and the ini file ask for.

    Args:
        config: its ini file has been read.
        option: the options as far as they are known.

    Paths of the ini file start beside it, those of the command line where the user stands.
    """
    from inspector.remote.secrets import conceal

    given: list[str] = list(option.file_or_dir)
    items = tuple(ROOT + "".join(a.partition("::")[1:]) for a in given if is_item(config, a))
    sources = {text: text for text in map(conceal, option.inspect_pipe)}
    home = config.inipath.parent if config.inipath else config.rootpath
    narrowed = any("::" in a or (config.invocation_params.dir / a).is_file() for a in given)
    lines = [conceal(text) for text in config.getini("inspect_pipe_sources")]
    kept = {t: str(home / t) if (home / t).exists() else t for t in lines}
    folders = [folder for text in (*sources, *kept.values()) if (folder := folder_of(text))]
    if items or not narrowed:
        sources = {**kept, **sources}
    select = [*option.inspect_pipe_select] or config.getini("inspect_pipe_select")
    baseline = option.inspect_pipe_baseline and config.invocation_params.dir / option.inspect_pipe_baseline
    if not baseline and config.getini("inspect_pipe_baseline"):
        baseline = home / config.getini("inspect_pipe_baseline")
    codes = tuple(c.strip().upper() for text in select for c in text.split(",") if c.strip())
    return Asked(sources, tuple(folders), codes, baseline or None, items)


def is_item(config: pytest.Config, argument: str) -> bool:
    """Whether an argument is the node id of an item of ours, which the summary may show as ``../inspect-pipe::...``."""
    head, ids, _ = argument.partition("::")
    if head.replace("\\", "/").rpartition("/")[2] != ROOT:
        return False
    return bool(ids) or not (config.invocation_params.dir / head).exists()  # a folder of that name is a folder


def check(config: pytest.Config, asked: Asked) -> None:
    """Refuse what cannot be meant, before anything is collected.

    Raises:
        UsageError: a code or setting that does not exist, a baseline or a lock that is not there.
    """
    from inspector.locks import load
    from inspector.model import InspectError
    from inspector.pytest_plugin.judging import JUDGE
    from inspector.settings import check_codes

    try:
        check_codes(asked.select, "inspect_pipe_select")
        _ = config.stash[JUDGE].baseline
        if lock := config.stash[JUDGE].settings.lock:
            load(Path(lock))
    except InspectError as error:
        where = f"{error.where}: " if error.where not in error.message else ""
        raise pytest.UsageError(f"{where}{error.message}; {error.hint}".rstrip("; ")) from error
    for item in asked.items:
        if item != ROOT and not any(f"{item}::".startswith(f"{ROOT}::{source}::") for source in asked.sources):
            named = item.removeprefix(f"{ROOT}::")
            raise pytest.UsageError(f"no source of this run has {named!r}; add --inspect-pipe SOURCE")
