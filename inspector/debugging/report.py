"""``inspect-pipe debug``: both sides, the pairs of folders, the configuration, a session, and what is against it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.debugging import judging, launchfile, session
from inspector.debugging.entry import attach, launch, substituted
from inspector.debugging.jsonc import lines_of
from inspector.debugging.mapping import LIBRARY, Mapping, mappings, to_local
from inspector.debugging.places import in_site, joined, parent
from inspector.debugging.sides import Side, here, there
from inspector.environment.asking import facts_from
from inspector.model import EXIT_USAGE, Finding, InspectError, Report, worst_first
from inspector.rules.debugging import finding

COMING = 20.0
"""Seconds in which a program must come by the breakpoint."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: ``place`` is the far side, empty for this machine alone; the rest are the command's options."""

    place: str = ""
    workspace: Path = field(default_factory=Path.cwd)
    remote_workspace: str = ""
    prefix: str = ""
    python: str = ""
    ssh: str = "ssh"
    local: Path | None = None
    packages: tuple[str, ...] = ()
    maps: tuple[tuple[str, str], ...] = ()
    name: str = ""
    config: str = ""
    port: int = 5678
    write: bool = False
    verify: bool = False
    attach: tuple[str, int] | None = None
    timeout: float = 120.0


def look(asked: Asked, tell: Callable[[str], None] = lambda message: None) -> tuple[Report, str | None]:
    """The report, and the text of ``launch.json`` with the configuration in it where that is another than it has.

    Raises:
        InspectError: a side, or ``launch.json``, cannot be read (exit status 3); an option is wrong (2).
    """
    workspace = os.path.abspath(asked.workspace)
    if asked.write and asked.config:
        hint = "--write writes the one that is made; leave --config out"
        raise InspectError("--config judges what is there, --write changes it", hint=hint, exit_code=EXIT_USAGE)
    if asked.write:
        launchfile.refuse_models(Path(workspace))
    file = launchfile.read(Path(workspace))
    named = file.named(asked.config) if asked.config else None
    remote, found = None, list[Mapping]()
    if asked.place:
        tell(f"asking {asked.place}")
        remote = there(
            asked.place, folder=asked.remote_workspace, prefix=asked.prefix, python=asked.python, ssh=asked.ssh
        )
    tell("asking Python where its libraries are")
    if asked.local is not None:
        local = Side(asked.local.name, facts_from(asked.local))
    else:
        local = here(workspace, None if asked.place else asked.python or None)
    root = workspace if asked.local is None else local.folder
    if remote is None:
        remote = local
    else:
        found = mappings(local, remote, both_workspaces(root, asked, remote), asked.maps)
    packages = (LIBRARY, *(p for p in asked.packages if p != LIBRARY))
    entry = made(asked, local, remote, found, root, packages)
    text = file.with_(entry)
    config = entry if named is None else named
    sent = substituted(config, root, local.windows)
    findings = list(judging.of_facts(local, remote, found))
    if remote.host is not None and not asked.remote_workspace:
        message = f"{root} is not mapped: breakpoints in your own code would not stop"
        findings.append(
            finding("IPE533", "workspace", message, "--remote-workspace DIR says what that folder is there")
        )
    path = editors_path(local, remote, found)
    if asked.config:
        findings += judging.of_configuration(sent, local, remote, path)
    elif remote is local:
        findings += unhelped(file, entry, local, written=asked.write)
    told: dict[str, Any] = {"bound": None, "reason": "not tried: --verify starts a session", "session": None}
    if asked.verify:
        tell("starting a program to debug")
        seen, proved = verified(asked, sent, local, remote, found, workspace)
        findings += [f for f in proved.pop("findings") if not any(f.code == g.code for g in findings)]
        told = {**proved, "session": seen.plain()}
    state = "same" if text == file.text else "differs" if entry["name"] in names(file) else "absent"
    launchjson = {"path": str(file.path), "state": state, "exists": bool(file.text)}
    data: dict[str, Any] = {
        "command": "debug",
        "facts": {"local": slim(local), "remote": slim(remote)},
        "mappings": [m.plain() for m in found],
        **told,
        "start": starting(asked, remote) if remote is not local else [],
        "judged": asked.config,
        "configuration": config,
        "configuration_text": lines_of(config, "    "),
        "launch_json": launchjson,
    }
    findings = list(worst_first(findings))
    data["answer"] = answer(local, remote, findings, told["bound"], launchjson, written=asked.write)
    source = local.name if remote is local else f"{local.name} → {remote.name}"
    versions = {LIBRARY: local.version(LIBRARY)} if local.version(LIBRARY) else {}
    return Report(source, versions, tuple(findings), data=data), None if text == file.text else text


def both_workspaces(root: str, asked: Asked, remote: Side) -> tuple[str, str] | None:
    """The folder of the user's code here and there, where it is known what it is there."""
    if asked.remote_workspace:
        return root, asked.remote_workspace
    seen = next(((real, far) for far, real in remote.seen.items()), None)
    if seen is not None:
        return seen
    if remote.host is not None:
        return None  # where a shell begins is no workspace
    return root, root if remote.python else remote.folder


def made(
    asked: Asked, local: Side, remote: Side, found: list[Mapping], workspace: str, packages: tuple[str, ...]
) -> dict[str, Any]:
    """The configuration for these two sides."""
    if remote is local:
        return launch(asked.name or "Python: into diffusers", local, packages)
    host, port = asked.attach or ("localhost", asked.port)  # by a tunnel: whoever reaches debugpy runs what he likes
    name = asked.name or f"Diffusers on {Path(remote.name).name if remote.host is None else remote.host.name}"
    return attach(name, host, port, found, local, remote, workspace, packages)


def starting(asked: Asked, remote: Side) -> list[str]:
    """The command that starts a program there so that the editor can attach; of a host, with the tunnel to it."""
    python = asked.python or remote.facts["python"]["executable"] or "python"
    frozen = "-Xfrozen_modules=off " if remote.facts["python"].get("frozen_modules") else ""
    port = asked.port if asked.attach is None else asked.attach[1]
    command = f"{python} {frozen}-m debugpy --listen {port} --wait-for-client script.py"
    if remote.host is None:
        return [command]
    option = f"-p {remote.host.port} " if remote.host.port else ""
    return [f"ssh {option}-L {port}:127.0.0.1:{port} {remote.host.name} {command}"]


def editors_path(local: Side, remote: Side, found: list[Mapping]) -> str:
    """The file of the breakpoint as the editor opens it: where the pairs lead to; empty where there is no copy."""
    if remote is local:
        near = local.package(LIBRARY)
        return "" if near is None else joined(str(near["imported"]["root"]), session.FILE, local.windows)
    if not any(LIBRARY in m.packages for m in found):
        return ""
    order = [(m.local, m.remote) for m in found]
    return to_local(judging.far_file(remote), order, (local.windows, remote.windows)) or ""


def unhelped(file: launchfile.LaunchFile, entry: dict[str, Any], local: Side, *, written: bool) -> list[Finding]:
    """On one machine: whether any configuration lets the debugger into an installed library."""
    found = local.package(LIBRARY)
    if written or found is None or not in_site(parent(str(found["imported"]["root"]), local.windows)):
        return []
    configs = [substituted(c, str(file.path.parents[1]), local.windows) for c in file.pythons()]
    against = [list(judging.of_configuration(c, local, local, "")) for c in configs]
    if any(not problems for problems in against):
        return []
    has = "has no configuration that lets" if file.text else "is not there, and nothing else lets"
    message = f"launch.json {has} the debugger into {LIBRARY}: justMyCode is on unless it is turned off"
    if against and all(p[0].code != "IPE523" for p in against):
        return [p[0] for p in against]
    return [finding("IPE523", str(file.path), message, f"inspect-pipe debug --write   adds {entry['name']!r}")]


def verified(
    asked: Asked, config: dict[str, Any], local: Side, remote: Side, found: list[Mapping], workspace: str
) -> tuple[session.Seen, dict[str, Any]]:
    """A real session: what was seen, and whether that is as it must be.

    Raises:
        InspectError: nothing can be started there, or the local copy cannot be read.
    """
    if asked.local is not None:
        raise InspectError(
            "--verify debugs from this machine, not from --local", hint="run it on that one", exit_code=EXIT_USAGE
        )
    path = editors_path(local, remote, found)
    if not path:
        raise InspectError(f"there is no copy of {LIBRARY} here to set the breakpoint in", hint="mount the far one")
    path, line = session.target(parent(path, local.windows))
    if asked.attach is not None:
        seen = session.joined_in(asked.attach, config, path, line, min(asked.timeout, COMING))
    elif remote.runs:
        seen = session.own(remote, config, path, line, asked.timeout, asked.remote_workspace)
    else:
        hint = "start it there: python -m debugpy --listen 0.0.0.0:5678 script.py   and add --attach HOST:5678"
        raise InspectError(f"nothing can be started on {remote.name} from here", hint=hint, exit_code=EXIT_USAGE)
    if seen.program.get("missing"):
        extra = '"inspect-pipe[debug]"' if remote is local else "debugpy"
        python = seen.program.get("python") or "python"
        lack = finding(
            "IPE527", remote.name, f"debugpy is not installed for {python}", f"{python} -m pip install {extra}"
        )
        return seen, {"bound": False, "reason": lack.message, "findings": [lack]}
    if seen.program.get("error"):
        raise InspectError(
            f"{remote.name}: {seen.program['error']}", hint="the program that is debugged must start there by itself"
        )
    bound, reason, findings = judging.of_session(seen, config, local, remote, found)
    return seen, {"bound": bound, "reason": reason, "findings": findings}


def slim(side: Side) -> dict[str, Any]:
    """The facts of a side without the hashes of its files, which the pairs of folders have counted."""
    packages = {
        name: {k: v for k, v in package.items() if k not in ("files", "installed")} | {"files": len(package["files"])}
        for name, package in side.facts["packages"].items()
    }
    kept = ("python", "platform", "folder", "sys_path")
    return {"name": side.name, **{k: side.facts[k] for k in kept}, "packages": packages}


def names(file: launchfile.LaunchFile) -> list[Any]:
    return [c.get("name") for c in file.configurations]


def answer(
    local: Side, remote: Side, findings: list[Finding], bound: bool | None, file: dict[str, Any], *, written: bool
) -> dict[str, Any]:
    """One line that says whether the debugger steps into the library, and how sure that is."""
    severe = next((f.severity for f in findings if f.severity != "note"), None)
    where = "" if remote is local else f" on {remote.name}"
    if bound:
        line = f"proved: a breakpoint in {session.FUNCTION} stops{where}"
    elif bound is False:
        line = f"the debugger does not step into {LIBRARY}{where}"
    elif severe is not None:
        line = f"the debugger would not step into {LIBRARY}{where}" if severe == "error" or remote is local else ""
        line = line or f"the debugger steps into {LIBRARY}{where}, with {len(findings)} to look at"
    else:
        line = f"the debugger steps into {LIBRARY}{where} with this configuration; --verify proves it"
    if severe is not None:
        line += f" · inspect-pipe explain {findings[0].code}"
    elif not written and file["state"] != "same":
        line += " · --write puts it in"
    return {"line": line, "severity": "error" if bound is False else severe or "clean"}
