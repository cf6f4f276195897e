"""One component as its files and its class's source tell: the JSON, the defaults, the weights' headers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from inspector import classes, mistyped, texts, weightfiles
from inspector.classes import ClassInfo
from inspector.entries import Entry, cut
from inspector.model import Component, Finding, Kind, Setting, Skip, Value
from inspector.reading import INDEX_OF_SHARDS, WORDS, Folder, ReadError
from inspector.sources import COMPONENT_FILES

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
    code: set[str] = field(default_factory=set)

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
        if name in self.folder.marked:
            self.failed(path, self.folder.marked[name])
        words = "token" in name.rpartition("/")[2] or "processor" in name.rpartition("/")[2]
        self.problems += texts.told(name, data, path, words=words)
        return data


def several(seen: Gathered, entry: Entry) -> None:
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
        where = f"{below}/{first}"
        seen.failed(path, ReadError(f"{where} is missing", code="IPI901", where=where, hint="download it again"))
    for name in sorted(inside, key=lambda n: n != file):
        if is_settings(name):
            data = seen.json(f"{below}/{name}", path)
            if name == file:
                disk = data or {}
    if info is None and declared is None:
        info = class_of(disk)
    seen.components.append(described(seen, path, below, file, disk, info, declared, facts))


def is_settings(name: str) -> bool:
    """Whether a file of a component holds settings, and neither words nor the index of its weights."""
    return name.endswith(".json") and not INDEX_OF_SHARDS.search(name) and name not in WORDS


def described(
    seen: Gathered,
    path: str,
    below: str,
    file: str,
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
        # of a class that does not exist it need not be said that the config was written by another
        if key in disk and (info is not None or declared is None or fact != "class_on_disk"):
            facts[fact] = disk[key]
    if info is not None and kind in ("scheduler", "model"):
        named = disk.get("_class_name", "")
        if not isinstance(named, str):
            where = f"{below}/{file}" if below else file
            message = f"{where}: _class_name is {cut(repr(named))}, which names no class"
            seen.failed(path, ReadError(message, code="IPI910", where=where, hint=f'write "{info.name}"'))
        seen.problems += mistyped.told(info, disk, f"{below}/{file}" if below else file, path)
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
    library = declared[0] if declared else info.library if info else ""
    cls = info.name if info else declared[1] if declared else str(disk.get("_class_name") or "")
    return Component(path, cls, settings, state, kind=kind, library=library, facts={**facts, **found})


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


def setting(
    name: str, disk: dict[str, Any], taken: dict[str, Value | str], *, known: bool, component: bool = False
) -> Setting:
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
