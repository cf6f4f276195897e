"""One component from its class and its JSON, exactly as the library makes it, but without its weights.

Diffusers models are made under the same two contexts as in ``from_pretrained`` (no initialisation, parameters on
the meta device), transformers models from their config on the meta device, schedulers and guiders for real.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONFIG_FILES = {
    "scheduler": "scheduler_config.json",
    "tokenizer": "tokenizer_config.json",
    "processor": "preprocessor_config.json",
    "pipeline": "model_index.json",
}


def family(cls: type) -> str:
    """How a class is made: ``model``, ``transformers``, ``tokenizer``, ``processor``, ``config``, ``several`` or ''."""
    names = {c.__name__ for c in cls.__mro__}
    if "DiffusionPipeline" in names:
        return "pipeline"
    if "ModelMixin" in names:
        # a list of models saved side by side (MultiControlNetModel) is a module without a config of its own
        return "model" if "ConfigMixin" in names else "several"
    if "ConfigMixin" in names:
        return "config"
    if "PreTrainedModel" in names:
        return "transformers"
    if "PreTrainedTokenizerBase" in names:
        return "tokenizer"
    if names & {"ImageProcessingMixin", "FeatureExtractionMixin", "ProcessorMixin", "BaseVideoProcessor"}:
        return "processor"
    return ""


def config_file(cls: type) -> str:
    """The name of the JSON in which this class keeps its settings."""
    kind = family(cls)
    if kind in ("config", "model", "pipeline"):
        return str(getattr(cls, "config_name", None) or "config.json")
    return CONFIG_FILES.get(kind, "config.json")


def model(cls: Any, config: dict[str, Any], path: str = "") -> Any:
    """A diffusers model: every setting as ``from_pretrained`` leaves it, parameters on the meta device."""
    from accelerate import init_empty_weights
    from diffusers.models import modeling_utils

    skip = getattr(modeling_utils, "no_init_weights", None)
    with skip() if skip else init_empty_weights(), init_empty_weights():
        made = cls.from_config(copy.deepcopy(config))
    made.register_to_config(_name_or_path=path)
    made.eval()
    return made


def configured(cls: Any, config: dict[str, Any]) -> Any:
    """A scheduler, a guider: made for real from its JSON."""
    return cls.from_config(copy.deepcopy(config))


def several(cls: Any, members: list[Any]) -> Any:
    """A list of models saved side by side (``controlnet``, ``controlnet_1``, …)."""
    made = cls(members)
    made.eval()
    return made


def transformers_model(cls: Any, folder: Path, path: str = "", dtype: str | None = None) -> Any:
    """A transformers model from the config in ``folder``, on the meta device.

    Args:
        cls: the model class.
        folder: a private folder with its ``config.json``.
        path: the folder the user gave, to be named in the config.
        dtype: the type of the weights in the file, for a config that does not tell.
    """
    config = cls.config_class.from_pretrained(str(folder), local_files_only=True)
    config.name_or_path = path
    return on_meta_device(cls, config, dtype)


def on_meta_device(cls: Any, config: Any, dtype: str | None = None) -> Any:
    """A transformers model of a config, on the meta device; the config's own type comes before ``dtype``."""
    import torch

    wanted = getattr(config, "dtype", None) or getattr(config, "torch_dtype", None) or dtype or "float32"
    wanted = getattr(torch, wanted) if isinstance(wanted, str) else wanted
    # ChatGLM asks for memory itself, on the device it is told
    place = {"device": "meta"} if "device" in inspect.signature(cls.__init__).parameters else {}
    with torch.device("meta"):
        made = cls._from_config(config, dtype=wanted, **place)
    made.eval()
    return made


def from_files(cls: Any, folder: Path, path: str = "") -> Any:
    """A tokenizer or processor from its own files in a private folder; ``path`` is the folder the user gave."""
    made = cls.from_pretrained(str(folder), local_files_only=True)
    if "name_or_path" in vars(made):
        made.name_or_path = path
        getattr(made, "init_kwargs", {})["name_or_path"] = path
    return made


def missing_words(cls: Any, files: list[str]) -> list[str]:
    """The vocabulary files a tokenizer class needs and the folder does not have; none when it needs none."""
    named = dict(getattr(cls, "vocab_files_names", None) or {})
    whole = named.pop("tokenizer_file", "tokenizer.json")
    if whole in files or (not named and "tokenizer_file" not in (getattr(cls, "vocab_files_names", None) or {})):
        return []
    return sorted({f for f in named.values() if f not in files} or ({whole} if not named else set()))


def loaded(cls: Any, folder: Path, torch_dtype: Any, variant: str | None) -> Any:
    """The real thing with its weights, as ``from_pretrained`` loads it; never from a pickle."""
    options: dict[str, Any] = {"local_files_only": True}
    if family(cls) in ("model", "several", "transformers"):
        options["use_safetensors"] = True
        options["dtype" if family(cls) == "transformers" else "torch_dtype"] = torch_dtype
        if variant:
            options["variant"] = variant
    return cls.from_pretrained(str(folder), **options)


def on_meta(*, buffers: bool = False) -> Any:
    """Inside, modules that a pipeline makes of its components (AnimateDiff's) get no memory either."""
    from accelerate import init_empty_weights

    return init_empty_weights(include_buffers=buffers)


def attempt(make: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What ``make`` returns, or the exception it raised: libraries raise anything on a strange config."""
    try:
        return make(*arguments, **named)
    except Exception as error:  # noqa: BLE001 (the exception is the answer)
        return error
