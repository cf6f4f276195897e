"""A folder's JSON → the live pipeline without its weights, through the library's own ``from_pretrained``.

Each component is made first (:mod:`inspector.components`). Then the library's own loading is run over the index with
these components in its hands, so that optional components, defaults and type rules are the library's. Where it
refuses, that is IPP207, and the pipeline class is called directly; where that fails too, the parts are kept.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector import classes, library, makers
from inspector.components import make
from inspector.guard import deny_imports
from inspector.lookup import Made, Options, Order, dynamic_class, imported, is_dummy, known
from inspector.mirror import Mirror
from inspector.model import Finding, InspectError, Skip
from inspector.reading import Folder, Limits, ReadError
from inspector.sources import COMPONENT_FILES, INDEX
from inspector.standins import stand_in


@dataclass(slots=True)
class Parts:
    """The components of a pipeline whose class could not be called."""

    cls_name: str
    index: dict[str, Any]
    components: dict[str, Any]


@dataclass(slots=True)
class Built:
    """A live object with the JSON it came from and everything that was noticed on the way.

    ``path`` is how a component that is alone is called; ``fresh``: nobody has touched the object since it was made.
    """

    obj: Any
    disk: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    fresh: bool = True
    path: str = ""

    def add(self, path: str, made: Made) -> None:
        self.problems += made.problems
        self.skipped += made.skipped
        self.facts.setdefault(path, {}).update(made.facts)
        if made.disk is not None:
            self.disk[path] = made.disk
        for inner, member in made.members.items():
            self.add(inner, member)


def build_folder(root: Path, limits: Limits, private: Path, options: Options) -> Built:
    """Build the pipeline, or the one component, that a folder holds.

    Args:
        root: the folder.
        limits: the caps for reading it.
        private: an empty folder of this process, for copies.
        options: with or without weights.

    Raises:
        InspectError: the folder holds neither, or its index cannot be read.
    """
    with Folder(root, limits) as folder:
        mirror = Mirror(folder, private, code=options.trust_remote_code)
        if INDEX in folder.entries:
            return build_pipeline(mirror, options)
        return build_alone(mirror, options)


def build_pipeline(mirror: Mirror, options: Options) -> Built:
    """The pipeline of a folder with a ``model_index.json``."""
    index = mirror.folder.json(INDEX)
    built = Built(None, {"pipe": index})
    cls = find_pipeline(index, mirror, options, built)
    if not options.trust_remote_code:
        named = (v[0] for v in index.values() if isinstance(v, list) and v and isinstance(v[0], str))
        deny_imports(n for n in named if not known(n))
    made: dict[str, Made] = {}
    for name, value in components_of(index, cls).items():
        order = order_of(name, value)
        if isinstance(order, Order):
            made[name] = make(order, mirror, options)
            built.add(name, made[name])
        elif order:
            built.skipped.append(Skip(name, order, failed=True))
    parts = {name: m.obj for name, m in made.items()}
    if cls is not None:
        resolves = not any(f.code == "IPP207" for f in built.problems) and all(m.loads for m in made.values())
        built.obj = assemble(cls, index, parts, mirror, options, built, resolves=resolves)
    if built.obj is None:
        built.obj = Parts(class_name(index), index, parts)
    elif options.device:
        built.obj.to(options.device)
    return built


def class_name(index: dict[str, Any]) -> str:
    """The pipeline's class as the index names it; a custom one is ``[module, class]``."""
    named = index.get("_class_name")
    return str(named[-1] if isinstance(named, list) and named else named)


def components_of(index: dict[str, Any], cls: Any) -> dict[str, Any]:
    """The entries that name a component; what the pipeline class takes as a plain value is none (fact 7)."""
    plain: set[str] = set()
    if cls is not None:
        expected, optional = cls._get_signature_keys(cls)
        plain = set(optional) - set(expected)
        index = {k: v for k, v in index.items() if k in expected or not expected}
    return {k: v for k, v in index.items() if not k.startswith("_") and k not in plain and isinstance(v, list)}


def order_of(name: str, value: Any) -> Order | str:
    """What an entry asks for; '' when it is empty on purpose, else the reason why it asks for nothing known."""
    if isinstance(value, list) and len(value) >= 2 and all(isinstance(v, str) for v in value[:2]):
        return Order(name, value[0], value[1])
    if isinstance(value, list) and (not value or value[0] is None):
        return ""
    return f"its entry in {INDEX} is not [library, class]"


def find_pipeline(index: dict[str, Any], mirror: Mirror, options: Options, built: Built) -> Any:
    """The pipeline class: the library's own answer first, then the index of its classes; None for custom code."""
    name = class_name(index)
    if isinstance(index.get("_class_name"), list):
        return custom_pipeline(index, mirror, options, built)
    theirs = library.pipeline_class(index)
    if isinstance(theirs, type):
        if not is_dummy(theirs):
            return theirs
        text = f"{name} is not available here: {library.said(makers.attempt(theirs))}"
        built.problems.append(Finding("IPP204", "warning", "pipe", text, fix="install what it names"))
        built.skipped.append(Skip("pipe", text))
        return None
    info = classes.find("diffusers", name)
    message = f"from_pretrained cannot load this folder: {name} does not resolve ({library.said(theirs)})"
    if info is None or info.kind != "pipeline":
        near = [n for n in classes.near(name, "diffusers") if n != name]
        built.problems.append(Finding("IPP207", "error", "pipe", message))
        hint = f"; did you mean {near[0]}?" if near else ""
        built.skipped.append(Skip("pipe", f"the installed diffusers has no pipeline {name}{hint}", failed=True))
        return None
    message += f"; built from {info.module}.{info.name} instead"
    fix = f"from {info.module} import {info.name}; {info.name}.from_pretrained(FOLDER)"
    built.problems.append(Finding("IPP207", "error", "pipe", message, fix))
    found = imported(info)
    if isinstance(found, type):
        return found
    built.skipped.append(Skip("pipe", f"{info.module} cannot be imported: {library.said(found)}", failed=True))
    return None


def custom_pipeline(index: dict[str, Any], mirror: Mirror, options: Options, built: Built) -> Any:
    """The class of a community pipeline: its code runs only when the user said so."""
    module, name = str(index["_class_name"][0]), class_name(index)
    if not options.trust_remote_code:
        reason = f"{name} is code of this folder ({module}.py); --trust-remote-code runs it"
        built.skipped.append(Skip("pipe", reason))
        built.facts.setdefault("pipe", {})["custom_code"] = True
        return None
    found = makers.attempt(dynamic_class, mirror, "", module, name)
    if isinstance(found, Exception):
        built.skipped.append(Skip("pipe", f"{module}.py: {library.said(found)}", failed=True))
        return None
    return found


def assemble(
    cls: Any, index: dict[str, Any], parts: dict[str, Any], mirror: Mirror, options: Options, built: Built, *,
    resolves: bool,
) -> Any:  # fmt: skip
    """Call the pipeline class: by the library's own ``from_pretrained``, else directly, else not at all (None)."""
    path = str(mirror.folder.root)
    if resolves:
        pipe = emptily(options, library.from_pretrained, cls, mirror.place(""), parts)
        if not isinstance(pipe, Exception):
            pipe.register_to_config(_name_or_path=path)
            return pipe
        built.problems += refusal(cls, mirror.said(pipe), pipe)
    pipe = emptily(options, direct, cls, index, parts)
    if isinstance(pipe, ImportError):  # a part that the class makes for itself (a safety checker) is not installed
        pipe = emptily(options, direct, cls, index, {**unmade(cls, index), **parts})
    if isinstance(pipe, Exception):
        text = f"{cls.__name__} could not be called with these components: {mirror.said(pipe)}"
        built.skipped.append(Skip("pipe", text, failed=True))
        return None
    pipe.register_to_config(_name_or_path=path)
    return pipe


def emptily(options: Options, call: Any, *arguments: Any) -> Any:
    """Call the pipeline's class so that modules it makes for itself hold no weights; the exception if it raises.

    Some copy a buffer from one module into another (AnimateDiff): then buffers go without memory too.
    """
    if options.weights:
        return makers.attempt(call, *arguments)
    for buffers in (False, True):
        with makers.on_meta(buffers=buffers):
            made = makers.attempt(call, *arguments)
        if not (isinstance(made, Exception) and "meta tensor" in str(made)):
            break
    return made


def refusal(cls: Any, said: str, error: Exception) -> list[Finding]:
    """What the library's own loading raised over components that could all be made."""
    if isinstance(error, library.Elsewhere):
        return []
    if isinstance(error, ImportError):
        return [Finding("IPP204", "warning", "pipe", f"{cls.__name__} needs what is not installed: {said}")]
    return [Finding("IPP207", "error", "pipe", f"from_pretrained cannot load this folder: {said}")]


def unmade(cls: Any, index: dict[str, Any]) -> dict[str, Any]:
    """Stand-ins for the optional components that an index leaves empty."""
    names = [n for n in cls._optional_components if not order_of(n, index.get(n))]
    return {n: stand_in(None, "diffusers", n, "the index leaves it empty", {}) for n in names}


def direct(cls: Any, index: dict[str, Any], parts: dict[str, Any]) -> Any:
    """The pipeline class called with what there is: absent components None, absent values the class's defaults."""
    expected, optional = cls._get_signature_keys(cls)
    values, _, _ = cls.extract_init_dict(dict(index))
    given = {k: values[k] for k in optional if k in values and k not in cls._optional_components}
    return cls(**given, **{name: parts.get(name) for name in expected if name not in given})


def build_alone(mirror: Mirror, options: Options) -> Built:
    """One component's folder: its class is what its own JSON says."""
    files = mirror.files("")
    for file in COMPONENT_FILES:
        order = order_from(mirror.folder.json(file), mirror.folder.root.name) if file in files else None
        if order is None:
            continue
        made = make(order, mirror, options)
        if made.obj is None:
            reason = made.skipped[-1].reason if made.skipped else "nothing in it could be built"
            raise InspectError(f"{mirror.folder.root}: {reason}", hint="--static reads it without building")
        built = Built(made.obj, path=order.path)
        built.add(order.path, made)
        return built
    raise InspectError(
        f"{mirror.folder.root}: no {INDEX}, and no JSON here names a class",
        hint="name a pipeline's folder, or the folder of one of its components",
    )


def build_file(path: Path, limits: Limits, private: Path, options: Options) -> Built:
    """One JSON file on its own, whatever its name.

    Raises:
        InspectError: it cannot be read, or names no class.
    """
    with Folder(path.parent, limits) as folder:
        config = folder.json(path.name)
    order = order_from(config, "")
    if order is None:
        raise InspectError(f"{path}: names no class", hint="give a config with a _class_name, or its folder")
    alone = private / "file"
    alone.mkdir()
    (alone / file_for(config)).write_text(json.dumps(config))
    return build_folder(alone, limits, private / "copy", options)


def file_for(config: dict[str, Any]) -> str:
    """The name under which the library would look for this JSON."""
    name = str(config.get("_class_name", ""))
    if name.endswith("Pipeline"):
        return INDEX
    if name.endswith("Scheduler"):
        return "scheduler_config.json"
    if "tokenizer_class" in config and not name:
        return "tokenizer_config.json"
    return "preprocessor_config.json" if config.keys() & {"image_processor_type", "feature_extractor_type"} else "config.json"


def order_from(config: dict[str, Any], folder: str) -> Order | None:
    """The class that a component's own JSON names, as an order for the folder itself."""
    architectures = config.get("architectures")
    named = (
        ("diffusers", config.get("_class_name")),
        ("transformers", architectures[0] if isinstance(architectures, list) and architectures else None),
        ("transformers", config.get("image_processor_type") or config.get("feature_extractor_type")),
        ("transformers", config.get("processor_class") if "tokenizer_class" not in config else None),
        ("transformers", config.get("tokenizer_class")),
    )
    for distribution, name in named:
        if isinstance(name, str) and name:
            scheduler = name.endswith("Scheduler")
            path = "scheduler" if scheduler else folder if folder.isidentifier() else "model"
            return Order("", distribution, name, path)
    return None


def build_class(name: str) -> Built:
    """``class:EulerDiscreteScheduler``: the class with its defaults, no weights.

    Raises:
        InspectError: there is no such class, or it cannot be made without arguments.
    """
    distribution, _, short = name.rpartition(".")
    for candidate in (distribution,) if distribution else ("diffusers", "transformers"):
        info = classes.find(candidate, short)
        if info is not None:
            break
    else:
        near = classes.near(short)
        raise InspectError(
            f"class:{name}: no such class in the installed libraries",
            hint=f"did you mean class:{near[0]}?" if near else "give the name of a diffusers or transformers class",
        )
    cls = getattr(importlib.import_module(info.module), info.name)
    kind = makers.family(cls)
    if kind in ("model", "config"):
        obj = makers.attempt(makers.model if kind == "model" else makers.configured, cls, {})
    elif kind == "transformers":
        obj = makers.attempt(transformers_default, cls)
    else:
        obj = makers.attempt(cls)
    if isinstance(obj, Exception):
        raise InspectError(
            f"class:{name} cannot be made without arguments: {library.said(obj)}",
            hint="give a folder with its config instead",
        )
    return Built(obj)


def transformers_default(cls: Any) -> Any:
    import torch

    with torch.device("meta"):
        made = cls._from_config(cls.config_class())
    return made.eval()


def build_demo(name: str) -> Built:
    """A demo that is a live object: made from its folder, then changed."""
    from inspector import demo

    obj = demo.live(name)
    return Built(obj, fresh=False, disk=known_disk(obj, Limits()))


def build_factory(target: str) -> Built:
    """``py:module:factory``: the user's own code makes the object, or is the object."""
    module, _, name = target.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise InspectError(f"py:{target}: {library.said(error)}", hint="py:MODULE:FUNCTION, importable from here") from error
    obj = found() if callable(found) and not hasattr(type(found), "config_name") else found
    return Built(obj, fresh=False, disk=known_disk(obj, Limits()))


def known_disk(obj: Any, limits: Limits) -> dict[str, dict[str, Any]]:
    """The JSON that a live pipeline was loaded from, when its folder is still there."""
    config = vars(obj).get("_internal_dict", {}) if hasattr(obj, "__dict__") else {}
    path = config.get("_name_or_path") if isinstance(config, dict) else None
    if not isinstance(path, str) or not (Path(path) / INDEX).is_file():
        return {}
    disk: dict[str, dict[str, Any]] = {}
    with Folder(Path(path), limits) as folder:
        for name in ("", *[n for n in dict.keys(config) if not n.startswith("_")]):
            files = (INDEX,) if not name else [f"{name}/{f}" for f in COMPONENT_FILES]
            for file in files:
                if file in folder.entries:
                    try:
                        disk[name or "pipe"] = folder.json(file)
                    except ReadError:  # a folder that broke since it was loaded says nothing of the live object
                        continue
                    break
    return disk
