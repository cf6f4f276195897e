"""One entry of a ``model_index.json``: what it asks for, and whether the installed libraries have it.

The table of classes answers (:mod:`inspector.classes`); nothing that a folder names is ever imported.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

from inspector import classes
from inspector.classes import ClassInfo
from inspector.model import Finding, Kind, Severity, Skip

INDEX = "model_index.json"
PATH = re.compile(r"[/\\\x00]|^\.{1,2}$|^[A-Za-z]:|^~")
_NAMES = re.compile(r"\b[A-Za-z_]\w*")
_WORDS = "tokenizer or processor"
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_NO_COMPONENT = re.compile(
    r"Auto(Model|Pipeline|Tokenizer|Processor|Config|Backbone)\w*|\w*Mixin|PreTrained(Model|Config)"
)
"""Classes that take another class's name from a file (SAFETY, rule 8), and bases of which nothing is made."""
_GENERIC = {"None", "Optional", "Union", "List", "Tuple", "Dict", "list", "tuple", "dict"}
# Kinds that stand for one another: a pipeline does not care which library a network comes from.
_GROUPS: dict[Kind, str] = {
    "model": "model",
    "transformers": "model",
    "tokenizer": _WORDS,
    "processor": _WORDS,
    "scheduler": "scheduler",
    "pipeline": "pipeline",
}
_BY_NAME = (
    ("scheduler", "scheduler"), ("tokenizer", _WORDS), ("feature_extractor", _WORDS), ("unet", "model"),
    ("vae", "model"), ("vqvae", "model"), ("transformer", "model"), ("text_encoder", "model"),
    ("image_encoder", "model"), ("controlnet", "model"),
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """``name: [library, class]`` and what was found for it.

    ``info`` is None when there is no such class here; ``read`` is false when not even its folder is looked at.
    """

    name: str
    declared: list[str]
    info: ClassInfo | None = None
    read: bool = True
    custom: str = ""
    problem: Finding | None = None
    skip: Skip | None = None

    @property
    def shown(self) -> str:
        return f'["{cut(self.declared[0])}", "{cut(self.declared[1])}"]'

    def refuse(
        self, code: str, severity: Severity, message: str, fix: str = "", *, failed: bool = True, read: bool = False
    ) -> Entry:
        """Report the entry; a component that is refused as ``failed`` is a part that could not be read."""
        self.problem = Finding(code, severity, f"pipe.{self.name}", f"{INDEX}: {message}", fix)
        self.skip = Skip(self.name, message, failed=failed)
        self.read = read
        return self


def is_empty(value: Any) -> bool:
    """A component that is absent on purpose: null, ``[null, null]`` or an empty list."""
    return value is None or (isinstance(value, list) and (not value or value[0] is None))


def cut(text: str, most: int = 64) -> str:
    """A name, short enough for a message."""
    return text if len(text) <= most else f"{text[:most]}…"


def judge(name: str, value: list[Any], files: set[str], annotation: str = "") -> Entry:
    """Look an entry up.

    Args:
        name: the component.
        value: what the index says of it.
        files: the names in the folder.
        annotation: the type that the pipeline's ``__init__`` gives this parameter.
    """
    if len(value) != 2 or not all(isinstance(v, str) and v for v in value):
        entry = Entry(name, [str(v)[:64] for v in [*value, "", ""][:2]])
        return entry.refuse("IPI910", "error", f"{name} is {str(value)[:80]}, not [library, class]")
    library, cls = value
    entry = Entry(name, [library, cls])
    if any(PATH.search(text) for text in (name, library, cls)):
        message = f"{cut(name)!r}: {entry.shown} has a path where a name belongs; it was not followed"
        return entry.refuse("IPI906", "error", message, "write plain names")
    brought = next((f for f in (f"{name}/{library}.py", f"{library}.py") if f in files), "")
    if brought:
        entry.custom = brought
        message = f"{name}: {cls} is code of this folder ({brought}); it was not run"
        return entry.refuse("IPP204", "note", message, "--trust-remote-code runs it", failed=False, read=True)
    entry.info = classes.find(library, cls)
    if entry.info is None:
        return unknown(entry)
    if conflict := wrong_kind(entry.info, name, annotation):
        return entry.refuse("IPI903", "error", f"{name}: {entry.shown} is {conflict}; it was not built")
    return entry


def unknown(entry: Entry) -> Entry:
    """A class that is not in the table: of a library that was never meant, that is not installed, or that lost it."""
    library, cls = entry.declared
    top = library.partition(".")[0]
    if library in classes.LIBRARIES or classes.is_pipeline_folder(library):
        if classes.home("transformers" if library == "transformers" else "diffusers") is None:
            message = f"{entry.name}: {entry.shown}: {library} is not installed, so it was not checked"
            return entry.refuse("IPP204", "warning", message, f"install {library}", failed=False, read=True)
        close = [n for n in classes.near(cls) if n != cls]
        same = next((n for n in close if n.lower() == cls.lower()), None)
        owner = library if library in classes.LIBRARIES else f"diffusers' {library}"
        message = f"{entry.name}: {entry.shown}: the installed {owner} has no class {cut(cls)}"
        if same:
            entry.info = classes.find("diffusers", same) or classes.find("transformers", same)
            return entry.refuse(
                "IPP204", "warning", f"{message}; read as {same}", f'write "{same}"', failed=False, read=True
            )
        fix = f"did you mean {close[0]}?" if close else "install the version that wrote this folder"
        return entry.refuse("IPI903", "error", message, fix, read=True)
    if not (_NAME.fullmatch(library) and _NAME.fullmatch(cls)):
        message = f"{entry.name}: {entry.shown} is no name of a library and a class; it was not looked for"
        return entry.refuse("IPI903", "error", message, f"write the class that {entry.name} has, or remove the entry")
    if top in sys.stdlib_module_names or top.startswith("_") or top in classes.installed():
        message = f"{entry.name}: {entry.shown} is no component of diffusers or transformers; it was never imported"
        return entry.refuse("IPI903", "error", message, f"write the class that {entry.name} has, or remove the entry")
    message = (
        f"{entry.name}: {entry.shown}: {cut(library)} is not installed and was not looked for, so it was not checked"
    )
    fix = f'if diffusers has {cls} today, write ["diffusers", "{cls}"]' if classes.find("diffusers", cls) else ""
    return entry.refuse("IPP204", "warning", message, fix, failed=False, read=True)


def wrong_kind(info: ClassInfo, name: str, annotation: str) -> str:
    """A unet may not be a tokenizer: what is wrong with the kind, or nothing.

    The pipeline's own annotation decides; a component's name does where there is none.
    """
    is_a = _GROUPS.get(info.kind)
    if _NO_COMPONENT.fullmatch(info.name):
        return "no class of a component, but one that stands for others"
    wanted = kinds_of(annotation) or {group for stem, group in _BY_NAME if re.fullmatch(rf"{stem}(_\w+)?", name)}
    if is_a is None:
        return f"no {' or '.join(sorted(wanted))}" if wanted else ""
    return f"a {is_a}, not a {' or '.join(sorted(wanted))}" if wanted and is_a not in wanted else ""


def kinds_of(annotation: str) -> set[str]:
    """The kinds of component that an annotation admits; empty when it does not say."""
    found = set()
    for name in set(_NAMES.findall(annotation)) - _GENERIC:
        if name == "KarrasDiffusionSchedulers":
            found.add("scheduler")
            continue
        info = classes.find("diffusers", name) or classes.find("transformers", name)
        group = _GROUPS.get(info.kind) if info else None
        if group is None:
            return set()  # Any, Callable, a type of elsewhere: nothing follows
        found.add(group)
    return found
