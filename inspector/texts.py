"""What the keys and values of one JSON file say that its reader should know: hidden characters, secrets, references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from inspector.model import Finding, Severity
from inspector.ranges import walk

# Control characters, marks that are invisible, and marks that reorder what is displayed.
_NEVER = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_IN_VALUES = re.compile(f"[{_NEVER}]")
# In a value, line breaks are layout, and joiners and marks belong to Persian, Hindi, Hebrew and emoji: not in a name.
HIDDEN = re.compile(f"[{_NEVER}\t\n\r\u200c-\u200f\u3164\uffa0\ufe00-\ufe0f]")
_CREDENTIAL = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{30,}|sk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,}"
    r"|glpat-[\w-]{20,}|xox[abprs]-[\w-]{20,}|(?:AKIA|ASIA)[0-9A-Z]{16}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}"
    r"|dckr_pat_[\w-]{20,}|[sr]k_live_[A-Za-z0-9]{20,}|ya29\.[\w-]{30,}|eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,})\b"
    r"|AIza[\w-]{35}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
# a documentation's example of an address is none, so only values are searched for this
_LOGIN = re.compile(r"://[^/\s:@]{1,256}:[^/\s@]{1,256}@")
_REPOSITORY = re.compile(r"^[\w.-]+/[\w.-]+$")
_CODE_KEYS = ("auto_map", "custom_pipeline", "custom_pipelines")
_KERNELS = re.compile(r"_?(attn|experts)_implementation\w*|use_kernels|kernel_config")
_REPOSITORY_KEYS = ("repo", "repo_id", "pretrained_model_name_or_path", "pretrained_model_name")
"""Where a modular pipeline's spec says which repository a part is to be fetched from."""
_OWN = ("transformers", "diffusers", "torch", "peft", "")


def told(file: str, data: dict[str, Any], component: str, *, words: bool = False) -> Iterator[Finding]:
    """Findings about the texts of one file.

    Args:
        file: its name.
        data: its content.
        component: the path of the component it belongs to.
        words: its values are words and templates of a tokenizer, which may hold any character.
    """
    for path, key, held in keys(data):
        if HIDDEN.search(key):
            where, message = f"{component}.{path}", f"{file}: the key {key!a} holds invisible characters"
            yield finding("IPI909", "error", where, message, "rename the key")
        if secret(key) or _LOGIN.search(key):
            yield credential(file, component, "a key")
        if key in _CODE_KEYS:
            yield from code(file, held, component, path)
        elif key == "trust_remote_code" and held:
            message = f"{file}: {path} asks for code to be trusted, which only the command line can do; it was not"
            yield finding("IPI908", "warning", f"{component}.{path}", message, f"remove {path}")
        elif key == "parent_library" and isinstance(held, str) and held.partition(".")[0] not in _OWN:
            message = f"{file}: {path}={held!r} is a module that peft would import; it was not"
            yield finding("IPI908", "error", f"{component}.{path}", message, f"remove {path}")
        elif _KERNELS.fullmatch(key):
            yield from kernels(file, held, component, path)
    for path, _, value in walk(data):
        if not isinstance(value, str):
            continue
        at = f"{component}.{path}"
        if secret(value) or _LOGIN.search(value):
            yield credential(file, at, path)
        elif not words and (hidden := _IN_VALUES.search(value)):
            message = f"{file}: {path} holds the invisible character U+{ord(hidden[0]):04X}"
            yield finding("IPI909", "error", at, message, "write the value anew without it")


def secret(text: str) -> bool:
    """Whether a token or a private key stands in a text."""
    return _CREDENTIAL.search(text) is not None


def foreign(key: str, held: Any) -> bool:
    """Whether a key sends the libraries to code, of the folder or of another repository."""
    far = _KERNELS.fullmatch(key) and any(isinstance(v, str) and "/" in v for _, _, v in walk(held))
    return key in _CODE_KEYS or bool(far)


def kernels(file: str, held: Any, component: str, path: str) -> Iterator[Finding]:
    """Kernels of other repositories: ``org/name@revision:function``, behind a prefix, one for each part, an address."""
    for at, _, value in walk(held, path, path):
        if isinstance(value, str) and "/" in value:
            message = f"{file}: {at}={value!r} names a kernel of another repository; it was not fetched"
            yield finding("IPI908", "error", f"{component}.{at}", message, f"remove {path}")


def specs(file: str, data: dict[str, Any]) -> Iterator[Finding]:
    """The repositories from which a modular pipeline would fetch its parts, and code that it would run."""
    for path, key, held in keys(data):
        if key in _REPOSITORY_KEYS and isinstance(held, str) and _REPOSITORY.match(held):
            message = f"{file}: {path}={held!r} is a part of another repository; it was not fetched"
            yield finding("IPI908", "warning", f"{file}.{path}", message, "look at that repository too")
        elif key in _CODE_KEYS:
            yield from code(file, held, file, path)


def keys(data: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key, with its dotted path and what it holds."""
    if isinstance(data, dict):
        for key, value in data.items():
            below = f"{path}.{key}" if path else key
            yield below, key, value
            yield from keys(value, below)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from keys(value, f"{path}[{index}]")


def code(file: str, held: Any, component: str, path: str) -> Iterator[Finding]:
    """References to Python code: of another repository an error, of this folder a warning."""
    texts = [v for _, _, v in walk(held) if isinstance(v, str)]
    if not texts:
        return
    elsewhere = [t for t in texts if "--" in t or "/" in t]
    whose = "another repository" if elsewhere else "this folder"
    shown = (elsewhere or texts)[0]
    message = f"{file}: {path} refers to Python code of {whose} ({shown!r}); it was not fetched or run"
    yield finding("IPI908", "error" if elsewhere else "warning", f"{component}.{path}", message, f"remove {path}")


def credential(file: str, where: str, what: str) -> Finding:
    message = f"{file}: {what} holds what looks like a credential (not shown)"
    return finding("IPI909", "error", where, message, "revoke it, then remove it")


def finding(code: str, severity: Severity, where: str, message: str, fix: str = "") -> Finding:
    return Finding(code, severity, where, message, fix)
