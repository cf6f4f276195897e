"""What a folder's listing and JSON values reveal before anything is built: pickles, code, links, references, sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from inspector.model import Finding, Severity
from inspector.reading import Folder

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npy", ".npz", ".joblib")
_MAGIC = {b"\x80\x02": "a pickle", b"\x80\x03": "a pickle", b"\x80\x04": "a pickle", b"\x80\x05": "a pickle", b"PK\x03\x04": "a zip archive"}
_CODE = (".py", ".so", ".pyd", ".dll", ".pyc", ".pth.py")
_HONOURED = {"pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", ".env", "sitecustomize.py", "usercustomize.py", "conftest.py"}
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CREDENTIAL = re.compile(r"\b(hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9]{20,}|ghp_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16})\b|//[^/\s:@]+:[^/\s@]+@")
_REMOTE = {"auto_map", "custom_pipeline", "custom_pipelines"}
_SIZES: tuple[tuple[re.Pattern[str], int, int], ...] = (
    (re.compile(r"^(num_|n_)?(hidden_|encoder_|decoder_|refiner_|single_|double_)*(layers|layer|blocks)$|^layers_per_block$|^depth$"), 0, 4096),
    (re.compile(r"^num_(train_)?timesteps$|^num_train_timesteps$|^num_inference_steps$"), 1, 1_000_000),
    (re.compile(r"(^|_)(channels|heads|dim|size|features|length|embeddings|experts)$"), -1, 1 << 28),
)
"""Settings that size what is built: name, least, most. The largest published models stay far below."""


def survey(folder: Folder) -> Iterator[Finding]:
    """Findings about the files of a folder, from their names and first bytes."""
    names = folder.entries
    safe = {n.rpartition("/")[0] for n in names if n.endswith(".safetensors")}
    for name, entry in names.items():
        base = name.rpartition("/")[2].lower()
        if entry.kind == "link":
            yield problem("IPI905", "error", name, f"{name} is a link to something outside the folder; it was not followed")
        elif entry.kind == "other":
            yield problem("IPI905", "error", name, f"{name} is no regular file (a pipe, a socket or a device); it was not opened")
        elif entry.kind == "file" and base.endswith(_PICKLES):
            beside = name.rpartition("/")[0] in safe
            folder.verdicts.setdefault(name, ("skipped", "opaque weights (a pickle can run code); not opened"))
            if not beside:
                yield problem(
                    "IPI907", "note", name, f"{name} is opaque (loading it can run code): not opened, and there is no safetensors beside it"
                )
        elif entry.kind == "file" and base.endswith((".safetensors", ".json", ".txt", ".model")) and entry.size >= 4:
            kind = next((k for magic, k in _MAGIC.items() if folder.head(name, 4).startswith(magic)), None)
            if kind:
                yield problem("IPI907", "error", name, f"{name} calls itself {base.rpartition('.')[2]} and is {kind}: not opened")
        elif entry.kind == "file" and (base in _HONOURED or base.endswith(_CODE)):
            folder.verdicts.setdefault(name, ("skipped", "code or tool configuration; not run and not honoured"))
            what = "code" if base.endswith(_CODE) else "a tool's configuration"
            yield problem("IPP204", "note", name, f"{name} is {what} that came with the folder: not run, not honoured")


def values(where: str, data: dict[str, Any], *, component: str) -> Iterator[Finding]:
    """Findings about the values of one JSON file: hidden characters, credentials, remote references, sizes."""
    for path, key, value in walk(data):
        at = f"{component}.{path}" if path else component
        for text in (key, value if isinstance(value, str) else ""):
            if _HIDDEN.search(text):
                yield problem("IPI909", "error", at, f"{where}: {path} holds invisible or reordering characters: {text!a}")
            if _CREDENTIAL.search(text):
                yield problem("IPI909", "error", at, f"{where}: {path} holds what looks like a credential (not shown)")
        if key in _REMOTE and value:
            yield problem("IPI908", "warning", at, f"{where}: {path} refers to code of another place; it was not fetched or run")
        elif key == "attn_implementation" and isinstance(value, str) and "/" in value:
            yield problem("IPI908", "error", at, f"{where}: {path}={value!r} names a kernel of another repository; it was not fetched")


def out_of_range(data: dict[str, Any], component: str) -> Finding | None:
    """The first size in a config that no machine should be asked to build."""
    for path, key, value in walk(data):
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        for pattern, least, most in _SIZES:
            if pattern.search(key) and not least <= value <= most:
                message = f"{path}={value} is out of range ({least} to {most}): {component} was not built"
                return problem("IPI910", "error", f"{component}.{path}", message)
    return None


def walk(data: Any, path: str = "", key: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every leaf as (dotted path, the nearest key, value); a list's members carry the list's key."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from walk(value, f"{path}.{name}" if path else name, name)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from walk(value, f"{path}[{index}]", key)
    else:
        yield path, key, data


def problem(code: str, severity: Severity, where: str, message: str, fix: str = "") -> Finding:
    return Finding(code, severity, where, message, fix)
