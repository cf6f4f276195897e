"""The class that an entry of an index names: the library's own answer first, then the index of its classes.

What the library says is asked, never copied (:mod:`inspector.library`); where it cannot resolve a class that it
still contains (design, fact 16) the class is taken from where it is, and IPP207 says so.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector import classes, library, makers
from inspector.mirror import Mirror
from inspector.model import Finding, Skip


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: without weights, or for real. ``forbidden``: components not to be built, and why."""

    weights: bool = False
    torch_dtype: str | None = None
    device: str | None = None
    trust_remote_code: bool = False
    forbidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """What an index asks for: ``name: [library, class]``; ``path`` is how the report calls it."""

    name: str
    library: str
    cls: str
    path: str = ""

    @property
    def where(self) -> str:
        return self.path or self.name

    def __str__(self) -> str:
        return f'["{self.library}", "{self.cls}"]'


@dataclass(slots=True)
class Made:
    """What became of an order. ``loads``: the library's own ``from_pretrained`` gets past this component too."""

    obj: Any = None
    disk: dict[str, Any] | None = None
    loads: bool = True
    problems: list[Finding] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    members: dict[str, Made] = field(default_factory=dict)

    def skip(self, where: str, reason: str, *, failed: bool = False) -> None:
        self.skipped.append(Skip(where, reason, failed))

    def refuse(self, code: str, where: str, message: str, fix: str = "") -> None:
        """The library itself does not get past this: IPP207, or IPP204 when something is not installed."""
        self.loads = False
        self.problems.append(Finding(code, "error" if code == "IPP207" else "warning", where, message, fix))


def find_class(order: Order, mirror: Mirror, options: Options, made: Made) -> type | None:
    """The class of an entry; None when there is none to build from, and then ``made`` says why."""
    if mirror.prefix(order.name) + order.library + ".py" in mirror.folder.entries:
        return custom_class(order, mirror, options, made)
    if not known(order.library):
        made.refuse(
            "IPP204",
            order.where,
            f"{order}: {order.library} is not a library that diffusers loads components from, so this was not checked",
            f"write the library that has {order.cls} today, or pass {order.name}= to from_pretrained",
        )
        made.skip(order.where, f"{order}: {order.library} is never imported because a folder names it")
        return None
    theirs = library.resolve(order.library, order.cls)
    if not isinstance(theirs, type):
        return elsewhere(order, theirs, made)
    if is_dummy(theirs):
        reason = f"{order.cls} is not available here: {library.said(makers.attempt(theirs))}"
        made.refuse("IPP204", order.where, reason, "install what it names")
        made.skip(order.where, reason)
        return None
    return theirs


def known(name: str) -> bool:
    """Whether a name is one of the libraries or a folder of diffusers' pipelines: only these are ever resolved."""
    return name in classes.LIBRARIES or classes.is_pipeline_folder(name)


def is_dummy(cls: type) -> bool:
    """Design, fact 10: the placeholder that a library exports when a requirement is missing."""
    return type(cls).__name__ == "DummyObject"


def elsewhere(order: Order, error: Exception, made: Made) -> type | None:
    """A class that the library contains but does not find under this name (IPP207).

    A component that is the whole source has no index that could be wrong: its class is just taken.
    """
    info = classes.find(order.library, library.remapped(order.library, order.cls)) or renamed(order)
    if info is not None and not order.name:
        return settled(order, info, made)
    message = f"from_pretrained cannot load this folder: {order} does not resolve ({library.said(error)})"
    if info is None:
        made.refuse("IPP207", order.where, message)
        near = [n for n in classes.near(order.cls) if n != order.cls]
        made.skip(
            order.where,
            f"the installed libraries have no class {order.cls}{f'; did you mean {near[0]}?' if near else ''}",
            failed=True,
        )
        return None
    made.refuse(
        "IPP207",
        order.where,
        f"{message}; built from {info.module}.{info.name} instead",
        f"from {info.module} import {info.name}; {order.name} = {info.name}.from_pretrained(FOLDER,"
        f' subfolder="{order.name}"), then call the pipeline\'s class with its components',
    )
    return settled(order, info, made)


def settled(order: Order, info: classes.ClassInfo, made: Made) -> type | None:
    """The class of a row of the table; None, and the reason kept, when its module cannot be imported."""
    found = imported(info)
    if isinstance(found, type):
        return found
    made.skip(order.where, f"{info.module} cannot be imported: {library.said(found)}", failed=True)
    return None


def renamed(order: Order) -> classes.ClassInfo | None:
    """A class whose name differs in its capitals only (``StableCascadeUnet``, today ``StableCascadeUNet``)."""
    for name in classes.near(order.cls, "diffusers"):
        if name != order.cls and name.lower() == order.cls.lower():
            return classes.find("diffusers", name)
    return None


def imported(info: classes.ClassInfo) -> Any:
    """The live class of a row of the table, or the exception that its module raised."""
    return makers.attempt(lambda: getattr(importlib.import_module(info.module), info.name))


def custom_class(order: Order, mirror: Mirror, options: Options, made: Made) -> type | None:
    """A class that comes with the folder: its code runs only when the user said so."""
    if not options.trust_remote_code:
        made.loads = False
        made.facts["custom_code"] = True
        made.skip(order.where, f"{order.cls} is code of this folder ({order.library}.py): --trust-remote-code runs it")
        return None
    found = makers.attempt(dynamic_class, mirror, order.name, order.library, order.cls)
    if isinstance(found, type):
        return found
    made.loads = False
    made.skip(order.where, f"{order.library}.py: {library.said(found)}", failed=True)
    return None


def dynamic_class(mirror: Mirror, name: str, module: str, cls: str) -> Any:
    """A class of a folder's own module, loaded by the library from the private copy."""
    from diffusers.utils import get_class_from_dynamic_module

    return get_class_from_dynamic_module(
        str(mirror.place(name)), module_file=f"{module}.py", class_name=cls, trust_remote_code=True
    )
