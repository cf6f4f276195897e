"""What a live object is, beside its settings: device, dtype, size, hooks, adapters, quantization, tensors."""

from __future__ import annotations

from typing import Any

from inspector.observe.plain import plain, type_name

_PLUMBING = frozenset({"_internal_dict", "training", "_gradient_checkpointing_func", "_forward_hooks_always_called"})
"""Attributes of every module or ConfigMixin that say nothing about this one."""


def live(obj: Any) -> dict[str, Any]:
    """``vars(obj)`` without running any ``__getattr__`` or property of the object (design, fact 3)."""
    try:
        attributes: dict[str, Any] = object.__getattribute__(obj, "__dict__")
    except AttributeError:  # a class with __slots__ only
        return {}
    return attributes


def is_module(obj: Any) -> bool:
    """Whether this is a ``torch.nn.Module``, told without importing torch."""
    return any(c.__module__.startswith("torch.nn.modules.module") and c.__name__ == "Module" for c in type(obj).__mro__)


def is_tensor(value: Any) -> bool:
    return hasattr(type(value), "untyped_storage") or (
        type(value).__module__.partition(".")[0] == "numpy"
        and hasattr(value, "tobytes")
        and getattr(value, "ndim", 0) > 0
    )


def state_of(obj: Any, settings: set[str]) -> dict[str, Any]:
    """The state of one component as plain data; names in ``settings`` are reported as settings, not here."""
    facts: dict[str, Any] = module_state(obj) if is_module(obj) else {}
    tensors, attributes = {}, {}
    for name, value in live(obj).items():
        if name in settings or name in _PLUMBING or is_module(value):
            continue
        if is_tensor(value) or any(is_tensor(v) or is_module(v) for v in members(value)):
            tensors[name] = plain(value)
        elif "_internal_dict" in live(value):  # a helper with a config of its own: VaeImageProcessor
            attributes[name] = {"class": type_name(value), **plain(live(value)["_internal_dict"])}
            attributes[name].pop("_use_default_values", None)
        elif not is_module(obj) or not name.startswith("_"):
            attributes[name] = plain(value)
    if tensors:
        facts["tensors"] = tensors
    if attributes:
        facts["attributes"] = attributes
    return facts


def members(value: Any) -> list[Any]:
    """What a plain container holds; nothing of anything else."""
    if isinstance(value, dict):
        return list(dict.values(value))
    return list(value) if isinstance(value, list | tuple | set) else []


def module_state(module: Any) -> dict[str, Any]:
    parameters = list(module.parameters())
    devices = {str(p.device) for p in parameters}
    dtypes = {str(p.dtype).removeprefix("torch.") for p in parameters if p.dtype.is_floating_point}
    facts: dict[str, Any] = {
        "device": one_or_all(devices),
        "dtype": one_or_all(dtypes),
        "parameters": sum(p.numel() for p in parameters),
        "training": bool(module.training),
    }
    more = {
        "hooks": hooks_of(module),
        "offload": offload_of(module),
        "adapters": adapters_of(module),
        "quantization": quantization_of(module),
    }
    return {**facts, **{name: found for name, found in more.items() if found}}


def one_or_all(names: set[str]) -> Any:
    return next(iter(names)) if len(names) == 1 else sorted(names) or None


def hooks_of(module: Any) -> dict[str, int]:
    """How many hooks of each class hang on the module and its children: accelerate's, diffusers', torch's own."""
    counted: dict[str, int] = {}
    for child in module.modules():
        attributes = live(child)
        found = [attributes["_hf_hook"]] if "_hf_hook" in attributes else []
        if "_diffusers_hook" in attributes:
            found += list(getattr(attributes["_diffusers_hook"], "hooks", {}).values())
        for slot in ("_forward_hooks", "_forward_pre_hooks"):
            found += list(attributes.get(slot, {}).values())
        for hook in found:
            name = type_name(hook) if not callable(hook) or hasattr(hook, "forward") else plain(hook)
            counted[str(name)] = counted.get(str(name), 0) + 1
    return counted


def offload_of(module: Any) -> str | None:
    """``model`` (accelerate CpuOffload), ``sequential`` (AlignDevicesHook with offload), ``group``, or none."""
    for child in module.modules():
        hook = live(child).get("_hf_hook")
        if hook is not None and type(hook).__name__ == "CpuOffload":
            return "model"
        if hook is not None and getattr(hook, "offload", False):
            return "sequential"
        registry = live(child).get("_diffusers_hook")
        if registry is not None and any("group_offload" in str(k) for k in getattr(registry, "hooks", {})):
            return "group"
    return None


def adapters_of(module: Any) -> dict[str, Any]:
    """Loaded adapters: PEFT (LoRA and its kin) with their scales, and IP-Adapter with its scales."""
    found: dict[str, Any] = {}
    for name, config in (live(module).get("peft_config") or {}).items():
        kind = plain(getattr(config, "peft_type", "PEFT"))
        found[name] = {
            "type": kind,
            "rank": plain(getattr(config, "r", None)),
            "scale": [],
            "active": False,
            "merged": False,
        }
    for child in module.modules():
        scaling = live(child).get("scaling")
        if found and isinstance(scaling, dict):
            for name in found.keys() & scaling.keys():
                scale = plain(scaling[name])
                if scale not in found[name]["scale"]:
                    found[name]["scale"].append(scale)
                found[name]["active"] |= name in (plain(getattr(child, "active_adapters", None)) or [])
                found[name]["merged"] |= name in (live(child).get("merged_adapters") or [])
    scales = [
        plain(live(child)["scale"])
        for child in module.modules()
        if type(child).__name__.startswith("IPAdapter") and "scale" in live(child)
    ]
    if scales:
        found["ip_adapter"] = {"type": "IP-Adapter", "layers": len(scales), "scale": scales[0]}
    return found


def quantization_of(module: Any) -> str | None:
    method = live(module).get("quantization_method")
    if method is None and (quantizer := live(module).get("hf_quantizer")) is not None:
        method = type(quantizer).__name__
    return None if method is None else str(plain(method))
