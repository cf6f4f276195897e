"""Makes folders of JSON alone for as many of the library's pipeline classes as possible, from their annotations.

No weights, no vocabulary: an index from the pipeline's ``__init__``, each component's config from its class's own
defaults (small where a default would be large). ``python -m tests.gallery FOLDER [CLASS…]`` writes them;
``python -m tests.gallery --sweep`` builds every one of them and prints what could not be built.
"""

from __future__ import annotations

import json
import sys
import tempfile
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What an annotation that names no concrete class stands for.
INSTEAD = {
    "KarrasDiffusionSchedulers": ("diffusers", "EulerDiscreteScheduler"),
    "SchedulerMixin": ("diffusers", "FlowMatchEulerDiscreteScheduler"),
    "AutoTokenizer": ("transformers", "Qwen2Tokenizer"),
    "PreTrainedTokenizerBase": ("transformers", "Qwen2Tokenizer"),
    "PreTrainedTokenizer": ("transformers", "CLIPTokenizer"),
    "PreTrainedTokenizerFast": ("transformers", "CLIPTokenizer"),
    "PythonBackend": ("transformers", "CLIPTokenizer"),
    "TokenizersBackend": ("transformers", "Qwen2Tokenizer"),
    "PreTrainedModel": ("transformers", "CLIPTextModel"),
    "GemmaPreTrainedModel": ("transformers", "GemmaModel"),
    "Gemma2PreTrainedModel": ("transformers", "Gemma2Model"),
    "AutoProcessor": ("transformers", "CLIPImageProcessor"),
    "ProcessorMixin": ("transformers", "Qwen2VLProcessor"),
    "BaseGuidance": ("diffusers", "ClassifierFreeGuidance"),
    "CLIPImageProcessorPil": ("transformers", "CLIPImageProcessor"),
    "SiglipImageProcessorPil": ("transformers", "SiglipImageProcessor"),
    "Siglip2ImageProcessorPil": ("transformers", "Siglip2ImageProcessor"),
    "DPTImageProcessorPil": ("transformers", "DPTImageProcessor"),
    "Any": ("transformers", "CLIPTokenizer"),
}

# Sizes that keep a transformers config small; each is set only where the config has it.
SMALL = {
    "num_hidden_layers": 1, "num_layers": 1, "num_decoder_layers": 1, "hidden_size": 32, "intermediate_size": 64,
    "d_model": 32, "d_ff": 64, "d_kv": 8, "num_heads": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
    "vocab_size": 128, "projection_dim": 32, "head_dim": 8, "n_layer": 1, "n_head": 4, "n_embd": 32,
}  # fmt: skip

# What a class has no default for, or a default that its pipelines cannot use.
FILL: dict[str, Any] = {
    "sample_size": 64, "mask_token_id": 100, "text_encoder_dim": 32, "text_encoder_1_dim": 32,
    "langauge_model_dim": 32, "scale_factor_temporal": 4, "original_rope": True,
}  # fmt: skip


def pipeline_classes() -> dict[str, Any]:
    """Every pipeline class that the installed library can import, by name."""
    import diffusers

    found = {}
    for name in dir(diffusers):
        if "Pipeline" not in name or "Output" in name:
            continue
        cls = getattr(diffusers, name)
        if not isinstance(cls, type) or type(cls).__name__ == "DummyObject" or cls is diffusers.DiffusionPipeline:
            continue
        if issubclass(cls, diffusers.DiffusionPipeline):
            found[name] = cls
    return found


def concrete(annotation: Any) -> Iterator[type]:
    """The classes an annotation allows, in its order."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        for part in typing.get_args(annotation):
            yield from concrete(part)
    elif isinstance(annotation, type):
        yield annotation


def pair_of(cls: type) -> tuple[str, str] | None:
    """``(library, class)`` as an index would name this class."""
    if cls.__name__ in INSTEAD:
        return INSTEAD[cls.__name__]
    if cls in (type(None), list, tuple, dict, str, int, bool, float):
        return None
    import diffusers

    library = cls.__module__.split(".")[0]
    path = cls.__module__.split(".")
    if library == "diffusers" and "pipelines" in path and not hasattr(diffusers, cls.__name__):
        return path[-2], cls.__name__
    return library, cls.__name__


def write(cls: Any, root: Path, *, optional: bool = True) -> dict[str, Any]:
    """Write the folder of one pipeline class; returns its index.

    Args:
        cls: the pipeline class.
        root: where the folder goes.
        optional: fill the optional components too, rather than ``[null, null]``.
    """
    root.mkdir(parents=True, exist_ok=True)
    expected, _ = cls._get_signature_keys(cls)
    annotations = cls._get_signature_types()
    index: dict[str, Any] = {"_class_name": cls.__name__, "_diffusers_version": "0.42.1"}
    for name in sorted(expected):
        index[name] = [None, None]
        if name in cls._optional_components and not optional:
            continue
        options = [t for a in annotations.get(name, ()) for t in concrete(a)]
        for candidate in options:
            pair = pair_of(candidate)
            if pair and component(*pair, cls=candidate, root=root / name):
                index[name] = list(pair)
                break
    (root / "model_index.json").write_text(json.dumps(index, indent=1))
    return index


def component(library: str, name: str, *, cls: type, root: Path) -> bool:
    """Write one component's JSON; False when this class has no settings that could be written."""
    import diffusers
    import transformers

    cls = getattr({"diffusers": diffusers, "transformers": transformers}.get(library), name, cls)
    kinds = {c.__name__ for c in cls.__mro__}
    if "PreTrainedTokenizerBase" in kinds or name.endswith("Tokenizer"):
        dump(root / "tokenizer_config.json", {"tokenizer_class": name, "model_max_length": 77})
    elif kinds & {"ImageProcessingMixin", "FeatureExtractionMixin", "ProcessorMixin"}:
        dump(root / "preprocessor_config.json", {"image_processor_type": name})
    elif "PreTrainedModel" in kinds:
        dump(root / "config.json", transformers_config(cls))
    elif "ConfigMixin" in kinds:
        config = defaults(cls)
        file = getattr(cls, "config_name", None) or "config.json"
        dump(root / file, {"_class_name": name, "_diffusers_version": "0.42.1", **config})
    else:
        return False
    return True


def dump(path: Path, config: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=1, default=str))


def defaults(cls: type) -> dict[str, Any]:
    """The defaults of a diffusers class's ``__init__``."""
    import inspect

    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    plain = (bool, int, float, str, list, tuple, type(None))
    found = {p.name: p.default for p in parameters if p.default is not p.empty and isinstance(p.default, plain)}
    return {**found, **{p.name: FILL[p.name] for p in parameters if p.name in FILL and found.get(p.name) is None}}


def transformers_config(cls: Any) -> dict[str, Any]:
    """The default config of a transformers class, made small."""
    config = cls.config_class().to_dict()
    shrink(config)
    return {**config, "architectures": [cls.__name__]}


def shrink(config: dict[str, Any]) -> None:
    for key, value in config.items():
        if isinstance(value, dict):
            shrink(value)
        elif key in SMALL and isinstance(value, int) and not isinstance(value, bool):
            config[key] = min(value, SMALL[key])
    layers = config.get("num_hidden_layers")
    if isinstance(layers, int) and isinstance(config.get("layer_types"), list):
        config["layer_types"] = config["layer_types"][:layers]


def build(cls: Any) -> Any:
    """Write one class's folder and build it from its JSON alone, in this process."""
    from inspector.build import build_folder
    from inspector.lookup import Options
    from inspector.reading import Limits

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as private:
        write(cls, Path(folder) / cls.__name__)
        return build_folder(Path(folder) / cls.__name__, Limits(), Path(private), Options())


def sweep(names: list[str]) -> int:
    """Build every folder and print what was not built, and every problem; returns how many were not."""
    from inspector.built import Parts

    classes = pipeline_classes()
    failed = 0
    for name in names or classes:
        built = build(classes[name])
        reasons = [f"{s.where}: {s.reason}" for s in built.skipped if s.failed]
        if isinstance(built.obj, Parts) or reasons:
            failed += isinstance(built.obj, Parts)
            print(name, "NOT BUILT" if isinstance(built.obj, Parts) else "built", *reasons, sep="\n    ")
        for problem in built.problems:
            print(name, problem.code, problem.where, problem.message, sep=" | ")
    print(f"{len(names or classes) - failed} of {len(names or classes)} built")
    return failed


if __name__ == "__main__":
    from inspector.worker import prepare

    prepare()
    if sys.argv[1:2] == ["--sweep"]:
        raise SystemExit(bool(sweep(sys.argv[2:])))
    target, *wanted = sys.argv[1:]
    for one, pipeline in pipeline_classes().items():
        if not wanted or one in wanted:
            write(pipeline, Path(target) / one)
