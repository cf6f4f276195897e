"""A source as a Snapshot without importing any of the libraries: files, types, defaults, missing and unknown keys."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from inspector import classes, entries, mistyped, texts, weightfiles
from inspector.classes import ClassInfo
from inspector.entries import INDEX
from inspector.gathering import (
    LIBRARY_KEYS,
    Gathered,
    class_of,
    component,
    described,
    is_pair,
    is_settings,
    setting,
    several,
)
from inspector.model import EXIT_USAGE, Component, Finding, InspectError, Skip, Snapshot
from inspector.reading import Folder, Limits, ReadError
from inspector.sources import COMPONENT_FILES, Source
from inspector.survey import survey


def snapshot(source: Source, limits: Limits) -> Snapshot:
    """Read a folder or a file.

    Raises:
        InspectError: the source has no files (``py:``, ``class:``), or its only file cannot be read.
    """
    path = source.path
    if path is None and source.scheme == "demo":
        from inspector import demo

        path = demo.path(source.target)
    if path is None:
        message = f"{source.text} is no folder or file, so --static has nothing to read"
        raise InspectError(message, hint="leave --static out", exit_code=EXIT_USAGE)
    if source.scheme in ("config", "weights"):
        return single(source, path, limits)
    with Folder(path, limits, facts=source.facts) as folder:
        seen = Gathered(folder)
        for error in folder.problems:
            seen.failed(error.where, error)
        if INDEX in folder.entries:
            pipeline(seen)
        else:
            alone(seen, next((f for f in COMPONENT_FILES if f in folder.entries), ""))
        seen.problems += survey(folder, seen.loaded_from, seen.code)
    said = {s.reason for s in seen.skipped}
    unread = {n: why for n, (verdict, why) in folder.verdicts.items() if verdict == "failed" and why not in said}
    seen.skipped += (Skip(n, why, failed=True) for n, why in unread.items())
    return finished(source, seen)


def single(source: Source, path: Path, limits: Limits) -> Snapshot:
    """One file that the user named; a link to it is his own, wherever it leads.

    Raises:
        ReadError: it cannot be read, so there is nothing to report.
    """
    name = path.name
    with Folder(path.parent, limits, only=name, facts=source.facts) as folder:
        entry = folder.entries.get(name)
        target = Path(os.path.realpath(path))
        if entry is not None and entry.kind == "link" and target != Path(os.path.realpath(path.parent), name):
            return single(source, target, limits)
        seen = Gathered(folder)
        if source.scheme == "weights":
            header = folder.header(name)
            stem = name.removesuffix(".safetensors")
            state = {
                "parameters": header.parameters,
                "dtype": weightfiles.one(header.dtypes),
                "tensors": len(header.tensors),
            }
            facts = {"weights": "safetensors", "metadata": header.metadata}
            seen.components.append(Component(stem if stem.isidentifier() else "model", "", state=state, facts=facts))
        else:
            alone(seen, name)
    return finished(source, seen)


def finished(source: Source, seen: Gathered) -> Snapshot:
    seen.skipped += (Skip("files", remark) for remark in seen.folder.facts.remarks)
    problems = {(p.code, p.where, p.message): p for p in seen.problems}
    skipped = tuple(dict.fromkeys(seen.skipped))
    return Snapshot(source.text, versions(), tuple(seen.components), tuple(problems.values()), skipped)


def pipeline(seen: Gathered) -> None:
    """A folder with a ``model_index.json``."""
    index = seen.json(INDEX, "pipe")
    if index is None:
        for name in sorted(n for n, e in seen.folder.entries.items() if e.kind == "folder" and "/" not in n):
            if set(seen.folder.below(name)) & set(COMPONENT_FILES):
                component(seen, name, name, None, None)
        return
    info = pipeline_class(seen, index)
    parameters = info.parameters if info else {}
    seen.problems += mistyped.told(info, index, INDEX, "pipe") if info else ()
    optional = [n for n in info.optional if n in parameters] if info else []
    expected = {n for n, v in parameters.items() if v == "required"} | set(optional)
    held = {k: v for k, v in index.items() if not k.startswith("_")}

    def names_component(key: str) -> bool:
        return key in expected or (key not in parameters and (is_pair(held.get(key)) or held.get(key) == [None, None]))

    settings = tuple(
        setting(k, held, parameters, known=info is not None, component=names_component(k))
        for k in dict.fromkeys([*parameters, *held])
    )
    facts = {
        "class_on_disk": index.get("_class_name"),
        "version_on_disk": index.get("_diffusers_version"),
        "index_keys": sorted(held),
        "library_keys": LIBRARY_KEYS,
    }
    # the library calls a pipeline by the folder it lives in, unless that is a deprecated one
    library = "" if info is None else "diffusers" if info.deprecated_home else info.file.split("/")[-2]
    if info is not None:
        facts |= {"expected": sorted(expected), "optional": sorted(optional)}
    seen.components.append(
        Component("pipe", class_name(index), settings, kind="pipeline", library=library, facts=facts)
    )
    names = set(seen.folder.entries)
    annotations = info.annotations if info else {}
    for key in (k for k in dict.fromkeys([*parameters, *held]) if k in held):
        value = held[key]
        if entries.is_empty(value) or (key in parameters.keys() - expected and not names_class(value)):
            continue
        if not isinstance(value, list) and key not in expected:
            continue
        entry = entries.judge(key, value if isinstance(value, list) else [value], names, annotations.get(key, ""))
        if info is not None and key not in parameters and key not in expected and entry.problem is None:
            continue  # the library drops it; IPC104 says so
        seen.code.add(entry.custom)
        if entry.problem is not None:
            seen.problems.append(entry.problem)
        if entry.skip is not None:
            seen.skipped.append(entry.skip)
        if entry.read:
            several(seen, entry)


def names_class(value: Any) -> bool:
    """Whether an entry names a class of the table: a component that has a default value looks like a plain value."""
    return is_pair(value) and classes.find(value[0], value[1]) is not None


def pipeline_class(seen: Gathered, index: dict[str, Any]) -> ClassInfo | None:
    """The pipeline's class in the table; None, and why, when it is code of the folder or unknown."""
    named, name = index.get("_class_name"), class_name(index)
    if isinstance(named, list) and len(named) == 2 and all(isinstance(n, str) and n for n in named):
        if any(entries.PATH.search(n) for n in named):
            message = f"{INDEX}: the pipeline {named!r} has a path where a name belongs; it was not followed"
            seen.problems.append(Finding("IPI906", "error", "pipe", entries.cut(message, 200), "write plain names"))
            seen.skipped.append(Skip("pipe", message, failed=True))
            return None
        file = f"{named[0]}.py"
        here = file in seen.folder.entries
        seen.code.add(file)
        place = file if here else f"{file}, which is not in it"
        message = f"{INDEX}: {name} is code of this folder ({place}); it was not run"
        fix = "--trust-remote-code runs it" if here else f"fetch {file} from where the folder came from"
        seen.problems.append(Finding("IPP204", "note" if here else "warning", "pipe", message, fix))
        seen.skipped.append(Skip("pipe", message))
        return None
    if not isinstance(named, str) or not named:
        message = f"{INDEX} names no pipeline class (_class_name is {entries.cut(repr(named))})"
        fix = 'write "_class_name": "StableDiffusionPipeline", say'
        seen.problems.append(Finding("IPI903", "error", "pipe", message, fix))
        seen.skipped.append(Skip("pipe", message, failed=True))
        return None
    info = classes.find("diffusers", name)
    if info is not None and info.kind == "pipeline":
        return info
    if info is None and classes.home("diffusers") is None:
        seen.skipped.append(Skip("pipe", "diffusers is not installed, so nothing is known of its classes"))
        return None
    close = [n for n in classes.near(name, "diffusers") if n != name]
    what = (
        f"a {info.kind} of the installed diffusers, not a pipeline" if info else "no class of the installed diffusers"
    )
    message = f"{INDEX}: {name} is {what}"
    fix = f"did you mean {close[0]}?" if close else "install the version that wrote this folder"
    seen.problems.append(Finding("IPI903", "error", "pipe", message, fix))
    seen.skipped.append(Skip("pipe", message, failed=True))
    return None


def class_name(index: dict[str, Any]) -> str:
    """The pipeline's class as the index names it; a custom one is ``[module, class]``."""
    named = index.get("_class_name")
    return str(named[-1] if isinstance(named, list) and named else named or "DiffusionPipeline")


def alone(seen: Gathered, file: str) -> None:
    """A folder or a file that holds one component's config.

    Raises:
        ReadError: it cannot be read.
    """
    if not file:
        message = f"{seen.folder.root} holds no {INDEX}, and no config of a component"
        raise ReadError(message, code="IPI901", where=str(seen.folder.root), hint="name a pipeline's folder")
    disk = seen.folder.json(file)
    info = class_of(disk)
    name = seen.folder.root.name if file in COMPONENT_FILES else ""
    path = "scheduler" if info and info.kind == "scheduler" else name if name.isidentifier() else "model"
    if file in seen.folder.marked:
        seen.failed(path, seen.folder.marked[file])
    seen.problems += texts.told(file, disk, path, words="token" in file or "processor" in file)
    if info is None:
        named = disk.get("_class_name") or disk.get("architectures")
        said = f"{file} names no class" + (f" of the installed libraries ({named!r})" if named else "")
        seen.problems.append(Finding("IPP204", "warning" if named else "note", path, said))
        seen.skipped.append(Skip(path, said))
    for other in seen.folder.below(""):
        if other != file and is_settings(other):
            seen.json(other, path)
    facts: dict[str, Any] = {"library_keys": LIBRARY_KEYS}
    seen.components.append(described(seen, path, "", file, disk, info, None, facts))


def versions() -> dict[str, str]:
    """Versions of the installed libraries, as their source says."""
    found = {name: classes.version(name) for name in ("diffusers", "torch", "transformers")}
    return {"python": sys.version.split()[0], **{n: v for n, v in found.items() if v is not None}}
