"""Which file each package is really imported from, and which other copies are hidden by it; nothing is imported."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import zipfile
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from typing import Any

from . import checkout, hashes, installed

PACKAGES = {
    "diffusers": "diffusers", "transformers": "transformers", "torch": "torch", "accelerate": "accelerate",
    "huggingface_hub": "huggingface_hub", "safetensors": "safetensors", "tokenizers": "tokenizers", "peft": "peft",
    "numpy": "numpy", "scipy": "scipy", "torchsde": "torchsde", "xformers": "xformers", "torchvision": "torchvision",
    "torchao": "torchao", "bitsandbytes": "bitsandbytes", "gguf": "gguf", "flash_attn": "flash-attn",
    "sageattention": "sageattention", "kernels": "kernels", "triton": "triton", "onnxruntime": "onnxruntime",
    "optimum": "optimum", "compel": "compel", "controlnet_aux": "controlnet-aux", "k_diffusion": "k-diffusion",
    "PIL": "pillow", "sentencepiece": "sentencepiece", "ftfy": "ftfy", "fsspec": "fsspec", "packaging": "packaging",
    "debugpy": "debugpy",
}  # fmt: skip
"""What is looked at: the name that is imported -> the name it is installed by."""

_STATED = r"^(?:{names})\s*(?::[^=]+)?=\s*(?:\w+\s*=\s*)*[\"']([^\"']+)[\"']"
_OWN = re.compile(_STATED.format(names="__version__"), re.M)
_VERSION_FILE = re.compile(_STATED.format(names="__version__|version|VERSION"), re.M)


def found(entries: list[dict[str, Any]], skipped: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Import name -> what is known of it, for every package that is importable or installed."""
    everything = {}
    for name, project in PACKAGES.items():
        told = package(name, project, entries, skipped)
        if told["imported"] is not None or told["installed"]:
            everything[name] = told
    return everything


def package(name: str, project: str, entries: list[dict[str, Any]], skipped: list[dict[str, str]]) -> dict[str, Any]:
    """What is known of one package (the shape is told in :mod:`inspector.environment`)."""
    imported = where(name, entries, skipped)
    distributions = installed.distributions(project, name, entries, imported)
    files: dict[str, str] = {}
    dirty = None
    if imported is not None and imported["kind"] in ("package", "module"):
        files = hashes.of_package(imported["root"], name)
        copied = any(d["covers"] and d["record"] and d["origin"]["kind"] != "editable" for d in distributions)
        dirty = None if copied else checkout.facts(imported["root"])
    elif imported is not None and imported["kind"] == "zip":
        skipped.append({"where": name, "reason": "it lies in an archive: its files were not compared"})
    hidden = [] if imported is None else copies(name, entries, imported)
    for distribution in distributions:
        installed.compare(distribution, name, imported, files)
    changed = [f for d in distributions if d["covers"] for f in d["changed"]]
    stale = hashes.stale(imported["root"], files, changed) if imported is not None and files else []
    return {
        "name": name,
        "imported": imported,
        "version": None if imported is None else version(imported["root"], imported["kind"]),
        "metadata_version": distributions[0]["version"] if distributions else None,
        "copies": hidden,
        "installed": distributions,
        "git": dirty,
        "stale": stale,
        "files": files,
    }


def where(name: str, entries: list[dict[str, Any]], skipped: list[dict[str, str]]) -> dict[str, Any] | None:
    """What ``import NAME`` would load, by Python's own finders; None where it would fail."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError) as error:
        skipped.append({"where": name, "reason": f"Python's own search for it failed: {error}"})
        return None
    if spec is None:
        return None
    told = described(spec)
    how = "PathFinder"
    for finder in sys.meta_path:  # which of them answers: an editable installation brings a finder of its own
        ask = getattr(finder, "find_spec", None)
        answer = ask(name, None) if ask is not None and name not in sys.modules else None
        if answer is not None:
            how = getattr(finder, "__name__", type(finder).__name__)
            break
    at = entry_of(told["root"], entries)
    return {**told, "entry": at, "how": how, "from": entries[at]["kind"] if at is not None else ""}


def described(spec: ModuleSpec) -> dict[str, Any]:
    """File, root and kind of a module that a finder found."""
    places = list(spec.submodule_search_locations or ())
    file = spec.origin if spec.has_location else None
    if places and file is None:
        root, kind = os.path.abspath(places[0]), "namespace"
    elif places:
        root, kind = os.path.abspath(places[0]), "package"
    else:
        root, kind = os.path.abspath(file or ""), "module"
    if isinstance(spec.loader, ExtensionFileLoader):
        kind = "extension"
    elif not os.path.exists(root):
        kind = "zip"
    return {"file": file and os.path.abspath(file), "root": root, "real_root": os.path.realpath(root), "kind": kind}


def entry_of(root: str, entries: list[dict[str, Any]]) -> int | None:
    """The entry of ``sys.path`` that a package lies directly in, as an index; None where a finder knew the way."""
    parent = os.path.dirname(root)
    return next((i for i, e in enumerate(entries) if e["path"] == parent), None)


def copies(name: str, entries: list[dict[str, Any]], imported: dict[str, Any]) -> list[dict[str, Any]]:
    """The other copies that ``sys.path`` leads to, in its order, which are never imported."""
    seen, rest = {imported["real_root"]}, []
    for at, entry in enumerate(entries):
        spec = PathFinder.find_spec(name, [entry["path"]])
        if spec is None:
            continue
        told = described(spec)
        if told["kind"] == "namespace" or told["real_root"] in seen:  # a folder without code hides nothing
            continue
        seen.add(told["real_root"])
        rest.append({**told, "entry": at, "from": entry["kind"], "version": version(told["root"], told["kind"])})
    return rest


def version(root: str, kind: str) -> str | None:
    """The version that the code itself states, read from its source."""
    for name in ("__init__.py", "version.py", "_version.py") if kind in ("package", "zip") else ("",):
        text = read(os.path.join(root, name) if name else root, kind)
        stated = (_VERSION_FILE if name.endswith("version.py") else _OWN).search(text)
        if stated:
            return stated[1]
    return None


def read(file: str, kind: str) -> str:
    """A source file, from an archive too; empty where it cannot be read."""
    try:
        if kind != "zip":
            with open(file, encoding="utf-8", errors="replace") as source:
                return source.read(1 << 20)
        archive = file
        while archive and not os.path.isfile(archive):
            archive = os.path.dirname(archive) if os.path.dirname(archive) != archive else ""
        with zipfile.ZipFile(archive) as packed:
            inside = os.path.relpath(file, archive).replace(os.sep, "/")
            return packed.read(inside)[: 1 << 20].decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""
