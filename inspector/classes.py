"""A class that a model folder names, looked up in the installed libraries without importing them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from inspector import classtable, signatures
from inspector.classtable import LIBRARIES, Row, cache_dir, home, installed, version
from inspector.model import EXIT_USAGE, InspectError, Kind, Value
from inspector.signatures import Facts

__all__ = [
    "LIBRARIES", "ClassInfo", "cache_dir", "find", "home", "installed", "is_pipeline_folder", "near", "owners",
    "require", "schedulers", "version",
]  # fmt: skip

_RENAMED = (
    ("TokenizerFast", "Tokenizer"),
    ("ImageProcessorFast", "ImageProcessor"),
    ("FeatureExtractor", "ImageProcessor"),
)
"""Endings that transformers answers with another class of the same stem."""


@dataclass(frozen=True)
class ClassInfo:
    """Where a class of an installed library lives and what it is."""

    name: str
    library: str
    module: str
    file: str
    kind: Kind
    bases: tuple[str, ...]

    @cached_property
    def parameters(self) -> dict[str, Value | str]:
        """What it takes -> default, ``"required"`` where there is none: ``__init__``'s parameters, a config's fields.

        A transformers model takes a config, so what counts for it are the fields of its config class.
        """
        if self.kind == "transformers":
            config = find("transformers", self.config_class) if self.config_class else None
            return config.parameters if config is not None else {}
        return {n: signatures.value(p) for n, p in self._taken.items()}

    @property
    def annotations(self) -> dict[str, str]:
        """The parameters of ``__init__`` -> their annotations, as they are written."""
        return {n: p[1] for n, p in self._taken.items()}

    @property
    def optional(self) -> tuple[str, ...]:
        """``_optional_components`` of a pipeline."""
        return next((tuple(f["optional"]) for f in self._facts if "optional" in f), ())

    @property
    def config_class(self) -> str:
        """The config class of a transformers model; empty when the source does not say."""
        return next((f["config"] for f in self._facts if f.get("config", "").isidentifier()), "")

    @property
    def deprecated_home(self) -> bool:
        """Moved to a ``deprecated`` package, where the library's own lookup may not find it (design, fact 16)."""
        return ".deprecated." in f".{self.module}."

    @cached_property
    def _facts(self) -> tuple[Facts, ...]:
        """The class and its bases, nearest first."""
        return tuple(lineage(self.name, self.file, set()))

    @cached_property
    def _taken(self) -> dict[str, list[Any]]:
        """The parameters of the nearest ``__init__``, with the fields that a dataclass adds before it comes to one."""
        fields: dict[str, list[Any]] = {}
        for facts in self._facts:
            if "init" in facts:
                return {**facts["init"], **fields}
            fields = {**facts.get("fields", {}), **fields}
        return fields


def lineage(name: str, file: str, seen: set[tuple[str, str]]) -> Iterator[Facts]:
    """The facts of a class and, depth first, of its bases; a base is looked for in the same file first."""
    if (name, file) in seen:
        return
    seen.add((name, file))
    facts = signatures.module(file).get(name)
    if facts is None:
        return
    yield facts
    for base in facts["bases"]:
        if base in signatures.module(file):
            yield from lineage(base, file, seen)
        elif (found := place(base, file)) is not None:
            yield from lineage(base, found.file, seen)


def place(name: str, near_to: str) -> Row | None:
    """The row of a class that a file of this library names: of the same folder, library, or the other library."""
    own = near_to.partition("/")[0]
    for distribution in (own, *(d for d in LIBRARIES if d != own)):
        found = classtable.table().rows(distribution, name)
        if found:
            folder = near_to.rpartition("/")[0]
            return next((r for r in found if r.file.startswith(folder + "/")), found[0])
    return None


def find(library: str, name: str) -> ClassInfo | None:
    """The class that an index calls ``[library, name]``, or None.

    ``library`` is diffusers, transformers, or the name of one of diffusers' pipeline folders (``stable_diffusion``,
    ``wuerstchen``), in whose folder the class is looked for first.
    """
    distribution = library if library in LIBRARIES else "diffusers"
    if distribution != library and not is_pipeline_folder(library):
        return None
    names = classtable.table().names(distribution)
    actual = name if name in names else renamed(name, names)
    found = classtable.table().rows(distribution, actual)
    if not found and distribution != library:
        # a model's folder in transformers may be called like one of these (glm_image): the library takes it for it
        theirs = [r for r in classtable.table().rows("transformers", name) if f"/{library}/" in r.file]
        if theirs:
            distribution, found = "transformers", theirs
    inside = [r for r in found if library == distribution or f"/{library}/" in r.file]
    if not found:
        return None
    row = (inside or found)[0]
    module = row.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return ClassInfo(actual, distribution, module, row.file, row.kind, tuple(row.bases))


def renamed(name: str, names: Container[str]) -> str:
    """The class that transformers gives for a ``…Fast`` or ``…FeatureExtractor`` name it no longer has."""
    for old, new in _RENAMED:
        if name.endswith(old) and name.removesuffix(old) + new in names:
            return name.removesuffix(old) + new
    return name


def is_pipeline_folder(name: str) -> bool:
    """Whether diffusers has a folder of pipelines of this name, deprecated ones included."""
    return name in classtable.table().folders


def near(name: str, library: str | None = None) -> list[str]:
    """Class names like this one, the likeliest first; capitals do not count."""
    import difflib

    table = classtable.table()
    names = {n.lower(): n for d in LIBRARIES if library in (None, d) for n in table.names(d)}
    return [names[n] for n in difflib.get_close_matches(name[:128].lower(), names, n=3, cutoff=0.75)]


def require(name: str) -> None:
    """Refuse a class that the installed diffusers does not have, before anything is built.

    Raises:
        InspectError: there is no such class (exit 2).
    """
    if find("diffusers", name) is None:
        likely = near(name, "diffusers")
        hint = f"did you mean {' or '.join(likely[:2])}?" if likely else "a class of diffusers that has from_config"
        raise InspectError(f"{name}: no such class in diffusers", hint=hint, exit_code=EXIT_USAGE)


@cache
def schedulers() -> tuple[ClassInfo, ...]:
    """Every scheduler class of the installed diffusers, flax ones and deprecated ones left out."""
    rows = classtable.table().names("diffusers")  # as they are stored: to make a row of each takes its time
    names = [n for n, found in rows.items() if found[0][0].startswith("diffusers/schedulers/scheduling_")]
    infos = [info for n in sorted(names) if not n.startswith("Flax") and (info := find("diffusers", n)) is not None]
    return tuple(i for i in infos if i.kind == "scheduler" and i.name != "SchedulerMixin")


def owners(names: list[str]) -> dict[str, dict[str, Any]]:
    """For every key that a scheduler does not take: the schedulers that do, with their defaults."""
    found: dict[str, dict[str, Any]] = {}
    for info in schedulers() if names else ():
        for name in names:
            default = info.parameters.get(name)
            if default is not None:
                found.setdefault(name, {})[info.name] = default.data if isinstance(default, Value) else default
    # the well-known classes have the short names: DDIMScheduler before CogVideoXDDIMScheduler
    return {name: dict(sorted(by.items(), key=lambda c: (len(c[0]), c[0]))) for name, by in found.items()}
