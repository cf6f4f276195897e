"""One entry of an index → the live component, or a stand-in and the reason, and what the library says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspector import library, makers
from inspector.hearing import about
from inspector.lookup import Made, Options, Order, find_class
from inspector.mirror import Mirror
from inspector.standins import mark, stand_in

# Where tokenizers and processors keep their settings, the first that is there.
TOKENIZER_FILES = ("tokenizer_config.json",)
PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json", "config.json")

TORCH_DTYPES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}


def make(order: Order, mirror: Mirror, options: Options) -> Made:
    """Make one component of a folder.

    Args:
        order: the entry of the index.
        mirror: the private copy of the folder.
        options: with or without weights.
    """
    with about(order.where):
        return make_one(order, mirror, options)


def make_one(order: Order, mirror: Mirror, options: Options) -> Made:
    """One component, by its kind."""
    made = Made(facts={"declared": [order.library, order.cls]})
    if order.where in options.forbidden:
        made.loads = False
        made.skip(order.where, options.forbidden[order.where], failed=True)
        return made
    cls = find_class(order, mirror, options, made)
    if cls is None:
        made.disk = read(order, mirror, "config.json", made)
        if made.disk:
            made.obj = stand_in(None, order.library, order.cls, reason(made), made.disk)
        return made
    kind = makers.family(cls)
    made.facts["kind"] = {"config": "other", "several": "model"}.get(kind, kind)
    if kind == "several":
        return make_several(order, cls, mirror, options, made)
    if options.weights and kind in ("model", "transformers"):
        return load(order, cls, mirror, options, made)
    if kind in ("tokenizer", "processor"):
        return make_from_files(order, cls, mirror, made)
    if kind in ("model", "config", "transformers"):
        return make_from_config(order, cls, mirror, made)
    made.loads = False
    made.skip(order.where, f"{order.cls} is not a kind of component that a pipeline loads", failed=True)
    return made


def reason(made: Made) -> str:
    return made.skipped[-1].reason if made.skipped else "it could not be made"


def read(order: Order, mirror: Mirror, file: str, made: Made, cls: Any = None) -> dict[str, Any] | None:
    """A component's JSON; when it cannot be read the reason is kept, and what the library says to the same file."""
    from inspector.reading import ReadError

    try:
        return mirror.json(order.name, file)
    except ReadError as error:
        made.loads = False
        made.skip(order.where, error.message, failed=True)
        if error.code == "IPI902" and hasattr(cls, "load_config"):
            refused(order, library.load_config(cls, mirror.raw(order.name, file)), mirror, made)
    return None


def refused(order: Order, error: Any, mirror: Mirror, made: Made) -> None:
    """IPP207 if the library's own loading of this component raised, and nothing before it did."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        made.loads = False  # this process has a limit that the library's own does not have
    elif isinstance(error, Exception) and not any(p.code in ("IPP207", "IPP204") for p in made.problems):
        if isinstance(error, ImportError):
            made.refuse("IPP204", order.where, f"{order.cls} needs what is not installed: {mirror.said(error)}")
        else:
            text = f"from_pretrained cannot load this folder: {order.cls} raises {mirror.said(error)}"
            made.refuse("IPP207", order.where, text)
    made.loads = made.loads and not isinstance(error, Exception)


def make_from_config(order: Order, cls: Any, mirror: Mirror, made: Made) -> Made:
    """A model, a scheduler, a guider: all there is to it is in its JSON."""
    file = makers.config_file(cls)
    made.disk = read(order, mirror, file, made, cls)
    if made.disk is None:
        if not made.skipped:
            missing(order, file, mirror, made)
            if hasattr(cls, "load_config"):
                refused(order, library.load_config(cls, mirror.place(order.name)), mirror, made)
        return made
    path = str(mirror.folder.root / order.name)
    kind = makers.family(cls)
    if made.disk.get("quantization_config"):
        made.skip(order.where, "its weights are quantized: built without the quantizer")
    if kind == "transformers":
        dtype = weights_dtype(mirror, order)
        obj = makers.attempt(makers.transformers_model, cls, mirror.place(order.name), path, dtype)
    elif kind == "model":
        obj = makers.attempt(makers.model, cls, made.disk, path)
    else:
        obj = makers.attempt(makers.configured, cls, made.disk)
    return settle(order, obj, mirror, made)


def settle(order: Order, obj: Any, mirror: Mirror, made: Made) -> Made:
    """Keep what was made, or say what the class raised: the library's own loading runs into the same."""
    if isinstance(obj, Exception):
        refused(order, obj, mirror, made)
        made.skip(order.where, f"{order.cls} could not be built: {mirror.said(obj)}", failed=True)
    else:
        made.obj = obj
    return made


def missing(order: Order, file: str, mirror: Mirror, made: Made) -> None:
    """What the component is made from is not there; the library looks in the pipeline's own folder, and so do we."""
    place = f"{order.name}/{file}" if mirror.has_folder(order.name) else f"the folder {order.name}/"
    made.loads = False
    made.facts["folder"] = "no config" if mirror.has_folder(order.name) else "missing"
    made.skip(order.where, f"{place} is missing, so {order.cls} was not built", failed=True)


def make_several(order: Order, cls: type, mirror: Mirror, options: Options, made: Made) -> Made:
    """``MultiControlNetModel`` and its like: one folder a member, the class of each in its own JSON."""
    names = [order.name]
    while mirror.has_folder(f"{order.name}_{len(names)}"):
        names.append(f"{order.name}_{len(names)}")
    for number, name in enumerate(names):
        path = f"{order.name}[{number}]"
        config = read(Order(name, order.library, order.cls, path), mirror, "config.json", made)
        if config is None:
            if not made.skipped:
                missing(order, "config.json", mirror, made)
            return made
        part = make(Order(name, "diffusers", str(config.get("_class_name")), path), mirror, options)
        made.members[path] = part
        made.loads = made.loads and part.loads
    parts = [m.obj for m in made.members.values()]
    if any(p is None for p in parts):
        return made
    return settle(order, makers.attempt(makers.several, cls, parts), mirror, made)


def make_from_files(order: Order, cls: Any, mirror: Mirror, made: Made) -> Made:
    """A tokenizer or processor from its own files, or a typed stand-in that answers from its JSON (fact 18)."""
    tokenizer = makers.family(cls) == "tokenizer"
    here = mirror.files(order.name)
    names = TOKENIZER_FILES if tokenizer else PROCESSOR_FILES
    file = next((n for n in names if n in here), names[0])
    made.disk = read(order, mirror, file, made)
    obj: Any = None
    if made.disk is None and not made.skipped and not (tokenizer and here and mirror.has_folder(order.name)):
        missing(order, file, mirror, made)
    elif not made.skipped:
        words = makers.missing_words(cls, here) if tokenizer else []
        path = str(mirror.folder.root / order.name)
        obj = makers.attempt(makers.from_files, cls, mirror.place(order.name), path)
        if not words and not isinstance(obj, Exception):
            made.obj = obj
            return made
        if words:
            made.skip(order.where, f"{' and '.join(words)} missing: a stand-in answers from {file}")
        else:
            made.skip(order.where, f"{order.cls} was not made from its files ({mirror.said(obj)}): a stand-in answers")
    if obj is None or isinstance(obj, Exception):
        parts = {n: mirror.json(order.name, n) or {} for n in TOKENIZER_FILES if n in here and n != file}
        answers = {**next(iter(parts.values()), {}), **(made.disk or {})}
        made.obj = stand_in(cls, order.library, order.cls, reason(made), answers)
    else:
        made.obj = mark(obj, order.library, order.cls, reason(made))
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
    again = make(order, mirror, replace(options, weights=False))
    again.loads = False
    again.skip(order.where, f"the weights of {order.cls} could not be loaded: {mirror.said(obj)}", failed=True)
    return again


def weight_files(mirror: Mirror, order: Order) -> list[str]:
    prefix = mirror.prefix(order.name)
    names = [e.removeprefix(prefix) for e in mirror.folder.entries if e.startswith(prefix)]
    # what was fetched of a Hub repository is the header alone, under a name of its own
    return [n for n in names if n.endswith((".safetensors", ".safetensors.header")) and "/" not in n]


def variant(mirror: Mirror, order: Order) -> str | None:
    """``fp16`` when the only weights there are those of that variant."""
    stems = [n.removesuffix(".header").split(".") for n in weight_files(mirror, order)]
    variants = {s[1].split("-")[0] for s in stems if len(s) > 2}
    return variants.pop() if len(variants) == 1 and not any(len(s) == 2 for s in stems) else None


def weights_dtype(mirror: Mirror, order: Order) -> str | None:
    """The floating type of the weights file, from its header alone."""
    from inspector.reading import ReadError

    for file in weight_files(mirror, order)[:1]:
        try:
            header = mirror.folder.header(mirror.prefix(order.name) + file)
        except ReadError:  # the static reading reports it; the config's own type is used then
            return None
        kinds = (dtype for dtype, _ in header.tensors.values())
        return next((TORCH_DTYPES[k] for k in kinds if k in TORCH_DTYPES), None)
    return None
