"""The table of the classes of the installed diffusers and transformers: one pass over their source, kept in a cache.

Nothing of the libraries is imported. A regular expression finds the classes and their bases; what kind each is
follows from the names of its bases through both libraries.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from inspector.model import Kind

LIBRARIES = ("diffusers", "transformers")
_SHAPE = 5
"""Raise it when the shape of a cached file changes."""
_CLASS = re.compile(r"^class[ \t]+(\w+)[ \t]*(?:\(((?:[^()]|\([^()]*\))*)\))?[ \t]*:", re.MULTILINE)
_ALIAS = re.compile(r"^([A-Z]\w+)[ \t]*=[ \t]*([A-Z]\w+)[ \t]*$", re.MULTILINE)
_VERSION = re.compile(r"""^__version__\s*(?::\s*\w+\s*)?=\s*['"]([^'"]+)['"]""", re.MULTILINE)
_ROOTS: dict[str, Kind] = {
    "DiffusionPipeline": "pipeline",
    "SchedulerMixin": "scheduler",
    "ModelMixin": "model",
    "PreTrainedModel": "transformers",
    "PreTrainedTokenizerBase": "tokenizer",
    "ImageProcessingMixin": "processor",
    "BaseVideoProcessor": "processor",
    "FeatureExtractionMixin": "processor",
    "ProcessorMixin": "processor",
}
_KEPT_ROOTS = frozenset({"ConfigMixin", "PreTrainedConfig", "PretrainedConfig"})
"""Bases that make a class worth a row although it is none of the kinds."""


class Row(NamedTuple):
    """Where a class of this name lives, what it is, and the names of its bases."""

    file: str
    kind: Kind
    bases: list[str]


class Table(NamedTuple):
    """``stored``: what :meth:`rows` makes its rows of; ``folders``: the names of diffusers' pipeline folders."""

    stored: dict[str, dict[str, list[Any]]]
    folders: frozenset[str]

    def names(self, distribution: str) -> dict[str, list[Any]]:
        """The class names of one library; their rows are to be had from :meth:`rows`."""
        return self.stored.get(distribution, {})

    def rows(self, distribution: str, name: str) -> list[Row]:
        """Where the classes of this name live, the likeliest first."""
        return [Row(*row) for row in self.names(distribution).get(name, ())]


def cache_dir() -> Path:
    """Where demos, tables and parsed sources are kept: ``INSPECT_PIPE_CACHE``, else the platform's cache folder."""
    if named := os.environ.get("INSPECT_PIPE_CACHE"):
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "inspect-pipe"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "inspect-pipe" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inspect-pipe"


@cache
def home(distribution: str) -> Path | None:
    """The folder of an installed top-level package, found without importing it."""
    if not distribution.isidentifier():
        return None
    try:
        spec = importlib.util.find_spec(distribution)
    except (ImportError, ValueError):  # a module that is half imported, or was put into sys.modules by hand
        return None
    return Path(spec.origin).parent if spec is not None and spec.origin and spec.has_location else None


@cache
def installed() -> frozenset[str]:
    """The top-level modules that Python would find: looked up by what folders list, so that no name is ever tried."""
    names: set[str] = set()
    for place in filter(None, sys.path):
        try:
            names.update(n.partition(".")[0] for n in os.listdir(place))
        except OSError:  # a path need not be there, and may be an archive
            continue
    return frozenset(n for n in names if n.isidentifier())


@cache
def version(distribution: str) -> str | None:
    """The version that an installed package says of itself in its source; None when it is not installed."""
    root = home(distribution)
    if root is None:
        return None
    for file in ("__init__.py", "version.py"):
        try:
            found = _VERSION.search((root / file).read_text(encoding="utf-8", errors="replace"))
        except OSError:  # a package need not have the file
            continue
        if found:
            return found[1]
    return None


@cache
def key() -> str:
    """What a cached fact depends on: which libraries, in which version, where, and when they were put there."""
    parts = [str(_SHAPE)]
    for distribution in LIBRARIES:
        root = home(distribution)
        if root is not None:
            # the size of the file tells an edited source tree of the same version from the released one
            facts = (root / "__init__.py").stat()
            parts.append(f"{distribution}-{version(distribution)} {root} {facts.st_mtime_ns} {facts.st_size}")
    return digest("\n".join(parts))


def digest(text: str) -> str:
    """A short name for a text, the same in every process."""
    import zlib

    data = text.encode()
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


@cache
def table() -> Table:
    """The table of the installed libraries, from the cache or made now."""
    kept = cache_dir() / "classes" / f"{key()}.json"
    stored = load(kept)
    if stored is None:
        stored = build()
        keep(kept, stored)
    return Table(stored["rows"], frozenset(stored["folders"]))


def load(path: Path) -> Any:
    """A cached JSON, or None when it is not there yet, or torn."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def keep(path: Path, data: Any) -> None:
    """Store a cached JSON whole or not at all; a cache that cannot be written only costs time."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
        os.replace(aside, path)
    except OSError:
        return


def build() -> dict[str, Any]:
    """Scan both libraries: ``{"rows": {library: {class: [[file, kind, bases], …]}}, "folders": […]}``."""
    found = {d: scan(root, d) for d in LIBRARIES if (root := home(d)) is not None}
    bases: dict[str, list[str]] = {}
    for distribution in reversed(LIBRARIES):
        for name, places in found.get(distribution, {}).items():
            bases[name] = places[0][1]
    kinds: dict[str, Kind | None] = {}
    rows: dict[str, dict[str, list[list[Any]]]] = {}
    for distribution, names in found.items():
        rows[distribution] = {}
        for name, places in names.items():
            kept = [[f, k, b] for f, b in places if (k := kind_of(name, b, bases, kinds)) is not None]
            if kept:
                rows[distribution][name] = kept
    files = {f for names in rows.get("diffusers", {}).values() for f, *_ in names}
    parts = [f.split("/") for f in files if f.startswith("diffusers/pipelines/") and f.count("/") >= 3]
    # "deprecated" is a name of its own too: the library writes it for ["deprecated", "KarrasVeScheduler"]
    return {"rows": rows, "folders": sorted({p[2] for p in parts} | {p[3] for p in parts if p[2] == "deprecated"})}


def scan(root: Path, distribution: str) -> dict[str, list[tuple[str, list[str]]]]:
    """Every class at the top of a module of one library: name -> its files with its bases there."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    aliases: list[tuple[str, str]] = []
    for path in sorted(root.rglob("*.py")):
        if path.name.startswith(("dummy_", "test_", "convert_", "modular_")) and distribution == "transformers":
            continue
        if path.name.startswith("dummy_"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        file = f"{distribution}/{path.relative_to(root).as_posix()}"
        for name, bases in _CLASS.findall(text):
            names = [b.split("[")[0].strip().rpartition(".")[2] for b in re.sub(r"#.*", "", bases).split(",")]
            found.setdefault(name, []).append((file, [b for b in names if b.isidentifier()]))
        aliases += _ALIAS.findall(text)
    for alias, target in aliases:
        if alias not in found and target in found:
            found[alias] = [(file, [target]) for file, _ in found[target]]
    # the home that is in use comes first, the deprecated one last
    return {n: sorted(places, key=lambda p: "/deprecated/" in p[0] or "flax" in p[0]) for n, places in found.items()}


def kind_of(name: str, bases: list[str], known: dict[str, list[str]], kinds: dict[str, Kind | None]) -> Kind | None:
    """What a class is, by its bases; ``other`` for one that only has a config, None for any other class."""
    if name in _ROOTS:
        return _ROOTS[name]
    if name in kinds:
        return kinds[name]
    kinds[name] = None  # so that a class that is its own base ends
    found: Kind | None = "other" if name in _KEPT_ROOTS else None
    for base in bases:
        kind = kind_of(base, known.get(base, []), known, kinds)
        if kind is not None and kind != "other":
            found = kind
            break
        found = found or kind
    kinds[name] = found
    return found
