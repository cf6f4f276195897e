"""A source as a Snapshot without importing any of the libraries: files, types, defaults, missing and unknown keys."""

from __future__ import annotations

import importlib.metadata
import math
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inspector import classes, survey
from inspector.model import Component, Finding, InspectError, Kind, Setting, Skip, Snapshot, Value
from inspector.reading import Folder, Limits, ReadError
from inspector.sources import COMPONENT_FILES, INDEX, Source

LIBRARY_KEYS = ["quantization_config", "auto_map"]
"""Keys of a config that the library consumes itself, although no ``__init__`` takes them."""
_BUILT_BY_NAME: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("scheduler", ("scheduler",)),
    ("tokenizer", ("tokenizer", "processor", "other")),
    ("unet", ("model", "transformers", "other")),
    ("vae", ("model", "transformers", "other")),
    ("transformer", ("model", "transformers", "other")),
    ("text_encoder", ("transformers", "model", "other")),
)
"""A component's name says what kind its class must be: a unet may not be a tokenizer."""


@dataclass
class _Seen:
    """What has been gathered of one folder."""

    folder: Folder
    components: list[Component] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)

    def failed(self, path: str, error: ReadError) -> None:
        self.problems.append(Finding(error.code or "IPI901", "error", error.where or path, error.message, error.hint))
        self.skipped.append(Skip(path, error.message, failed=True))


def snapshot(source: Source, limits: Limits) -> Snapshot:
    """Read a folder or a file.

    Raises:
        InspectError: the source has no files (``py:``, ``class:``), or its only file cannot be read.
    """
    if source.path is None:
        raise InspectError(f"{source.text} is no folder or file, so --static has nothing to read", exit_code=2)
    single = source.path.is_file()
    with Folder(source.path.parent if single else source.path, limits) as folder:
        seen = _Seen(folder)
        if source.scheme in ("folder", "hub", "demo") and INDEX in folder.entries:
            pipeline(seen)
        elif source.scheme == "weights":
            path = source.path.stem if source.path.stem.isidentifier() else "model"
            seen.components.append(with_weights(Component(path, "", kind="other"), seen, [source.path.name]))
        else:
            alone(seen, source.path.name if single else "")
        if not single:
            seen.problems += survey.survey(folder)
    return Snapshot(source.text, versions(), tuple(seen.components), tuple(seen.problems), tuple(seen.skipped))


def pipeline(seen: _Seen) -> None:
    try:
        index = seen.folder.json(INDEX)
    except ReadError as error:
        seen.failed("pipe", error)
        index = {}
    seen.problems += survey.values(INDEX, index, component="pipe")
    named = index.get("_class_name")
    name = str(named[-1] if isinstance(named, list) and named else named or "DiffusionPipeline")
    info = None if isinstance(named, list) else classes.find("diffusers", name)
    if index and info is None and not isinstance(named, list):
        close = classes.near(name, "diffusers")
        text = f"{INDEX}: no class {name} in the installed diffusers{f'; did you mean {close[0]}?' if close else ''}"
        seen.problems.append(Finding("IPP204", "warning", "pipe", text))
        seen.skipped.append(Skip("pipe", text, failed=True))
    if isinstance(named, list):
        seen.skipped.append(Skip("pipe", f"{name} is code that the folder brings along ({INDEX} names {named}); it was not run"))
    parameters = info.parameters if info else {}
    entries = {k: v for k, v in index.items() if not k.startswith("_")}
    settings = tuple(
        setting(k, entries, parameters, bool(info), component=isinstance(entries.get(k), list) or parameters.get(k) == "required")
        for k in dict.fromkeys([*parameters, *entries])
    )
    facts = {
        "version_on_disk": index.get("_diffusers_version"),
        "index_keys": sorted(entries),
        "expected": sorted(k for k, v in parameters.items() if v == "required"),
    }
    seen.components.append(Component("pipe", name, settings, kind="pipeline", library="diffusers", facts=facts))
    for key, value in entries.items():
        if isinstance(value, list):
            entry(key, value, seen)


def entry(name: str, value: list[Any], seen: _Seen) -> None:
    """One ``name: [library, class]`` of an index."""
    if len(value) < 2 or value[0] is None:
        return
    library, cls = value[0], value[1]
    if not isinstance(library, str) or not isinstance(cls, str):
        text = f"{INDEX}: {name} is not [library, class]"
        seen.problems.append(Finding("IPI910", "error", f"pipe.{name}", text))
        seen.skipped.append(Skip(name, text, failed=True))
        return
    if any(c in name + library + cls for c in "/\\\0") or ".." in name + library:
        text = f"{INDEX}: {name!r}: [{library!r}, {cls!r}] holds a path; it was not followed"
        seen.problems.append(Finding("IPI906", "error", f"pipe.{name}", text, "use plain names"))
        seen.skipped.append(Skip(name, text, failed=True))
        return
    info = classes.find(library, cls)
    declared = f'["{library}", "{cls}"]'
    brought = {f"{library}.py", f"{name}/{library}.py"} & seen.folder.entries.keys()
    kinds = next((k for prefix, k in _BUILT_BY_NAME if name.startswith(prefix)), None)
    if brought:
        reason = f"{name}: {declared} is code that the folder brings along ({sorted(brought)[0]}); it was not run"
        seen.skipped.append(Skip(name, reason))
    elif info is None and (library in sys.stdlib_module_names or (library not in classes.LIBRARIES and classes.home(library))):
        text = f"{INDEX}: {name}: {declared} names a library outside the table; it was never imported"
        seen.problems.append(Finding("IPI903", "error", f"pipe.{name}", text, f"write the diffusers or transformers class of {name}"))
        seen.skipped.append(Skip(name, text, failed=True))
        return
    elif info is None:
        close = classes.near(cls)
        hint = f"; did you mean {close[0]}?" if close and close[0] != cls else ""
        where = f"library {library} is not one this tool builds from" if library not in classes.LIBRARIES else f"no class {cls} in {library}"
        text = f"{INDEX}: {name}: {declared}: {where}{hint}"
        seen.problems.append(Finding("IPP204", "warning", f"pipe.{name}", text))
        seen.skipped.append(Skip(name, text, failed=library in classes.LIBRARIES))
    elif kinds and info.kind not in kinds:
        text = f"{INDEX}: {name}: {declared} is a {info.kind}, not a {kinds[0]}; it was not built"
        seen.problems.append(Finding("IPI903", "error", f"pipe.{name}", text))
        seen.skipped.append(Skip(name, text, failed=True))
        return
    component(name, name, [library, cls], info, seen)


def component(path: str, below: str, declared: list[str] | None, info: classes.ClassInfo | None, seen: _Seen) -> None:
    """One component's folder (``below`` is '' for a component that is the whole source)."""
    prefix = f"{below}/" if below else ""
    inside = [n.removeprefix(prefix) for n in seen.folder.entries if n.startswith(prefix) and "/" not in n.removeprefix(prefix)]
    kind: Kind = info.kind if info else "other"
    cls = info.name if info else declared[1] if declared else ""
    facts: dict[str, Any] = {"declared": declared, "library_keys": LIBRARY_KEYS, "folder": "present" if inside or not below else "missing"}
    file = next((f for f in ordered(kind) if f in inside), None)
    disk: dict[str, Any] = {}
    if below and below not in seen.folder.entries:
        seen.skipped.append(Skip(path, f"there is no folder {below}/", failed=True))
    elif file is None:
        facts["folder"] = "no config"
        if kind in ("scheduler", "model", "transformers"):
            seen.skipped.append(Skip(path, f"{prefix}{ordered(kind)[0]} is missing", failed=True))
            seen.problems.append(Finding("IPI901", "error", path, f"there is no {prefix}{ordered(kind)[0]}"))
    else:
        try:
            disk = seen.folder.json(prefix + file)
        except ReadError as error:
            seen.failed(path, error)
        seen.problems += survey.values(prefix + file, disk, component=path)
        if kind in ("model", "transformers", "scheduler") and (found := survey.out_of_range(disk, path)):
            seen.problems.append(found)
            seen.skipped.append(Skip(path, found.message, failed=True))
    facts |= {f: disk[k] for f, k in (("class_on_disk", "_class_name"), ("version_on_disk", "_diffusers_version")) if k in disk}
    ours = kind in ("scheduler", "model")
    parameters = info.parameters if info and ours else {}
    keys = [k for k in dict.fromkeys([*parameters, *disk]) if not k.startswith("_")]
    settings = tuple(setting(k, disk, parameters, ours) for k in keys)
    if kind == "scheduler":
        facts["owners"] = owners_of([s.name for s in settings if not s.accepted])
    weights = [prefix + n for n in inside if n.endswith(".safetensors")]
    found_component = Component(
        path, cls, settings, kind=kind, library=info.library if info else declared[0] if declared else "", facts=facts
    )
    seen.components.append(with_weights(found_component, seen, weights))


def alone(seen: _Seen, file: str) -> None:
    """A folder or a file that holds one component's config."""
    file = file or next(f for f in COMPONENT_FILES if f in seen.folder.entries)
    disk = seen.folder.json(file)
    architectures = disk.get("architectures")
    library, cls = ("diffusers", disk.get("_class_name")) if "_class_name" in disk else ("transformers", (architectures or [None])[0])
    info = classes.find(library, cls) if isinstance(cls, str) else None
    name = seen.folder.root.name
    path = "scheduler" if info and info.kind == "scheduler" else name if name.isidentifier() else "model"
    if info is None:
        seen.skipped.append(Skip(path, f"{file} names no class of the installed libraries ({cls})"))
    parameters = info.parameters if info and info.kind in ("scheduler", "model") else {}
    keys = [k for k in dict.fromkeys([*parameters, *disk]) if not k.startswith("_")]
    settings = tuple(setting(k, disk, parameters, bool(parameters)) for k in keys)
    facts = {"class_on_disk": disk.get("_class_name"), "version_on_disk": disk.get("_diffusers_version")}
    kind: Kind = info.kind if info else "other"
    if kind == "scheduler":
        facts["owners"] = owners_of([s.name for s in settings if not s.accepted])
    seen.problems += survey.values(file, disk, component=path)
    if found := survey.out_of_range(disk, path):
        seen.problems.append(found)
    seen.components.append(Component(path, str(cls or ""), settings, kind=kind, library=library, facts=facts))


def setting(name: str, disk: dict[str, Any], parameters: dict[str, Any], known: bool, *, component: bool = False) -> Setting:
    default = parameters.get(name)
    return Setting(
        name,
        disk=Value(type(disk[name]).__name__, finite(disk[name])) if name in disk else None,
        default=default if isinstance(default, Value) else None,
        accepted=name in parameters or not known,
        role="component" if component else "value",
    )


def finite(value: Any) -> Any:
    """Infinity as text, as everywhere in plain data."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return repr(value)
    if isinstance(value, list):
        return [finite(v) for v in value]
    return {k: finite(v) for k, v in value.items()} if isinstance(value, dict) else value


def ordered(kind: Kind) -> tuple[str, ...]:
    """The JSON files of a component, the one that holds its settings first."""
    first = {
        "scheduler": "scheduler_config.json",
        "model": "config.json",
        "transformers": "config.json",
        "tokenizer": "tokenizer_config.json",
        "processor": "preprocessor_config.json",
    }.get(kind, "config.json")
    return (first, *(f for f in COMPONENT_FILES if f != first))


def with_weights(component: Component, seen: _Seen, names: list[str]) -> Component:
    """The component with what the headers of its safetensors files say."""
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    dtypes: set[str] = set()
    for name in names:
        try:
            header = seen.folder.header(name)
        except ReadError as error:
            seen.failed(component.path, error)
            continue
        if not any(mark in name for mark in (".fp16.", ".non_ema.", ".fp32.")) or len(names) == 1:
            tensors |= header.tensors
            dtypes |= set(header.dtypes)
    if not tensors:
        return component
    state = {
        "parameters": sum(math.prod(shape) for _, shape in tensors.values()),
        "dtype": sorted(dtypes)[0] if len(dtypes) == 1 else sorted(dtypes),
    }
    facts = dict(component.facts)
    adapters = sorted(n for n in tensors if ".lora_" in n or ".base_layer." in n)
    if any(".base_layer." in n for n in adapters):
        facts["adapter_tensors"] = [len(adapters), next(n for n in adapters if ".base_layer." in n)]
    return replace(component, state=state, facts=facts)


def owners_of(names: list[str]) -> dict[str, dict[str, Any]]:
    """For every key that a scheduler does not take: the schedulers that do, with their defaults."""
    found: dict[str, dict[str, Any]] = {}
    for info in classes.schedulers() if names else ():
        for name in names:
            default = info.parameters.get(name)
            if default is not None:
                found.setdefault(name, {})[info.name] = default.data if isinstance(default, Value) else default
    # the well-known classes have the short names: DDIMScheduler before CogVideoXDDIMScheduler
    return {name: dict(sorted(by.items(), key=lambda c: (len(c[0]), c[0]))) for name, by in found.items()}


def versions() -> dict[str, str]:
    """Versions of the installed libraries, read from their metadata."""
    found = {"python": sys.version.split()[0]}
    for name in ("diffusers", "transformers", "torch", "safetensors"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


