"""Who writes settings: the library's own assignments to configs and live attributes."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from inspector.reads import index, link
from inspector.reads.names import CONFIGS

_CONFIG_WRITE = re.compile(r"\.config\.\w+\s*=[^=]|\.config\[[^]\n]+\]\s*=[^=]")


@dataclass(frozen=True, slots=True)
class Write:
    """One place in source code that writes a setting.

    ``place``: ``live`` (``self.k = …``), ``config.attr`` (``config.k = …``), ``config.item`` (``config["k"] = …``) or
    ``register`` (both at once, by ``register_to_config`` or by replacing the whole config). ``name`` carries the
    component's name before a dot where a pipeline writes its component's setting.
    """

    place: Literal["live", "config.attr", "config.item", "register"]
    name: str
    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.place} {self.file}:{self.line} {self.function}"


@cache
def writers(cls: type) -> dict[str, tuple[Write, ...]]:
    """Who assigns each setting of this class, and of its components, in the code of the class."""
    found: dict[str, set[Write]] = {}
    for function in link.reached(cls):
        for write in _writes(function):
            found.setdefault(write.name, set()).add(write)
    return {name: tuple(sorted(w, key=_order)) for name, w in found.items()}


@cache
def assigned(cls: type) -> frozenset[str]:
    """The names that the code of a class sets on the object itself."""
    stores = (path for f in link.reached(cls) for path, _ in f.paths("stores"))
    return frozenset(parts[1] for path in stores if len(parts := path.split(".")) == 2)


def _order(write: Write) -> tuple[Any, ...]:
    return (write.file, write.line, write.place, write.function)


def _writes(function: link.Function) -> Iterator[Write]:
    file = link.short(function.file)
    # scheduler._internal_dict = FrozenDict(new_config): what was set in the copy is then in both places.
    replaced = {path.rpartition(".")[0] for path, _ in function.paths("stores") if path.endswith("._internal_dict")}
    for path, (line, how) in function.paths("stores"):
        *owner, name = path.split(".")
        place: Any = "register" if how in ("register", "modules") else "live"
        if "%copy" in owner:
            owner = owner[: owner.index("%copy") - 1]
            if ".".join(owner) not in replaced:
                continue
            place = "register"
        elif owner[-1] in CONFIGS:
            place = "config.item" if how == "item" else "config.attr"
            owner.pop()
        if owner[0] == "self" and len(owner) <= 2 and name != "*":
            yield Write(place, ".".join([*owner[1:], name.lstrip("[")]), file, line, function.label)


def library_writers() -> dict[str, tuple[Write, ...]]:
    """Who writes ``….config.k = …`` anywhere in the installed diffusers: setting name -> its writers."""
    spec = importlib.util.find_spec("diffusers")
    roots = list(spec.submodule_search_locations or ()) if spec else []
    return _library_writers(roots[0]) if roots else {}


@cache
def _library_writers(root: str) -> dict[str, tuple[Write, ...]]:
    files = sorted(os.path.join(folder, n) for folder, _, names in os.walk(root) for n in names if n.endswith(".py"))
    stamp = str(sum(hash((s.st_mtime_ns, s.st_size)) for s in map(os.stat, files)))
    key = ("writes", root, str(len(files)), stamp)
    stored = index.load(*key)
    if stored is None:
        stored = [asdict(w) for file in files for w in _config_writes(file)]
        index.save(stored, *key)
    found: dict[str, list[Write]] = {}
    for write in (Write(**w) for w in stored):
        found.setdefault(write.name, []).append(write)
    return {name: tuple(sorted(w, key=_order)) for name, w in sorted(found.items())}


def _config_writes(file: str) -> Iterator[Write]:
    """Every store into a config in one file, whoever the config belongs to."""
    if not _CONFIG_WRITE.search(Path(file).read_text(encoding="utf-8")):
        return
    known = index.facts(file) or {"classes": {}, "functions": {}}
    groups = [(f"{name}.", c["functions"]) for name, c in known["classes"].items()] + [("", known["functions"])]
    for prefix, functions in groups:
        for name, definitions in functions.items():
            for path, line, how in (store for facts in definitions for store in facts["stores"]):
                parts = path.split(".")
                if len(parts) > 2 and parts[-2] in CONFIGS and parts[-1] != "*":
                    place: Any = "config.item" if how == "item" else "config.attr"
                    yield Write(place, parts[-1].lstrip("["), link.short(file), line, f"{prefix}{name}")
