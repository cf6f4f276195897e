"""The weights of one component, by the headers of its safetensors files: how many parameters, in which type."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from inspector.entries import PATH, cut
from inspector.model import Finding
from inspector.reading import INDEX_OF_SHARDS, Folder, ReadError
from inspector.survey import PICKLES, TORCH

HELD = (".safetensors", ".safetensors.header")


def weights(folder: Folder, prefix: str) -> tuple[dict[str, Any], dict[str, Any], list[ReadError]]:
    """State and facts of the weights directly in a folder, and the files that could not be read.

    ``parameters`` and ``dtype`` are those of the set that the library would load: the one without a variant.
    """
    start = f"{prefix}/" if prefix else ""
    names = [n for n in folder.below(prefix) if folder.entries[start + n].kind != "folder"]
    errors: list[ReadError] = []
    groups: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {}
    dtypes: dict[str, set[str]] = {}
    for name in (n for n in names if n.endswith(HELD)):
        try:
            header = folder.header(start + name)
        except ReadError as error:
            errors.append(error)
            continue
        group = variant(name)
        groups.setdefault(group, {}).update(header.tensors)
        dtypes.setdefault(group, set()).update(header.dtypes)
    facts: dict[str, Any] = {"weights": kind(names)}
    if not groups:
        return {}, facts, errors
    group = min(groups)
    tensors = groups[group]
    if any(".base_layer." in n for n in tensors):
        adapters = [n for n in tensors if ".lora_" in n or ".base_layer." in n]
        facts["adapter_tensors"] = [len(adapters), next(n for n in sorted(adapters) if ".base_layer." in n)]
    parameters = sum(math.prod(shape) for _, shape in tensors.values())
    return {"parameters": parameters, "dtype": one(sorted(dtypes[group]))}, facts, errors


def one(names: list[str]) -> Any:
    """The one type, all of several, or None."""
    return names[0] if len(names) == 1 else names or None


def variant(name: str) -> str:
    """``fp16`` of ``model.fp16-00001-of-00002.safetensors``; empty for the plain files."""
    parts = re.sub(r"-\d{5}-of-\d{5}", "", name.removesuffix(".header")).split(".")
    return ".".join(parts[1:-1])


def kind(names: list[str]) -> str:
    if any(n.endswith(HELD) for n in names):
        return "safetensors"
    return "pickle" if any(n.lower().endswith(TORCH + PICKLES) for n in names) else "none"


def shards(folder: Folder, prefix: str) -> Iterator[tuple[ReadError | None, Finding | None]]:
    """What is wrong with the index of a sharded file: unreadable, a path in a shard's name, a shard that is missing."""
    start = f"{prefix}/" if prefix else ""
    for name in (n for n in folder.below(prefix) if INDEX_OF_SHARDS.search(n)):
        where = start + name
        try:
            table = folder.json(where).get("weight_map")
        except ReadError as error:
            yield error, None
            continue
        if not isinstance(table, dict):
            yield None, wrong("IPI902", where, "has no weight_map that says which tensor is in which file")
            continue
        named = {v for v in table.values() if isinstance(v, str)}
        odd = [v for v in table.values() if not isinstance(v, str)]
        escaping = sorted(n for n in named if PATH.search(n) or ".." in n or not n)
        if escaping:
            yield None, wrong("IPI906", where, f"names the shard {cut(repr(escaping[0]))}, which is a path")
        elif odd:
            yield None, wrong("IPI902", where, f"names the shard {cut(repr(odd[0]))}, which is no name")
        absent = sorted(n for n in named.difference(escaping) if start + n not in folder.entries)
        if absent and len(absent) < len(named):  # all absent: the weights were left out on purpose
            what = f"names {len(absent)} of {len(named)} shards that are not there ({cut(absent[0])})"
            yield None, Finding("IPI901", "error", where, f"{where} {what}", "download the missing files")


def wrong(code: str, where: str, what: str) -> Finding:
    return Finding(code, "error", where, f"{where} {what}; it was not followed", "download it again")
