"""A source as a Snapshot without importing any of the libraries: files, types, defaults, missing and unknown keys."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector import classes, entries, texts, weightfiles
from inspector.classes import ClassInfo
from inspector.entries import INDEX
from inspector.model import EXIT_USAGE, Component, Finding, InspectError, Kind, Setting, Skip, Snapshot, Value
from inspector.reading import WORDS, Folder, Limits, ReadError
from inspector.sources import COMPONENT_FILES, Source
from inspector.survey import survey

LIBRARY_KEYS = ["quantization_config", "auto_map"]
"""Keys of a config that the library consumes itself, although no ``__init__`` takes them."""
_FIRST: dict[Kind, str] = {
    "scheduler": "scheduler_config.json",
    "tokenizer": "tokenizer_config.json",
    "processor": "preprocessor_config.json",
}
_NEEDS_CONFIG: tuple[Kind, ...] = ("scheduler", "model", "transformers")


@dataclass(slots=True)
class Gathered:
    """What has been seen of one folder."""

    folder: Folder
    components: list[Component] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    loaded_from: set[str] = field(default_factory=set)

    def failed(self, path: str, error: ReadError) -> None:
        """A part that could not be read: the finding, and the skip that makes the exit status 3."""
        self.problems.append(Finding(error.code, "error", error.where or path, error.message, error.hint))
        self.skipped.append(Skip(path, error.message, failed=True))

    def json(self, name: str, path: str) -> dict[str, Any] | None:
        """A JSON of a component, with what its texts say; None when it cannot be read, and then that is reported."""
        try:
            data = self.folder.json(name)
        except ReadError as error:
            self.failed(path, error)
            return None
        words = "token" in name.rpartition("/")[2] or "processor" in name.rpartition("/")[2]
        self.problems += texts.told(name, data, path, words=words)
        return data


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
        hint = "leave --static out"
        raise InspectError(f"{source.text} is no folder or file, so --static has nothing to read", hint=hint, exit_code=EXIT_USAGE)
    if source.scheme in ("config", "weights"):
        return single(source, path, limits)
    with Folder(path, limits) as folder:
        seen = Gathered(folder)
        for error in folder.problems:
            seen.failed(error.where, error)
        if INDEX in folder.entries:
            pipeline(seen)
        else:
            alone(seen, next((f for f in COMPONENT_FILES if f in folder.entries), ""))
        seen.problems += survey(folder, seen.loaded_from)
    said = {s.reason for s in seen.skipped}
    seen.skipped += (Skip(n, why, failed=True) for n, (v, why) in folder.verdicts.items() if v == "failed" and why not in said)
    return finished(source, seen)


def single(source: Source, path: Path, limits: Limits) -> Snapshot:
    """One file that the user named; a link to it is his own, wherever it leads.

    Raises:
        ReadError: it cannot be read, so there is nothing to report.
    """
    name = path.name
    with Folder(path.parent, limits, only=name) as folder:
        if folder.entries.get(name) is not None and folder.entries[name].kind == "link":
            target = Path(os.path.realpath(path))
            return single(Source(source.text, source.scheme, target), target, limits) if target != path else refused(folder, name)
        seen = Gathered(folder)
        if source.scheme == "weights":
            header = folder.header(name)
            stem = name.removesuffix(".safetensors")
            state = {"parameters": header.parameters, "dtype": one(header.dtypes), "tensors": len(header.tensors)}
            facts = {"weights": "safetensors", "metadata": header.metadata}
            seen.components.append(Component(stem if stem.isidentifier() else "model", "", state=state, facts=facts))
        else:
            alone(seen, name)
    return finished(source, seen)


def refused(folder: Folder, name: str) -> Snapshot:
    folder.header(name)  # raises: it is a link that leads nowhere
    raise InspectError(f"{name} cannot be read", code="IPI905", where=name)


def finished(source: Source, seen: Gathered) -> Snapshot:
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
    if info is not None:
        facts |= {"expected": sorted(expected), "optional": sorted(optional)}
    seen.components.append(
        Component("pipe", class_name(index), settings, kind="pipeline", library="diffusers", facts=facts)
    )
    names = set(seen.folder.entries)
    annotations = info.annotations if info else {}
    for key, value in held.items():
        if entries.is_empty(value) or key in parameters.keys() - expected:
            continue
        if not isinstance(value, list) and key not in expected:
            continue
        entry = entries.judge(key, value if isinstance(value, list) else [value], names, annotations.get(key, ""))
        if info is not None and key not in expected and entry.problem is None:
            continue  # the library drops it; IPC104 says so
        if entry.problem is not None:
            seen.problems.append(entry.problem)
        if entry.skip is not None:
            seen.skipped.append(entry.skip)
        if entry.read:
            several(seen, entry)


def pipeline_class(seen: Gathered, index: dict[str, Any]) -> ClassInfo | None:
    """The pipeline's class in the table; None, and why, when it is code of the folder or unknown."""
    named, name = index.get("_class_name"), class_name(index)
    if isinstance(named, list):
        file = f"{named[0]}.py" if named else ""
        here = file in seen.folder.entries
        message = f"{INDEX}: {name} is code of this folder ({file}{'' if here else ', which is not in it'}); it was not run"
        fix = "--trust-remote-code runs it" if here else f"fetch {file} from where the folder came from"
        seen.problems.append(Finding("IPP204", "note" if here else "warning", "pipe", message, fix))
        seen.skipped.append(Skip("pipe", message))
        return None
    if not isinstance(named, str):
        message = f"{INDEX} names no pipeline class (_class_name is {named!r})"
        seen.problems.append(Finding("IPI903", "error", "pipe", message, 'write "_class_name": "StableDiffusionPipeline", say'))
        seen.skipped.append(Skip("pipe", message, failed=True))
        return None
    info = classes.find("diffusers", name)
    if info is not None and info.kind == "pipeline":
        return info
    if info is None and classes.home("diffusers") is None:
        seen.skipped.append(Skip("pipe", "diffusers is not installed, so nothing is known of its classes"))
        return None
    close = [n for n in classes.near(name, "diffusers") if n != name]
    message = f"{INDEX}: {name} is {f'a {info.kind}' if info else 'no class'} of the installed diffusers, not a pipeline"
    fix = f"did you mean {close[0]}?" if close else "install the version that wrote this folder"
    seen.problems.append(Finding("IPI903", "error", "pipe", message, fix))
    seen.skipped.append(Skip("pipe", message, failed=True))
    return None


def class_name(index: dict[str, Any]) -> str:
    """The pipeline's class as the index names it; a custom one is ``[module, class]``."""
    named = index.get("_class_name")
    return str(named[-1] if isinstance(named, list) and named else named or "DiffusionPipeline")


def several(seen: Gathered, entry: entries.Entry) -> None:
    """An entry's component; a ``MultiControlNetModel`` and its like keep one folder a member."""
    cls = entry.declared[1]
    if entry.info is None or not cls.startswith("Multi") or entry.info.kind != "model":
        component(seen, entry.name, entry.name, entry.declared, entry.info)
        return
    below = [entry.name]
    while f"{entry.name}_{len(below)}" in seen.folder.entries:
        below.append(f"{entry.name}_{len(below)}")
    for number, name in enumerate(below):
        component(seen, f"{entry.name}[{number}]", name, None, None)


def component(seen: Gathered, path: str, below: str, declared: list[str] | None, info: ClassInfo | None) -> None:
    """One component's folder."""
    inside = seen.folder.below(below)
    facts: dict[str, Any] = {"folder": "present", "library_keys": LIBRARY_KEYS}
    if declared is not None:
        facts["declared"] = declared
    kind: Kind = info.kind if info else "other"
    disk: dict[str, Any] = {}
    there = seen.folder.entries.get(below)
    first = _FIRST.get(kind, "config.json")
    file = next((f for f in (first, *COMPONENT_FILES) if f in inside), "")
    if there is None or there.kind != "folder":
        facts["folder"] = "missing"
        why = there.why if there and there.why else f"there is no folder {below}/"
        seen.skipped.append(Skip(path, why, failed=True))
    elif not file and kind in _NEEDS_CONFIG:
        facts["folder"] = "no config"
        error = ReadError(f"{below}/{first} is missing", code="IPI901", where=f"{below}/{first}", hint="download it again")
        seen.failed(path, error)
    for name in sorted(inside, key=lambda n: n != file):
        if name.endswith(".json") and not name.endswith(".index.json") and name not in WORDS:
            data = seen.json(f"{below}/{name}", path)
            if name == file:
                disk = data or {}
    if info is None and declared is None:
        info = class_of(disk)
    seen.components.append(described(seen, path, below, disk, info, declared, facts))


def described(
    seen: Gathered,
    path: str,
    below: str,
    disk: dict[str, Any],
    info: ClassInfo | None,
    declared: list[str] | None,
    facts: dict[str, Any],
) -> Component:
    """A component by its JSON, its class and its weights."""
    kind: Kind = info.kind if info else "other"
    taken = info.parameters if info is not None and kind in _NEEDS_CONFIG else {}
    # transformers keeps any key of a config, so none is unknown to it
    known = bool(taken) and kind != "transformers"
    names = [k for k in dict.fromkeys([*taken, *disk]) if not k.startswith("_")]
    settings = tuple(setting(k, disk, taken, known=known) for k in names) if disk else ()
    for fact, key in (("class_on_disk", "_class_name"), ("version_on_disk", "_diffusers_version")):
        if key in disk:
            facts[fact] = disk[key]
    if kind == "scheduler":
        facts["owners"] = classes.owners([s.name for s in settings if not s.accepted])
    state, found, errors = weightfiles.weights(seen.folder, below)
    for error in errors:
        seen.failed(path, error)
    for broken, problem in weightfiles.shards(seen.folder, below):
        if broken is not None:
            seen.failed(path, broken)
        if problem is not None:
            seen.problems.append(problem)
            seen.skipped.append(Skip(path, problem.message, failed=True))
    seen.loaded_from.add(below)
    library = info.library if info else declared[0] if declared else ""
    cls = info.name if info else declared[1] if declared else str(disk.get("_class_name") or "")
    return Component(path, cls, settings, state, kind=kind, library=library, facts={**facts, **found})


def alone(seen: Gathered, file: str) -> None:
    """A folder or a file that holds one component's config.

    Raises:
        ReadError: it cannot be read.
    """
    disk = seen.folder.json(file)
    info = class_of(disk)
    name = seen.folder.root.name if file in COMPONENT_FILES else ""
    path = "scheduler" if info and info.kind == "scheduler" else name if name.isidentifier() else "model"
    seen.problems += texts.told(file, disk, path, words="token" in file or "processor" in file)
    if info is None:
        named = disk.get("_class_name") or (disk.get("architectures") or [None])[0]
        said = f"{file} names the class {named!r}, which the installed libraries do not have" if named else f"{file} names no class"
        seen.problems.append(Finding("IPP204", "warning" if named else "note", path, said))
        seen.skipped.append(Skip(path, said))
    facts: dict[str, Any] = {"library_keys": LIBRARY_KEYS}
    seen.components.append(described(seen, path, "", disk, info, None, facts))


def class_of(config: dict[str, Any]) -> ClassInfo | None:
    """The class that a component's own JSON names."""
    architectures = config.get("architectures")
    named = (
        ("diffusers", config.get("_class_name")),
        ("transformers", architectures[0] if isinstance(architectures, list) and architectures else None),
        ("stable_diffusion", architectures[0] if isinstance(architectures, list) and architectures else None),
        ("transformers", config.get("image_processor_type") or config.get("feature_extractor_type")),
        ("transformers", config.get("processor_class") if "tokenizer_class" not in config else None),
        ("transformers", config.get("tokenizer_class")),
    )
    found = (classes.find(library, name) for library, name in named if isinstance(name, str) and name)
    return next((info for info in found if info is not None), None)


def setting(name: str, disk: dict[str, Any], taken: dict[str, Value | str], *, known: bool, component: bool = False) -> Setting:
    """One name in the two places that files and source tell of."""
    default = taken.get(name)
    return Setting(
        name,
        disk=Value(type(disk[name]).__name__, finite(disk[name])) if name in disk else None,
        default=default if isinstance(default, Value) else None,
        accepted=name in taken or not known,
        role="component" if component else "value",
    )


def is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value)


def finite(value: Any) -> Any:
    """Infinity as text, as everywhere in plain data."""
    if isinstance(value, float) and math.isinf(value):
        return repr(value)
    if isinstance(value, list):
        return [finite(v) for v in value]
    return {k: finite(v) for k, v in value.items()} if isinstance(value, dict) else value


def one(names: list[str]) -> Any:
    return names[0] if len(names) == 1 else names or None


def versions() -> dict[str, str]:
    """Versions of the installed libraries, as their source says."""
    found = {name: classes.version(name) for name in ("diffusers", "torch", "transformers")}
    return {"python": sys.version.split()[0], **{n: v for n, v in found.items() if v is not None}}
