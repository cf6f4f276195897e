"""The classes of the installed diffusers and transformers, read from their source and never imported.

Where a class lives comes from one pass with a regular expression over all files, kept as JSON in the user's cache
under the library's version; its parameters come from parsing the one file, when they are asked for.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from inspector.model import Kind, Value

LIBRARIES = ("diffusers", "transformers")
_SHAPE = 1
"""Raise it when the shape of the cached table changes."""
_CLASS = re.compile(r"^class[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?[ \t]*:", re.MULTILINE)
_ALIAS = re.compile(r"^([A-Z]\w+)[ \t]*=[ \t]*([A-Z]\w+)[ \t]*$", re.MULTILINE)
_ROOTS: dict[str, Kind] = {
    "DiffusionPipeline": "pipeline",
    "SchedulerMixin": "scheduler",
    "ModelMixin": "model",
    "PreTrainedModel": "transformers",
    "PreTrainedTokenizerBase": "tokenizer",
    "PreTrainedTokenizer": "tokenizer",
    "PreTrainedTokenizerFast": "tokenizer",
    "ImageProcessingMixin": "processor",
    "BaseImageProcessor": "processor",
    "FeatureExtractionMixin": "processor",
    "ProcessorMixin": "processor",
}
_FAST = ("TokenizerFast", "ImageProcessorFast", "FeatureExtractor")
"""Names that transformers answers with another class of the same stem."""


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
        """Parameters of ``__init__`` -> default; ``"required"`` where there is none."""
        return parameters_of(self.library, self.name, self.module)

    @property
    def deprecated_home(self) -> bool:
        """Moved to a ``deprecated`` package, where the library's own lookup may not find it (design, fact 16)."""
        return ".deprecated." in f".{self.module}."


def cache_dir() -> Path:
    """Where demos, tables and parsed sources are kept: ``INSPECT_PIPE_CACHE``, else the platform's cache folder."""
    if named := os.environ.get("INSPECT_PIPE_CACHE"):
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "inspect-pipe"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "inspect-pipe" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inspect-pipe"


def find(library: str, name: str) -> ClassInfo | None:
    """The class that an index calls ``[library, name]``, or None.

    ``library`` is diffusers, transformers, or the name of one of diffusers' pipeline folders (``stable_diffusion``,
    ``wuerstchen``), in whose folder the class is looked for first.
    """
    distribution = library if library in LIBRARIES else "diffusers"
    table = table_of(distribution)
    if distribution != library and not any(f"/pipelines/{library}/" in f or f"deprecated/{library}/" in f for f in files(table)):
        return None
    found = table.get(name) or table.get(stem(name, table))
    if not found:
        return None
    inside = [e for e in found if library == distribution or f"/{library}/" in e[0]]
    file, bases = (inside or found)[0]
    actual = name if name in table else stem(name, table)
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return ClassInfo(actual, distribution, module, file, kind_of(tuple(bases), actual), tuple(bases))


def stem(name: str, table: dict[str, Any]) -> str:
    """The class that transformers gives for a ``…Fast`` or ``…FeatureExtractor`` name it no longer has."""
    for suffix in _FAST:
        if name.endswith(suffix):
            plain = name.removesuffix(suffix) + ("Tokenizer" if "Tokenizer" in suffix else "ImageProcessor")
            if plain in table:
                return plain
    return name


def near(name: str, library: str | None = None) -> list[str]:
    """Class names like this one, the likeliest first."""
    tables = [table_of(d) for d in LIBRARIES if library in (None, d)]
    return difflib.get_close_matches(name, [n for t in tables for n in t], n=3, cutoff=0.75)


@cache
def schedulers() -> tuple[ClassInfo, ...]:
    """Every scheduler class of the installed diffusers, flax ones and deprecated ones left out."""
    table = table_of("diffusers")
    names = [n for n, e in table.items() if e[0][0].startswith("diffusers/schedulers/scheduling_") and not n.startswith("Flax")]
    infos = [info for n in sorted(names) if (info := find("diffusers", n)) is not None]
    return tuple(i for i in infos if i.kind == "scheduler")


def kind_of(bases: tuple[str, ...], name: str = "", seen: frozenset[str] = frozenset()) -> Kind:
    """What a class is, from the names of its bases, followed through both libraries."""
    for known in (name, *bases):
        if known in _ROOTS:
            return _ROOTS[known]
    for base in bases:
        if base in seen:
            continue
        for distribution in LIBRARIES:
            for _, more in table_of(distribution).get(base, ())[:1]:
                kind = kind_of(tuple(more), base, seen | {base})
                if kind != "other":
                    return kind
    return "other"


def files(table: dict[str, list[Any]]) -> set[str]:
    return {entry[0] for found in table.values() for entry in found}


@cache
def home(distribution: str) -> Path | None:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(distribution)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


@cache
def table_of(distribution: str) -> dict[str, list[Any]]:
    """Class name -> ``[[file, [base, …]], …]`` of one installed library; empty when it is not installed."""
    root = home(distribution)
    if root is None:
        return {}
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        version = "source"
    key = hashlib.sha256(f"{_SHAPE} {root} {(root / '__init__.py').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    kept = cache_dir() / "classes" / f"{distribution}-{version}-{key}.json"
    try:
        stored: dict[str, list[Any]] = json.loads(kept.read_text())
        return stored
    except (OSError, ValueError):  # not there yet, or torn: made anew
        table = scan(root, distribution)
    keep(kept, json.dumps(table, separators=(",", ":")))
    return table


def scan(root: Path, distribution: str) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = {}
    aliases: list[tuple[str, str]] = []
    for path in sorted(root.rglob("*.py")):
        if path.name.startswith("dummy_") or path.name.startswith("test_"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        file = f"{distribution}/{path.relative_to(root).as_posix()}"
        for name, bases in _CLASS.findall(text):
            names = [b.strip().rpartition(".")[2] for b in re.sub(r"#.*", "", bases).split(",")]
            table.setdefault(name, []).append([file, [b for b in names if b.isidentifier()]])
        aliases += _ALIAS.findall(text)
    for alias, target in aliases:
        if alias not in table and target in table:
            table[alias] = [[file, [target, *bases]] for file, bases in table[target]]
    return table


def keep(path: Path, text: str) -> None:
    """Store a cache file whole or not at all; a cache that cannot be written only costs time."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)


@cache
def parsed(library: str, module: str) -> dict[str, ast.ClassDef]:
    root = home(library)
    if root is None:
        return {}
    path = root.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def parameters_of(library: str, name: str, module: str, seen: frozenset[str] = frozenset()) -> dict[str, Value | str]:
    """The parameters of ``__init__``, from the nearest base that has one; fields of a config class likewise."""
    node = parsed(library, module).get(name)
    if node is None:
        return {}
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return signature(item)
    fields = {
        i.target.id: default_of(i.value)
        for i in node.body
        if isinstance(i, ast.AnnAssign) and isinstance(i.target, ast.Name) and i.value is not None
    }
    for base in node.bases:
        info = find(library, ast.unparse(base).rpartition(".")[2])
        if info is not None and info.name not in seen:
            inherited = parameters_of(info.library, info.name, info.module, seen | {name})
            return {**inherited, **fields}
    return dict(fields)


def signature(node: ast.FunctionDef) -> dict[str, Value | str]:
    arguments = [*node.args.posonlyargs, *node.args.args][1:]
    defaults: list[ast.expr | None] = [None] * (len(arguments) - len(node.args.defaults)) + list(node.args.defaults)
    pairs = [*zip(arguments, defaults, strict=True), *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
    return {a.arg: "required" if d is None else default_of(d) for a, d in pairs}


def default_of(node: ast.expr) -> Value:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return Value("expression", ast.unparse(node))
    return Value(type(value).__name__, list(value) if isinstance(value, tuple) else value)
