"""The files of a source as digests: what settings files say, and the headers of weights; never the weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from inspector.model import Skip
from inspector.reading import Folder, Limits, ReadError
from inspector.remote.facts import Facts

_OPAQUE = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".onnx", ".gguf")
_WORDS = ("vocab.json", "tokenizer.json", "added_tokens.json", "merges.txt")
_MODELS = (".model", ".jinja")


def digests(path: Path, limits: Limits, facts: Facts | None = None) -> tuple[dict[str, dict[str, Any]], list[Skip]]:
    """Every file that decides something, by its name.

    ``content`` of JSON is the digest of what it says, whatever the order of its keys and its white space; of a
    tokenizer's words that of the bytes. Of weights there is the ``size``, and of safetensors the digest of the
    ``header``: names, types and shapes of the tensors, and the metadata.

    Args:
        path: a folder, or one file.
        limits: the caps for reading.
        facts: what it lacks, where it is a copy of a folder elsewhere.

    Returns:
        The digests, and what could not be read.

    Raises:
        ReadError: the folder cannot be listed.
    """
    found: dict[str, dict[str, Any]] = {}
    skipped: list[Skip] = []
    root, only = (path, "") if path.is_dir() else (path.parent, path.name)
    with Folder(root, limits, only=only, facts=facts) as folder:
        skipped += [Skip(p.where, p.message, failed=True) for p in folder.problems]
        for name, entry in sorted(folder.entries.items()):
            try:
                told = {} if entry.kind == "folder" else _facts(folder, name, entry.size)
            except ReadError as error:
                skipped.append(Skip(name, error.message, failed=True))
                continue
            if told:
                found[name] = told
    return found, skipped


def digest(data: Any) -> str:
    """Plain data as sixteen hex digits: enough to tell, short enough to read."""
    text = data if isinstance(data, bytes) else json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()[:16]


def _facts(folder: Folder, name: str, size: int) -> dict[str, Any]:
    base = name.rpartition("/")[2]
    if base in _WORDS or base.endswith(_MODELS):
        return {"content": digest(folder.content(name))}
    if base.endswith(".json"):
        return {"content": digest(folder.json(name))}
    if base.endswith(".safetensors"):
        header = folder.header(name)
        return {"size": size, "header": digest({"tensors": header.tensors, "metadata": header.metadata})}
    return {"size": size} if base.endswith(_OPAQUE) else {}
