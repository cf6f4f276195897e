"""Every setting of one live object in all its places: disk, default, item, attr, live."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from inspector.model import Kind, Setting, Value
from inspector.observe.plain import type_name, value_of
from inspector.observe.state import is_module, live

_INTERNAL = frozenset({"_FrozenDict__frozen"})


def mro_names(obj: Any) -> set[str]:
    return {c.__name__ for c in type(obj).__mro__}


def is_pipeline(obj: Any) -> bool:
    """Design, fact 7: a pipeline is an object whose class keeps its config in ``model_index.json``."""
    return getattr(type(obj), "config_name", None) == "model_index.json" and not isinstance(obj, type)


def kind_of(obj: Any) -> Kind:
    """What a component is, from its class's bases; no library is imported to tell."""
    if is_pipeline(obj):
        return "pipeline"
    names = mro_names(obj)
    if "SchedulerMixin" in names or getattr(type(obj), "config_name", None) == "scheduler_config.json":
        return "scheduler"
    if "ModelMixin" in names:
        return "model"
    if names & {"PreTrainedModel"}:
        return "transformers"
    if any(n.startswith("PreTrainedTokenizer") for n in names):
        return "tokenizer"
    if names & {"ImageProcessingMixin", "FeatureExtractionMixin", "ProcessorMixin"}:
        return "processor"
    return "model" if is_module(obj) and "ConfigMixin" in names else "other"


def library_pair(obj: Any) -> tuple[str | None, str | None]:
    """The ``(library, class)`` under which the library itself would write this object into a model_index.json."""
    if obj is None:
        return None, None
    from diffusers.pipelines.pipeline_loading_utils import _fetch_class_library_tuple

    library, name = _fetch_class_library_tuple(obj)
    return library, name


def defaults_of(cls: type) -> dict[str, Any]:
    """The parameters of ``__init__`` with their defaults (``inspect.Parameter.empty`` where there is none)."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    return {p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def settings_of(obj: Any, disk: Mapping[str, Any] | None) -> tuple[Setting, ...]:
    disk = {k: v for k, v in (disk or {}).items() if not k.startswith("_")}
    if "_internal_dict" in live(obj):
        return config_mixin_settings(obj, disk)
    config = live(obj).get("config")
    if config is not None and any(n in mro_names(config) for n in ("PretrainedConfig", "PreTrainedConfig")):
        return transformers_settings(config, disk)
    held = live(obj)
    return tuple(
        Setting(k, disk=value_of(v), live=value_of(held[k]) if k in held else None, accepted=True)
        for k, v in disk.items()
    )


def config_mixin_settings(obj: Any, disk: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Diffusers: items and attributes of the FrozenDict are two separate stores (design, fact 2)."""
    config, held = live(obj)["_internal_dict"], live(obj)
    items = dict(dict.items(config))
    attributes = {k: v for k, v in live(config).items() if k not in _INTERNAL}
    defaults = defaults_of(type(obj))
    flagged = set(items.get("_use_default_values") or ())
    ignored = set(getattr(type(obj), "ignore_for_config", ()))
    pipeline = is_pipeline(obj)
    components = set(type(obj)._get_signature_keys(type(obj))[0]) if pipeline else set()
    found = []
    for name in dict.fromkeys([*defaults, *disk, *items, *attributes]):
        if name.startswith("_") or name in ignored:
            continue
        is_component = pipeline and (name in components or is_pair(items.get(name)) or is_pair(disk.get(name)))
        found.append(
            Setting(
                name,
                disk=place(disk, name),
                default=None if defaults.get(name) is inspect.Parameter.empty else place(defaults, name),
                item=place(items, name),
                attr=place(attributes, name),
                live=pair_value(held[name]) if is_component and name in held else place(held, name),
                defaulted=name in flagged,
                accepted=name in defaults,
                role="component" if is_component else "value",
            )
        )
    return tuple(found)


def is_pair(value: Any) -> bool:
    """``[library, class]`` as in a model_index.json; both are None for an absent component."""
    return isinstance(value, list | tuple) and len(value) == 2 and all(v is None or isinstance(v, str) for v in value)


def pair_value(component: Any) -> Value:
    """A live component under the name the library would save it by."""
    if isinstance(component, list | tuple):
        return Value(type_name(component), [list(library_pair(c)) for c in component])
    return Value(type_name(component), list(library_pair(component)))


def place(where: Mapping[str, Any], name: str) -> Value | None:
    return value_of(where[name]) if name in where else None


def transformers_settings(config: Any, disk: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Transformers: one store, read and saved from the same attributes; the defaults are those of a bare config."""
    held = {k: nested(v) for k, v in live(config).items() if not k.startswith("_")}
    try:
        defaults = {k: nested(v) for k, v in live(type(config)()).items()}
    except Exception:  # noqa: BLE001 (a config class may demand arguments; then it has no defaults to show)
        defaults = {}
    return tuple(
        Setting(k, disk=place(disk, k), default=place(defaults, k), attr=place(held, k), accepted=k in held)
        for k in dict.fromkeys([*disk, *held])
    )


def nested(value: Any) -> Any:
    """A config inside a config as a dict of its attributes, so that it compares with the JSON."""
    if hasattr(type(value), "to_diff_dict"):
        return {k: nested(v) for k, v in live(value).items() if not k.startswith("_")}
    return value
