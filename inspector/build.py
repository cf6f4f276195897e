"""A folder's JSON → the live pipeline without its weights, through the library's own ``from_pretrained``.

Each component is made first (:mod:`inspector.components`). Then the library's own loading is run over the index with
these components in its hands, so that optional components, defaults and type rules are the library's. Where it
refuses, that is IPP207, and the pipeline class is called directly; where that fails too, the parts are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector import classes, library, makers
from inspector.alone import build_alone
from inspector.built import Built, Parts
from inspector.components import make
from inspector.guard import deny_imports
from inspector.lookup import Made, Options, Order, dynamic_class, imported, is_dummy, known
from inspector.mirror import Mirror
from inspector.model import Finding, Skip
from inspector.reading import Folder, Limits
from inspector.remote.facts import Facts
from inspector.sources import INDEX
from inspector.standins import stand_in


def build_folder(root: Path, limits: Limits, private: Path, options: Options, facts: Facts | None = None) -> Built:
    """Build the pipeline, or the one component, that a folder holds.

    Args:
        root: the folder.
        limits: the caps for reading it.
        private: an empty folder of this process, for copies.
        options: with or without weights.
        facts: what the folder lacks, where it is a copy of one elsewhere.

    Raises:
        InspectError: the folder holds neither, or its index cannot be read.
    """
    with Folder(root, limits, facts=facts) as folder:
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
    for name, value in components_of(index, cls, mirror.has_folder).items():
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
    elif options.device and options.weights:
        moved = makers.attempt(built.obj.to, options.device)
        if isinstance(moved, Exception):
            text = f"the pipeline could not be moved to {options.device}: {library.said(moved)}"
            built.skipped.append(Skip("pipe", text, failed=True))
    return built


def class_name(index: dict[str, Any]) -> str:
    """The pipeline's class as the index names it; a custom one is ``[module, class]``."""
    named = index.get("_class_name")
    return str(named[-1] if isinstance(named, list) and named else named)


def components_of(index: dict[str, Any], cls: Any, saved: Callable[[str], bool]) -> dict[str, Any]:
    """The entries that name a component; what the pipeline class takes as a plain value is none (fact 7).

    A component with a default value looks like a plain value to the library, which does not save its folder and hands
    the entry itself to the class (LLaDA2's tokenizer): where the folder is there all the same, it is a component.
    """
    plain: set[str] = set()
    if cls is not None:
        expected, optional = cls._get_signature_keys(cls)
        named = {k for k in optional if names_class(index.get(k)) and saved(k)}
        plain = set(optional) - set(expected) - named
        index = {k: v for k, v in index.items() if k in expected or k in named or not expected}
    return {k: v for k, v in index.items() if not k.startswith("_") and k not in plain and isinstance(v, list)}


def names_class(value: Any) -> bool:
    """Whether this is an entry for a class of the table, wherever it stands."""
    order = order_of("", value)
    return isinstance(order, Order) and classes.find(order.library, order.cls) is not None


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
    if isinstance(theirs, type) and not is_dummy(theirs) and makers.family(theirs) != "pipeline":
        text = f"{INDEX} calls {name} a pipeline, and it is none"
        built.problems.append(Finding("IPI903", "error", "pipe", text, fix="name the pipeline's class"))
        built.skipped.append(Skip("pipe", text, failed=True))
        return None
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
    named = index["_class_name"]
    if len(named) != 2 or not all(isinstance(n, str) and n.isidentifier() for n in named):
        built.skipped.append(Skip("pipe", f"{INDEX}: _class_name is neither a class nor [module, class]", failed=True))
        return None
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
        load = functools.partial(library.from_pretrained, code=options.trust_remote_code)
        pipe = emptily(options, load, cls, mirror.place(""), parts)
        if not isinstance(pipe, Exception):
            pipe.register_to_config(_name_or_path=path)
            return pipe
        built.problems += refusal(cls, mirror.said(pipe), pipe)
    pipe = emptily(options, direct, cls, index, parts)
    if isinstance(pipe, ImportError):  # a part that the class makes for itself (a safety checker) is not installed
        pipe = emptily(options, direct, cls, index, {**parts, **unmade(cls, parts)})
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
    if isinstance(error, library.ElsewhereError):
        return []
    if isinstance(error, ImportError):
        return [Finding("IPP204", "warning", "pipe", f"{cls.__name__} needs what is not installed: {said}")]
    return [Finding("IPP207", "error", "pipe", f"from_pretrained cannot load this folder: {said}")]


def unmade(cls: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """Stand-ins for the optional components that an index leaves empty, or that could not be made."""
    names = [n for n in cls._optional_components if parts.get(n) is None]
    return {n: stand_in(None, "diffusers", n, "there is none that could be made", {}) for n in names}


def direct(cls: Any, index: dict[str, Any], parts: dict[str, Any]) -> Any:
    """The pipeline class called with what there is: absent components None, absent values the class's defaults."""
    expected, optional = cls._get_signature_keys(cls)
    values, _, _ = cls.extract_init_dict(dict(index))
    given = {k: values[k] for k in optional if k in values and k not in cls._optional_components}
    given = {name: parts.get(name) if names_class(value) else value for name, value in given.items()}
    return cls(**given, **{name: parts.get(name) for name in expected if name not in given})
