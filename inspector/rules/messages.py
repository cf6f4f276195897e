"""What the libraries said while the source was loaded: each message once, where a rule proves the same, or alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.model import Component, Finding, Snapshot
from inspector.rules.registry import documented, finding

_IGNORED = re.compile(
    r"The config attributes (?P<a>\{.*\}) were passed to \S+ but are not expected and will be ignored"
    r"|Keyword arguments (?P<b>\{.*\}) are not expected by \S+ and will be ignored"
)
_MISSING = re.compile(
    r"Some weights of (?:the model )?\S+ were not initialized from .*?newly initialized[^\[]*(\[.*\])"
)
_UNUSED = re.compile(r"Some weights of the model checkpoint .*?were not used when initializing [^\[]*(\[.*\])")
_ROW = re.compile(r"([^|]+)\|\s*(UNEXPECTED|MISSING|MISMATCH)\w*\s*\|")
_REPORT = re.compile(r"\bLOAD REPORT\b")
_NAMED = re.compile(r"`([A-Za-z_]\w*)`")
_ADVICE = re.compile(
    r"(?:^|(?<=[.:;!] ))((?:Please|Use|Consider|Instead|Make sure|Install)\b.*?[^.]\.)(?= |$)|(\buse \S+ instead\b)"
)
_BLOCK = re.compile(r"\{[^{}]{60,}\}")
_DEPRECATIONS = ("FutureWarning", "DeprecationWarning", "PendingDeprecationWarning")
_SHOWN = 4


def joined(findings: Iterable[Finding], snapshot: Snapshot) -> list[Finding]:
    """The findings, with what the libraries said: as a second proof where a rule says the same, else of its own."""
    found = list(findings)
    for component in snapshot.components:
        for said in messages(component):
            if not add(found, component, said):
                found += [f for f in told(component, said) if not any(same(f, other) for other in found)]
    return found


def messages(component: Component) -> Iterator[Mapping[str, str]]:
    """What was said of a component; a saved report may hold anything there."""
    held = component.facts.get("messages")
    for said in held if isinstance(held, list) else ():
        if isinstance(said, dict) and all(isinstance(said.get(k), str) for k in ("text", "kind", "place", "function")):
            yield said


def same(a: Finding, b: Finding) -> bool:
    return (a.code, a.where, a.places) == (b.code, b.where, b.places)


def add(found: list[Finding], component: Component, said: Mapping[str, Any]) -> bool:
    """Add a message to the findings that prove what it says; whether there are such."""
    text, names = str(said["text"]), set[str]()
    if ignored(text):
        names, codes, paths = set(ignored(text)), ("IPC104",), (f"{component.path}.",)
        if not names <= {f.where.removeprefix(paths[0]) for f in found if f.code in codes}:
            return False
    elif deprecated(said):
        names, codes, paths = set(_NAMED.findall(_BLOCK.sub("", text))), ("IPC112",), ("",)
    elif "disabled the safety checker" in text:
        names, codes, paths = {"requires_safety_checker"}, ("IPP205",), ("",)
    else:
        return False
    proof, covered = f"said {said['place']} {said['function']}", False
    for number, one in enumerate(found):
        if one.code in codes and one.where.startswith(paths) and one.where.rpartition(".")[2] in names:
            found[number] = replace(one, reads=tuple(dict.fromkeys([*one.reads, proof])))
            covered = True
    return covered


def told(component: Component, said: Mapping[str, Any]) -> Iterator[Finding]:
    """A message as findings."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(said["text"]))
    path = component.path

    def one(code: str, where: str, message: str, fix: str, evidence: Any, **more: Any) -> Finding:
        made = finding(code, where, message, fix, places={"said": evidence}, **more)
        return replace(made, reads=(f"said {said['place']} {said['function']}",))

    if names := ignored(text):
        for name, given in names.items():
            message = f"{component.cls} does not take {name}={given!r}: loading ignores it"
            yield one("IPM603", f"{path}.{name}", message, f"take {name} out of the file", first(text))
        return
    missing, unused = weights(text)
    if missing:
        message = f"{some(missing)} not in the weights file: newly initialized, at random"
        fix = "get the whole checkpoint, or the class and config that this one was saved from"
        yield one("IPM601", path, message, fix, missing[:50])
    if unused:
        message = f"{some(unused)} in the weights file, which {component.cls} does not have: left out"
        fix = "check that the file belongs to this class and config"
        yield one("IPM602", path, message, fix, unused[:50])
    if missing or unused:
        return
    if deprecated(said):
        loud = said["kind"] in _DEPRECATIONS and about_files(component, text)
        fix = advice(text) or ("see the line of the library that says so" if loud else "")
        settings = {n for n in _NAMED.findall(_BLOCK.sub("", text)) if component.setting(n) is not None}
        where = f"{path}.{settings.pop()}" if len(settings) == 1 else path
        yield one("IPM604", where, shortened(text), fix, first(text), severity="warning" if loud else "note")
        return
    bad = said["kind"] == "error"
    fix = advice(text) or ("see the line of the library that says so" if bad else "")
    yield one("IPM605", path, shortened(text), fix, first(text), severity="warning" if bad else "note")


def ignored(text: str) -> dict[str, Any]:
    """The keys, with their values, that the library says it ignores."""
    match = _IGNORED.search(text.replace(", but are", " but are"))
    if match is None:
        return {}
    written = match["a"] or match["b"]
    try:
        found: dict[str, Any] = ast.literal_eval(written)
    except (ValueError, SyntaxError):  # a value that is no literal
        return dict.fromkeys(re.findall(r"[{,] ?'([^']+)':", written), ...)
    return found


def weights(text: str) -> tuple[list[str], list[str]]:
    """The tensors that are missing in the file, and those that the class does not have."""
    if _REPORT.search(text):
        rows = [(name.strip(" -+"), status) for name, status in _ROW.findall(text)]
        return [n for n, s in rows if s != "UNEXPECTED"], [n for n, s in rows if s == "UNEXPECTED"]
    found = []
    for pattern in (_MISSING, _UNUSED):
        match = pattern.search(text)
        found.append(re.findall(r"['\"]([^'\"]+)['\"]", match[1]) if match else [])
    return found[0], found[1]


def deprecated(said: Mapping[str, Any]) -> bool:
    return said["kind"] in _DEPRECATIONS or "deprecated" in said["text"]


def about_files(component: Component, text: str) -> bool:
    """Whether the message is about what stands in a file, which the user can change, and not about the library's own
    code that calls its own code in an old way."""
    return "configuration file" in text or any(component.setting(n) is not None for n in _NAMED.findall(text))


def some(names: Sequence[str]) -> str:
    """``conv.weight, conv.bias and 3 more tensors are``"""
    rest = f" and {len(names) - _SHOWN} more tensors" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{rest} {'is' if len(names) == 1 else 'are'}"


def shortened(text: str) -> str:
    """The message without the config it may hold, cut after a few sentences."""
    shown = _BLOCK.sub("{…}", text).strip()
    return shown if len(shown) <= 300 else f"{shown[:296]} ..."


def first(text: str) -> str:
    """What tells this message from others: its first sentence, without paths and configs."""
    shown = re.sub(r"(?:/[^\s/'\"]+){2,}/?", "…", _BLOCK.sub("{…}", text))
    return re.split(r"(?<=[a-z)`'])\. ", shown)[0][:160].strip()


def advice(text: str) -> str:
    """What the message itself says to do."""
    match = _ADVICE.search(_BLOCK.sub("{…}", text))
    return shortened(next(g for g in match.groups() if g)) if match else ""


documented(
    "IPM601",
    "error",
    "weights are missing in the file: they were newly initialized",
    """
    While the weights were loaded (`--weights`, or your own `from_pretrained`), the library found no values for some
    tensors of the model and drew them at random. It says so in its log and goes on; what the model computes with them
    is noise. A tensor whose shape in the file is another one counts too.

    wrong: a UNet's file saved from a class with another `block_out_channels`.
    right: the weights beside the `config.json` that they were saved with.
    """,
)
documented(
    "IPM602",
    "warning",
    "weights in the file that the model does not have",
    """
    The file holds tensors for which the class, made from this config, has no place; the library leaves them out. Where
    the file has more than the model needs (a text encoder's projection) nothing is lost; where the config belongs to
    another model, something is.

    wrong: the weights of a class with `use_linear_projection` beside a config without it.
    right: weights and config of one model.
    """,
)
documented(
    "IPM603",
    "warning",
    "a key that the library says it ignores",
    """
    "The config attributes … were passed to …, but are not expected and will be ignored." Where IPC104 says the same of
    a setting, with its class and its value, the message is a second proof there and not told again.

    wrong: `"image_enhancer": ["diffusers", "UNet2DModel"]` in the `model_index.json` of a pipeline without such a
    component: it is neither loaded nor kept.
    right: entries that the pipeline's `__init__` names.
    """,
)
documented(
    "IPM604",
    "warning",
    "the library warns of something deprecated, or changes it",
    """
    A FutureWarning or DeprecationWarning while loading, about a config file or a setting in it: the next version will
    not take this any more, or this one already does something else than the file says. Where IPC112 shows what was
    changed, the message is a second proof there. What no file can help is a note: a class that is deprecated as a
    whole, a library that calls itself in an old way.

    wrong: a scheduler's JSON with `"steps_offset": 0` in a Stable Diffusion pipeline.
    right: `"steps_offset": 1`, which is what the pipeline sets it to.
    """,
)
documented(
    "IPM605",
    "note",
    "something else that a library said while loading",
    """
    Whatever diffusers, transformers, huggingface_hub, accelerate or peft wrote to their logs from warnings on, or
    warned of, that is none of the above; an error of a log is a warning here. What they say about the installation
    (a backend that is missing) is left out: `inspect-pipe env` tells it.

    wrong: a tokenizer's folder without the file of its fast form, of which transformers tells at each load.
    right: the folder as `save_pretrained` of the installed version writes it.
    """,
)
