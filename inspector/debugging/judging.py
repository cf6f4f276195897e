"""Why a breakpoint in the library would not bind, or stop in other code: from the facts, a configuration, a session."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspector.debugging.entry import module_rule, only_my_code, pairs
from inspector.debugging.mapping import LIBRARY, crossed, to_local, to_remote
from inspector.debugging.mapping import Mapping as Pair
from inspector.debugging.places import in_site, inside, joined, parent
from inspector.debugging.session import FILE, FUNCTION, Seen
from inspector.debugging.sides import Side
from inspector.model import Finding, Severity
from inspector.rules.debugging import finding
from inspector.rules.registry import few

_MODULE = f"{LIBRARY}/{FILE}"


def of_facts(local: Side, remote: Side, found: Sequence[Pair]) -> Iterator[Finding]:
    """What the facts of both sides, and the hashes of their files, say against it."""
    far = remote.package(LIBRARY)
    there = remote.name if remote is not local else "here"
    if far is None:
        fix = "name the Python that has it" if remote.runs else "save the facts with the Python that has it"
        yield finding("IPE526", there, f"{LIBRARY} cannot be imported by {remote.facts['python']['executable']}", fix)
        return
    if remote is not local and remote.package("debugpy") is None:
        python = remote.facts["python"]["executable"] or "python"
        fix = f"{python} -m pip install debugpy"
        yield finding("IPE527", there, f"debugpy is not installed for {python}: no debugger can attach there", fix)
    if not far["files"] and far["imported"]["kind"] != "zip":
        message = (
            f"{far['imported']['root']} holds no sources, only compiled files: no line of it can have a breakpoint"
        )
        yield finding("IPE528", there, message, f"reinstall it: pip install --force-reinstall --no-deps {LIBRARY}")
    if far["copies"]:
        hidden = few([c["root"] for c in far["copies"]], 2)
        message = f"another copy, {hidden}, is hidden by the one that is imported: breakpoints in it never stop"
        yield finding(
            "IPE526", there, message, "set them in the copy that is imported, or remove the other", severity="note"
        )
    if remote is not local:
        if not any(LIBRARY in m.packages for m in found):
            fix = f"pip install {LIBRARY}=={remote.version(LIBRARY)}   or mount the far side and name its folder"
            yield finding(
                "IPE522", LIBRARY, f"there is no copy of {LIBRARY} here that its files could be shown from", fix
            )
        yield from differing(local, remote, found)
        order = [(m.local, m.remote) for m in found]
        for here_, there_ in crossed(order, (local.windows, remote.windows)):
            message = f"{here_} ↔ {there_}: another pair takes its files, in whatever order they stand"
            yield finding("IPE529", "pathMappings", message, "move one of the folders, or map fewer with --map")
    if remote.facts["python"].get("frozen_modules"):
        message = "frozen modules are on: breakpoints in os.py, posixpath.py and the like say verified and never stop"
        yield finding("IPE525", there, message, "python -Xfrozen_modules=off …   (the library itself is not concerned)")


def differing(local: Side, remote: Side, found: Sequence[Pair]) -> Iterator[Finding]:
    """The files that a breakpoint cannot be carried over by their lines."""
    for pair in found:
        for name in pair.packages:
            own = [f for f in pair.different if f.startswith(f"{name}/")]
            rest = [f for f in (*pair.only_local, *pair.only_remote) if f.startswith(f"{name}/")]
            versions = local.version(name), remote.version(name)
            severity: Severity = "error" if name == LIBRARY else "warning"
            known = f", {FILE} among them" if _MODULE in own else ""
            if versions[0] != versions[1] and all(versions):
                count = f"{len(own):,} files differ{known}, {len(rest):,} are on one side only"
                message = f"{name} is {versions[0]} here and {versions[1]} there: {count}; the same line is other code"
                yield finding("IPE520", name, message, f"pip install {name}=={versions[1]}", severity=severity)
            elif own or rest:
                names = few([f.removeprefix(f"{name}/") for f in sorted([*own, *rest], key=lambda f: f != _MODULE)])
                what = "differ" if own else "are on one side only"
                message = f"{len(own) + len(rest)} of {name}'s files {what}: {names}"
                fix = f"pip install --force-reinstall --no-deps {name}=={versions[1]}   on the side that was changed"
                yield finding("IPE521", name, message, fix, severity=severity)
        if not pair.packages and pair.different:
            message = f"{len(pair.different)} files of the workspace differ: {few(list(pair.different))}"
            yield finding("IPE521", pair.remote, message, "bring both sides to one commit", severity="warning")


def of_configuration(config: Mapping[str, Any], local: Side, remote: Side, path: str) -> Iterator[Finding]:
    """What a configuration that is there already says against it.

    Args:
        config: as the editor would send it.
        local: where the editor is.
        remote: where the program runs.
        path: the file of the breakpoint, as the editor spells it.
    """
    name, far = str(config.get("name", "")), remote.package(LIBRARY)
    if far is None:
        return
    if only_my_code(config) and in_site(parent(str(far["imported"]["root"]), remote.windows)):
        yield not_mine(name)
    elif module_rule(config, LIBRARY):
        yield by_module(name)
    if remote is local:
        return
    windows = local.windows, remote.windows
    file = joined(str(far["imported"]["root"]), FILE, remote.windows)
    real = joined(str(far["imported"]["real_root"]), FILE, remote.windows)
    forth = to_remote(path, pairs(config), windows)
    if forth == real != file:
        yield by_real_name(name, file, real)
    elif forth != file:
        yield not_mapped(name, path, forth, file)
    for here_, there_ in crossed(pairs(config), windows):
        message = f"{here_} ↔ {there_} comes after a broader pair, which takes its files"
        yield finding("IPE529", name, message, "put the narrowest pair first, as inspect-pipe debug --write does")


def of_session(
    seen: Seen, config: Mapping[str, Any], local: Side, remote: Side, found: Sequence[Pair]
) -> tuple[bool, str, list[Finding]]:
    """Whether the breakpoint bound and stopped where it must, the reason, and the findings."""
    name = str(config.get("name", ""))
    file = str(seen.program.get("file") or far_file(remote))
    differs = any(_MODULE in m.different for m in found)
    if not (seen.verified and seen.stopped):  # one that was refused may stop by chance, in a program that runs already
        return (False, *unreached(seen, config, name, local, remote, file, differs))
    if seen.reference or not one_file(seen.where, seen.path, local):
        back = to_local(file, pairs(config), (local.windows, remote.windows))
        real = real_name(file, remote)
        if back is None and real != file and to_local(real, pairs(config), (local.windows, remote.windows)):
            given = by_real_name(name, file, real)
        else:
            given = not_mapped(name, seen.path, None, seen.where)
        return False, f"the program stopped, but the editor would show {seen.where} from the far side", [given]
    if seen.function != FUNCTION or seen.at != seen.line:
        meant = f"line {seen.line}" if seen.function == FUNCTION else f"{FUNCTION}, line {seen.line}"
        message = f"the program stopped in {seen.function}, line {seen.at}, not in {meant}"
        return False, message, [finding("IPE531", _MODULE, message, same_files(remote))]
    if differs:
        message = f"it stops, but {_MODULE} is another file there: what the editor shows is not what runs"
        return False, message, []  # told by of_facts
    return True, f"the program stopped in {FUNCTION}, at {seen.where}:{seen.at}", []


def unreached(
    seen: Seen, config: Mapping[str, Any], name: str, local: Side, remote: Side, file: str, differs: bool
) -> tuple[str, list[Finding]]:
    """Why the program never stopped."""
    mapped = to_remote(seen.path, pairs(config), (local.windows, remote.windows))
    target = mapped or seen.path
    if file.endswith(".pyc"):
        reason = f"the program runs {file}, which has no source"
        return reason, [
            finding("IPE528", name or LIBRARY, reason, f"pip install --force-reinstall --no-deps {LIBRARY}")
        ]
    if seen.message:
        reason = f"not bound: {seen.message.strip().splitlines()[0]}"
        if "justMyCode" in seen.message:
            return reason, [not_mine(name)]
        if "filters" in seen.message:
            return reason, [by_module(name)]
        return reason, [not_mapped(name, seen.path, mapped, file)]
    if seen.verified and file and target not in (file, real_name(file, remote)):
        reason = f"debugpy says verified, since {target} exists there; but the program runs {file}"
        if mapped is None:
            return reason, [not_mapped(name, seen.path, None, file)]
        fix = f"see what is on its sys.path first: python -c 'import {LIBRARY}; print({LIBRARY}.__file__)'"
        return reason, [finding("IPE526", name or LIBRARY, reason, fix)]
    if seen.verified and module_rule(config, LIBRARY):
        return "debugpy says verified, but a rule excludes the file when it runs", [by_module(name)]
    if seen.verified and differs:
        reason = f"debugpy says verified, but line {seen.line} of {_MODULE} is other code there"
        return reason, [finding("IPE531", _MODULE, reason, same_files(remote))]
    reason = f"{'bound' if seen.verified else 'not bound'}, and it never stopped: {seen.error or 'no reason given'}"
    fix = (
        "does the program come by there? It is given --timeout seconds"
        if seen.verified
        else "is it debugpy that listens?"
    )
    return reason, [finding("IPE530", name or LIBRARY, reason, fix)]


def not_mine(name: str) -> Finding:
    message = f"{name!r} leaves justMyCode on: the debugger passes over {LIBRARY}, which is installed, not yours"
    return finding("IPE523", name, message, '"justMyCode": false')


def by_module(name: str) -> Finding:
    message = "a rule by path excludes the library before the one that includes its module is tried"
    return finding(
        "IPE532", name, message, f'{{"path": "**/{LIBRARY}/**", "include": true}} before the ones that exclude'
    )


def by_real_name(name: str, file: str, real: str) -> Finding:
    message = f"the far root is spelled {parent(real, False)}, which sys.path reaches as {parent(file, False)}"
    return finding("IPE524", name, message, "spell remoteRoot as sys.path does there, with its links")


def not_mapped(name: str, path: str, mapped: str | None, file: str) -> Finding:
    goes = f"goes to {mapped}" if mapped and mapped != path else "has no mapping"
    message = f"{path} {goes}; the program runs {file}"
    return finding("IPE522", name, message, "inspect-pipe debug --write puts the pairs of folders in")


def same_files(remote: Side) -> str:
    return f"pip install {LIBRARY}=={remote.version(LIBRARY)}   here, so that both sides have the same files"


def far_file(remote: Side) -> str:
    """The file of the breakpoint as the far side imports it."""
    far = remote.package(LIBRARY)
    return "" if far is None else joined(str(far["imported"]["root"]), FILE, remote.windows)


def real_name(file: str, remote: Side) -> str:
    """A file of the far library with the links of its path resolved."""
    far = remote.package(LIBRARY)
    rest = None if far is None else inside(file, str(far["imported"]["root"]), remote.windows)
    return file if far is None or rest is None else joined(str(far["imported"]["real_root"]), rest, remote.windows)


def one_file(a: str, b: str, local: Side) -> bool:
    """Whether two names on the editor's side are one file."""
    if inside(a, b, local.windows) == "":
        return True
    return bool(local.python) and os.path.realpath(a) == os.path.realpath(b)
