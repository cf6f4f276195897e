"""The configuration for ``launch.json``, and what is wrong with one that is there.

What debugpy makes of its names was read in its source and measured (1.8.22):

* ``rules`` are tried in this order: folders without wildcards, the longest first; globs in the order given; modules.
  So ``{"module": "diffusers", "include": true}`` loses against ``**/site-packages/**``, and its breakpoints are then
  answered with ``verified: true`` and never stop. They are matched with the far side's path, links not resolved.
* With ``justMyCode: false`` whatever no rule names is included: rules that only include narrow nothing.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Any

from inspector.debugging.mapping import LIBRARY, Mapping
from inspector.debugging.places import in_site, inside, parent
from inspector.debugging.sides import Side

WORKSPACE = "${workspaceFolder}"
TYPES = ("debugpy", "python")
"""What VS Code calls this debugger; the second is its old name."""


def attach(
    name: str, host: str, port: int, found: Sequence[Mapping], local: Side, remote: Side, workspace: str,
    packages: Sequence[str] = (LIBRARY,),
) -> dict[str, Any]:  # fmt: skip
    """The configuration that attaches to a program on the far side.

    Args:
        name: what it is called in the editor.
        host: where ``debugpy --listen`` is reached from the editor.
        port: its port.
        found: the pairs of folders, the narrowest first.
        local: where the editor is.
        remote: where the program runs.
        workspace: the folder that the editor opens.
        packages: the libraries to step into.
    """
    entry: dict[str, Any] = {
        "name": name,
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": host, "port": port},
        "pathMappings": [
            {"localRoot": in_workspace(m.local, workspace, local.windows), "remoteRoot": m.remote} for m in found
        ],
        "justMyCode": False,
        "rules": rules(remote, packages),
    }
    if local.windows:  # VS Code adds it by itself, other editors do not
        entry["clientOS"] = "windows"
    return entry


def launch(name: str, local: Side, packages: Sequence[str] = (LIBRARY,)) -> dict[str, Any]:
    """The configuration that starts the open file on this machine."""
    return {
        "name": name,
        "type": "debugpy",
        "request": "launch",
        "program": "${file}",
        "console": "integratedTerminal",
        "justMyCode": False,
        "rules": rules(local, packages),
    }


def rules(side: Side, packages: Sequence[str]) -> list[dict[str, Any]]:
    """Step into these libraries and the user's code, over everything else that is installed there."""
    found = [p for name in packages if (p := side.package(name)) is not None]
    entries = side.facts["sys_path"]
    sites = [e["path"] for e in entries if e["kind"] in ("site", "user site")]
    stdlib = [e["path"] for e in entries if e["kind"] == "stdlib"]
    return only([str(p["imported"]["root"]) for p in found], sites, stdlib, side.windows)


def only(roots: Sequence[str], sites: Sequence[str], stdlib: Sequence[str], windows: bool) -> list[dict[str, Any]]:
    """The rules that include these packages and exclude what else is installed.

    All are globs: a folder without a wildcard would come before them, whatever stands first.
    """
    slash = "\\" if windows else "/"
    included = [
        f"**/{base(parent(r, windows))}/{base(r)}/**" if in_site(parent(r, windows)) else f"{r}{slash}**" for r in roots
    ]
    excluded = [f"**/{base(s)}/**" for s in sites if in_site(s)]
    excluded += [f"{s}{slash}**" for s in stdlib if base(s).lower().startswith(("python3.", "lib"))]
    kept = [e for e in excluded if not any(e != o and e.startswith(o[:-2]) for o in excluded)]
    found = [{"path": p, "include": True} for p in included] + [{"path": p, "include": False} for p in kept]
    return list({r["path"]: r for r in found}.values())


def base(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def in_workspace(path: str, workspace: str, windows: bool) -> str:
    """The path as the editor may spell it, whoever opens the folder and wherever it lies."""
    rest = inside(path, workspace, windows) if workspace else None
    return path if rest is None else WORKSPACE + ("/" + rest if rest else "")


def substituted(entry: Map[str, Any], workspace: str, windows: bool) -> dict[str, Any]:
    """The configuration with ``${workspaceFolder}`` replaced, as the editor sends it."""

    def replaced(value: Any) -> Any:
        if isinstance(value, str) and WORKSPACE in value:
            text = value.replace(WORKSPACE, workspace.rstrip("/\\"))
            return text.replace("/", "\\") if windows else text
        if isinstance(value, list):
            return [replaced(v) for v in value]
        return {k: replaced(v) for k, v in value.items()} if isinstance(value, dict) else value

    return {k: replaced(v) for k, v in entry.items()}


def pairs(entry: Map[str, Any]) -> list[tuple[str, str]]:
    """The pairs of folders of a configuration."""
    found = entry.get("pathMappings")
    every = found if isinstance(found, list) else []
    return [
        (str(m["localRoot"]), str(m["remoteRoot"]))
        for m in every
        if isinstance(m, dict) and m.get("localRoot") and m.get("remoteRoot")
    ]


def only_my_code(entry: Map[str, Any]) -> bool:
    """Whether ``justMyCode`` is on; it is where the configuration does not say."""
    return entry.get("justMyCode", True) not in (False, "false", "False", "0")


def module_rule(entry: Map[str, Any], name: str) -> bool:
    """Whether a library is included by a rule on its module alone, and excluded by one on its path."""
    every = entry.get("rules")
    every = [r for r in every if isinstance(r, dict)] if isinstance(every, list) else []
    by_module = any(r.get("module") == name and r.get("include") for r in every)
    return by_module and any("path" in r and not r.get("include") for r in every)
