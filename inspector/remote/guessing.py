"""Which files a folder may hold that its server does not list: the names that the libraries give their files."""

from __future__ import annotations

import json
from typing import Any

from inspector.sources import COMPONENT_FILES

_WEIGHTS = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}
_ENDINGS = (
    ".safetensors",
    ".fp16.safetensors",
    ".safetensors.index.json",
    ".safetensors.index.fp16.json",
    ".fp16.safetensors.index.json",
)
_TOKENIZER = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
)
_MODEL = ("config.json", "generation_config.json")
_PICKLED = {"diffusers": "diffusion_pytorch_model.bin", "transformers": "pytorch_model.bin"}
_SHARDS = 1000

Declared = dict[str, tuple[str, str]]
"""Component → the library and the class that ``model_index.json`` names."""


def declared(text: bytes) -> Declared:
    """The components that a ``model_index.json`` names; none when it is no such file."""
    try:
        index = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    pairs = index.items() if isinstance(index, dict) else ()
    return {name: (value[0], value[1]) for name, value in pairs if _pair(value) and "/" not in name}


def _pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)


def usual(library: str = "", name: str = "") -> list[str]:
    """The files that a component of a class may have; of an unknown class, those of all."""
    if name.endswith("Scheduler"):
        return ["scheduler_config.json"]
    if name.endswith(("Tokenizer", "TokenizerFast")):
        return list(_TOKENIZER)
    if any(part in name for part in ("ImageProcessor", "VideoProcessor", "FeatureExtractor")):  # …Fast, …Pil
        return ["preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"]
    libraries = [library] if library in _WEIGHTS else list(_WEIGHTS)
    weights = [_WEIGHTS[known] + ending for known in libraries for ending in _ENDINGS]
    pickled = [_PICKLED[known] for known in libraries]
    if library in _WEIGHTS and not name.endswith("Processor"):
        return [*_MODEL, *weights, *pickled]
    return list(dict.fromkeys([*COMPONENT_FILES, *_MODEL, *_TOKENIZER, *weights, *pickled]))


def shards(text: bytes) -> list[str]:
    """The files that the index of sharded weights names."""
    try:
        places = json.loads(text)["weight_map"].values()
        names = sorted({place for place in places if isinstance(place, str) and "/" not in place})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # whoever reads the file says so
        return []
    return names[:_SHARDS]
