"""One entry of an index → the live component, or a stand-in and the reason, and what the library says of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from inspector import classes, library, makers
from inspector.mirror import Mirror
from inspector.model import Finding, Skip
from inspector.standins import mark, stand_in


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: without weights, or for real."""

    weights: bool = False
    torch_dtype: str | None = None
    device: str | None = None
    trust_remote_code: bool = False


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


@dataclass(slots=True)
class Made:
    """What became of an order. ``loads``: the library's own ``from_pretrained`` would get as far as this too."""

    obj: Any = None
    disk: dict[str, Any] | None = None
    loads: bool = True
    problems: list[Finding] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def make(order: Order, mirror: Mirror, options: Options) -> Made:
    """Make one component of a folder.

    Args:
        order: the entry of the index.
        mirror: the private copy of the folder.
        options: with or without weights.
    """
    made = Made(facts={"declared": [order.library, order.cls]})
    cls = find_class(order, mirror, options, made)
    if cls is None:
        config = read(order, mirror, "config.json", made) or {}
        reason = made.skipped[-1].reason if made.skipped else "its class is not known"
        made.obj, made.disk = stand_in(None, order.library, order.cls, reason, config), config or None
        return made
    kind = makers.family(cls)
    made.facts["kind"] = {"config": "scheduler", "several": "model"}.get(kind, kind or "other")
    if options.weights and kind in ("model", "several", "transformers"):
        return load(order, cls, mirror, options, made)
    if kind == "several":
        return make_several(order, cls, mirror, options, made)
    if kind in ("tokenizer", "processor"):
        return make_from_files(order, cls, mirror, made)
    if kind in ("model", "config", "transformers"):
        return make_from_config(order, cls, mirror, made)
    made.loads = False
    made.skipped.append(Skip(order.where, f"{order.cls} is no kind of component that a pipeline loads", failed=True))
    return made


def find_class(order: Order, mirror: Mirror, options: Options, made: Made) -> type | None:
    """The class of an entry: the one the library takes, else the one in the index of its classes (fact 16)."""
    if f"{order.library}.py" in mirror.files(order.name) or mirror.prefix(order.name) + f"{order.library}.py" in (
        mirror.folder.entries
    ):
        return custom_class(order, mirror, options, made)
    name = library.remapped(order.library, order.cls)
    info = classes.find(order.library, name)
    if info is None and not known(order.library):
        made.loads = False
        reason = f'["{order.library}", "{order.cls}"]: {order.library} is not a library this tool builds from'
        made.skipped.append(Skip(order.where, reason))
        made.problems.append(
            Finding("IPP204", "warning", order.where, f"{reason}, so the component was not checked",
                    fix=f"name the library that defines {order.cls} today, or pass {order.name}=… to from_pretrained")
        )  # fmt: skip
        return None
    theirs = library.resolve(order.library, order.cls)
    if isinstance(theirs, type) and not is_dummy(theirs):
        return theirs
    made.loads = False
    error = theirs if isinstance(theirs, Exception) else makers.attempt(theirs)
    if isinstance(theirs, type):
        text = f"{order.cls} is not available here: {library.said(error)}"
        made.problems.append(Finding("IPP204", "warning", order.where, text, fix="install what it names"))
        made.skipped.append(Skip(order.where, text))
        return None
    made.problems.append(unloadable(order, error, info))
    if info is None:
        near = classes.near(order.cls)
        hint = f"; did you mean {near[0]}?" if near else ""
        made.skipped.append(Skip(order.where, f"no class {order.cls} in {order.library}{hint}", failed=True))
        return None
    found = makers.attempt(lambda: getattr(importlib.import_module(info.module), info.name))
    if isinstance(found, type):
        return found
    made.skipped.append(Skip(order.where, f"{info.module} cannot be imported: {library.said(found)}", failed=True))
    return None


def known(name: str) -> bool:
    """Whether the library itself resolves this name without looking among the imported modules."""
    from diffusers import pipelines

    return name in ("diffusers", "transformers") or hasattr(pipelines, name)


def is_dummy(cls: type) -> bool:
    """Design, fact 10: the placeholder that a library exports when a requirement is missing."""
    return type(cls).__name__ == "DummyObject"


def unloadable(order: Order, error: Any, info: classes.ClassInfo | None) -> Finding:
    """IPP207: the library itself cannot resolve this entry; with the way around it when the class is there."""
    message = (
        f'from_pretrained cannot load this folder: ["{order.library}", "{order.cls}"] does not resolve'
        f" ({library.said(error)})"
    )
    fix = ""
    if info is not None:
        message += f"; the class is {info.module}.{info.name}, and it was built from there"
        fix = (
            f"from {info.module} import {info.name}; {order.name} = {info.name}.from_pretrained(folder,"
            f' subfolder="{order.name}"), and build the pipeline from its components'
        )
    return Finding("IPP207", "error", order.where, message, fix)


def custom_class(order: Order, mirror: Mirror, options: Options, made: Made) -> type | None:
    """A class that comes with the folder: run only when the user said so."""
    if not options.trust_remote_code:
        made.loads = False
        made.facts["custom_code"] = True
        made.skipped.append(
            Skip(order.where, f"{order.cls} is code of this folder ({order.library}.py); --trust-remote-code runs it")
        )
        return None
    from diffusers.utils import get_class_from_dynamic_module

    found = makers.attempt(
        get_class_from_dynamic_module,
        str(mirror.place(order.name)),
        module_file=f"{order.library}.py",
        class_name=order.cls,
        trust_remote_code=True,
    )
    if isinstance(found, type):
        return found
    made.loads = False
    made.skipped.append(Skip(order.where, f"{order.library}.py: {library.said(found)}", failed=True))
    return None


def read(order: Order, mirror: Mirror, file: str, made: Made, cls: type | None = None) -> dict[str, Any] | None:
    """A component's JSON; when it cannot be read the reason is kept, and what the library says to the same file."""
    from inspector.reading import ReadError

    try:
        return mirror.json(order.name, file)
    except ReadError as error:
        made.loads = False
        made.skipped.append(Skip(order.where, error.message, failed=True))
        made.problems.append(Finding(error.code or "IPI901", "error", error.where or order.where, error.message))
        if cls is not None and error.code == "IPI902" and hasattr(cls, "load_config"):
            theirs = library.load_config(cls, mirror.raw(order.name, file))
            if theirs is not None:
                made.problems.append(refused(order, theirs))
    return None


def refused(order: Order, error: BaseException) -> Finding:
    """IPP207: the library's own loading of this component raises."""
    message = f"from_pretrained cannot load this folder: {order.cls} raises {library.said(error)}"
    return Finding("IPP207", "error", order.where, message)


def make_from_config(order: Order, cls: type, mirror: Mirror, made: Made) -> Made:
    file = makers.config_file(cls)
    made.disk = read(order, mirror, file, made, cls)
    path = str(mirror.folder.root / order.name)
    if made.disk is None:
        if not made.skipped:
            missing(order, cls, file, mirror, made)
        return made
    kind = makers.family(cls)
    if made.disk.get("quantization_config"):
        made.skipped.append(Skip(order.where, "its weights are quantized: built without the quantizer"))
    if kind == "transformers":
        obj = makers.attempt(makers.transformers_model, cls, mirror.place(order.name), path, weights_dtype(mirror, order))
    elif kind == "model":
        obj = makers.attempt(makers.model, cls, made.disk, path)
    else:
        obj = makers.attempt(makers.configured, cls, made.disk)
    return settle(order, obj, made)


def settle(order: Order, obj: Any, made: Made) -> Made:
    """Keep what was made, or say what the class raised: the library's own loading runs into the same."""
    if isinstance(obj, Exception):
        made.loads = False
        made.problems.append(refused(order, obj))
        made.skipped.append(Skip(order.where, f"{order.cls} could not be built: {library.said(obj)}", failed=True))
    else:
        made.obj = obj
    return made


def missing(order: Order, cls: type, file: str, mirror: Mirror, made: Made) -> None:
    """The component's JSON is not there: say where it was looked for and what the library says."""
    made.loads = False
    place = f"{order.name}/{file}" if mirror.has_folder(order.name) else f"the folder {order.name}/"
    made.skipped.append(Skip(order.where, f"{place} is missing, so {order.cls} was not built", failed=True))
    if hasattr(cls, "load_config"):
        theirs = library.load_config(cls, mirror.place(order.name))
        if theirs is not None:
            made.problems.append(refused(order, theirs))


def make_several(order: Order, cls: type, mirror: Mirror, options: Options, made: Made) -> Made:
    """``MultiControlNetModel`` and its like: one folder a member, the class of each in its own JSON."""
    members = []
    names = [order.name]
    while mirror.has_folder(f"{order.name}_{len(names)}"):
        names.append(f"{order.name}_{len(names)}")
    for number, name in enumerate(names):
        config = read(Order(name, order.library, order.cls, f"{order.name}[{number}]"), mirror, "config.json", made)
        inner = Order(name, "diffusers", str((config or {}).get("_class_name")), f"{order.name}[{number}]")
        part = make(inner, mirror, options)
        made.loads = made.loads and part.loads
        made.problems += part.problems
        made.skipped += part.skipped
        made.facts.setdefault("members", {})[inner.path] = {"disk": part.disk, "facts": part.facts}
        members.append(part.obj)
    if all(m is not None for m in members):
        return settle(order, makers.attempt(makers.several, cls, members), made)
    return made


def make_from_files(order: Order, cls: Any, mirror: Mirror, made: Made) -> Made:
    """A tokenizer or processor from its own files, or a typed stand-in that answers from its JSON (fact 18)."""
    names = ("tokenizer_config.json",) if makers.family(cls) == "tokenizer" else (
        "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json", "config.json")  # fmt: skip
    here = mirror.files(order.name)
    file = next((n for n in names if n in here), names[0])
    made.disk = read(order, mirror, file, made)
    if made.skipped:
        reason, obj = made.skipped[-1].reason, None
    else:
        words = makers.missing_words(cls, here) if makers.family(cls) == "tokenizer" else []
        obj = makers.attempt(makers.from_files, cls, mirror.place(order.name))
        if words:
            reason = f"{', '.join(words)} is missing: a stand-in answers from {file}"
        elif isinstance(obj, Exception):
            reason = f"{order.cls} could not be made from its files ({library.said(obj)}): a stand-in answers from {file}"
        else:
            made.obj = obj
            return made
        made.skipped.append(Skip(order.where, reason, failed=False))
    if obj is None or isinstance(obj, Exception):
        made.obj = stand_in(cls, order.library, order.cls, reason, made.disk or {})
    else:
        made.obj = mark(obj, order.library, order.cls, reason)
    return made


def load(order: Order, cls: type, mirror: Mirror, options: Options, made: Made) -> Made:
    """The component with its weights, by the library; without them when the library cannot."""
    import torch

    made.disk = read(order, mirror, makers.config_file(cls), made, cls)
    dtype = getattr(torch, options.torch_dtype) if options.torch_dtype else None
    folder = mirror.folder.root / mirror.prefix(order.name)
    obj = makers.attempt(makers.loaded, cls, folder, dtype, variant(mirror, order))
    if not isinstance(obj, Exception):
        made.obj = obj
        return made
    text = f"the weights of {order.cls} could not be loaded: {library.said(obj)}"
    again = make(order, mirror, Options(trust_remote_code=options.trust_remote_code))
    again.loads = False
    again.skipped.append(Skip(order.where, text, failed=True))
    return again


def variant(mirror: Mirror, order: Order) -> str | None:
    """``fp16`` when the only weights there are those of that variant."""
    prefix = mirror.prefix(order.name)
    names = [e.removeprefix(prefix) for e in mirror.folder.entries if e.startswith(prefix)]
    stems = [n.split(".") for n in names if n.endswith(".safetensors") and "/" not in n]
    variants = {s[1] for s in stems if len(s) > 2}
    return variants.pop() if len(variants) == 1 and not any(len(s) == 2 for s in stems) else None


def weights_dtype(mirror: Mirror, order: Order) -> str | None:
    """The floating type of the weights file, from its header alone."""
    from inspector.reading import ReadError

    prefix = mirror.prefix(order.name)
    name = next((e for e in mirror.folder.entries if e.startswith(prefix) and e.endswith(".safetensors")), None)
    if name is None:
        return None
    try:
        header = mirror.folder.header(name)
    except ReadError:  # static reading has reported it already
        return None
    return TORCH_DTYPES.get(next((d for d, _ in header.tensors.values() if d in TORCH_DTYPES), ""))


TORCH_DTYPES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
