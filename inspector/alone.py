"""One component that is the whole source: its folder, or its JSON file; its class is what its own JSON says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inspector.built import Built
from inspector.components import make
from inspector.lookup import Options, Order
from inspector.mirror import Mirror
from inspector.model import InspectError
from inspector.reading import Folder, Limits
from inspector.remote.facts import Facts
from inspector.sources import COMPONENT_FILES, INDEX


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


def build_file(path: Path, limits: Limits, private: Path, options: Options, facts: Facts | None = None) -> Built:
    """One JSON file on its own, whatever its name.

    Raises:
        InspectError: it cannot be read, or names no class.
    """
    with Folder(path.parent, limits, facts=facts) as folder:
        config = folder.json(path.name)
    alone = private / "file" / (path.parent.name or "file")
    alone.mkdir(parents=True)
    (alone / file_for(config)).write_text(json.dumps(config))
    with Folder(alone, limits) as folder:
        return build_alone(Mirror(folder, private / "copy"), options)


def file_for(config: dict[str, Any]) -> str:
    """The name under which the library would look for this JSON."""
    name = str(config.get("_class_name", ""))
    if name.endswith("Scheduler"):
        return "scheduler_config.json"
    if "tokenizer_class" in config and not name:
        return "tokenizer_config.json"
    processor = config.keys() & {"image_processor_type", "feature_extractor_type"}
    return "preprocessor_config.json" if processor else "config.json"


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
