"""What became of the options: not taken by the class, without effect, or lost on the way from the model's config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.samplers.build import Missing, Subject, Workshop, call_of, class_for, class_of, parameters
from inspector.samplers.grid import Grid, observe
from inspector.samplers.models import Model
from inspector.samplers.trail import held, trail

STEPS = 7
"""How many steps tell whether an option matters: odd, and few enough for the rules that hold below 15."""
RENAMED = {"shift": "flow_shift", "use_dynamic_shifting": "flow_shift"}
"""A setting of flow models -> what carries it over in the classes of the DPM family."""
SPACING = ("timestep_spacing", "steps_offset")


@dataclass(slots=True)
class Options:
    """``unknown``: keys the class does not take. ``inert``: taken, and nothing is different without it; ``already``
    where it has the value it would have anyway. ``lost``: a setting that counts in the model's own class and that this
    class does not take.
    """

    unknown: list[dict[str, Any]] = field(default_factory=list)
    inert: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)


def options_of(subject: Subject, shop: Workshop) -> Options:
    """Try each option: make the scheduler without it and see whether sigmas, timesteps or steps are different."""
    found = Options()
    try:
        cls = class_for(subject.preset)
    except Missing:
        return found
    kwargs, taken = subject.kwargs, parameters(cls)
    for key, value in kwargs.items():
        if key not in taken:
            found.unknown.append({"key": key, "value": value, "near": _near(key, taken)})
        elif why := _inert(subject, shop, cls, kwargs, key):
            found.inert.append({"key": key, "value": value, "already": why == "already"})
    if subject.preset.built == "from_config":
        counts = counting(subject.model, shop).items()
        lacking = [(k, v) for k, v in counts if k not in taken and not _carried(k, kwargs)]
        found.lost = [{"key": k, **v} for k, v in lacking if _unread(subject, shop, cls, kwargs, k)]
    return found


def _near(key: str, taken: Mapping[str, Any]) -> str | None:
    from difflib import get_close_matches

    whole = next((k for k in taken if k.startswith(f"{key}_")), None)  # use_karras, the best known one
    near = [whole] if whole else get_close_matches(key, taken, n=1, cutoff=0.8)
    return near[0] if near else None


def _carried(key: str, kwargs: Mapping[str, Any]) -> bool:
    return RENAMED.get(key) in kwargs


def _inert(subject: Subject, shop: Workshop, cls: Any, kwargs: Mapping[str, Any], key: str) -> str:
    """``already``, ``same``, or empty where the option does something."""
    without = {k: v for k, v in kwargs.items() if k != key}
    try:
        mine = shop.get(cls, subject.preset, subject.model, kwargs)
    except Exception:  # noqa: BLE001 (that is a finding of its own)
        return ""
    try:
        other = shop.get(cls, subject.preset, subject.model, without)
    except Exception:  # noqa: BLE001 (without it the class raises: it does something)
        return ""
    if dict.get(other.config, key) == kwargs[key]:
        return "already"
    call = call_of(subject, STEPS)
    grids = [shop.once(s, f"grid of {sorted(call)}", lambda s=s: held(shop.working(s), call)) for s in (mine, other)]  # type: ignore[misc]
    if grids[0] != grids[1]:
        return ""
    trails = [shop.once(s, "trail", lambda s=s: trail(s, call)) for s in (mine, other)]  # type: ignore[misc]
    return "same" if trails[0] == trails[1] else ""


def _unread(subject: Subject, shop: Workshop, cls: Any, kwargs: Mapping[str, Any], key: str) -> bool:
    """Whether the setting is lost: nothing in the class reads it by name, or the class holds the same without it (a key
    that ``__init__`` does not take may be read all the same, from the config)."""
    from inspector.reads import class_reads

    if key not in class_reads(cls):
        return True
    rest = {k: v for k, v in subject.model.config.items() if k != key}
    try:
        mine = shop.get(cls, subject.preset, subject.model, kwargs)
        other = shop.get(cls, subject.preset, replace(subject.model, config=rest), kwargs)
    except Exception:  # noqa: BLE001 (that is a finding of its own)
        return False
    call = call_of(subject, STEPS)
    grids = [shop.once(s, f"grid of {sorted(call)}", lambda s=s: held(shop.working(s), call)) for s in (mine, other)]  # type: ignore[misc]
    return bool(grids[0] == grids[1])


def counting(model: Model, shop: Workshop) -> dict[str, dict[str, Any]]:
    """The settings of the model's config that change the sigmas or alphas of its own class: key -> value, owner."""
    found: dict[str, dict[str, Any]] = shop.once(model, "counting", lambda: _counting(model))
    return found


def _counting(model: Model) -> dict[str, dict[str, Any]]:
    from inspector import classes

    name = model.config.get("_class_name")
    if not isinstance(name, str) or name not in {c.name for c in classes.schedulers()}:
        return {}
    try:
        owner = class_of(name)
        whole = _seen(owner, model.config, model)
    except Exception:  # noqa: BLE001 (nothing can be told of an owner that does not run)
        return {}
    found = {}
    for key in [k for k in model.config if not k.startswith("_")]:
        rest = {k: v for k, v in model.config.items() if k != key}
        try:
            same = whole == _seen(owner, rest, model)
        except Exception:  # noqa: BLE001 (the owner cannot do without it)
            same = False
        if not same:
            found[key] = {"value": model.config[key], "owner": name}
    return found


def _seen(owner: Any, config: Mapping[str, Any], model: Model) -> Any:
    """The noise levels that the owner makes of a config, in a form that compares: its ᾱ, and sigmas where it keeps any.

    Which whole timesteps a class visits is its own affair (PNDM's warm-up), but for the two settings of spacing.
    """
    made = owner.from_config(dict(config))
    made.set_timesteps(STEPS, **({} if model.mu is None else {"mu": model.mu}))
    grid: Grid = observe(made)
    bars = getattr(made, "alphas_cumprod", None)
    spacing = tuple(dict.get(made.config, k) for k in SPACING)
    levels = b"" if grid.derived else grid.sigmas.tobytes()
    return levels, b"" if bars is None else bars.numpy().tobytes(), spacing
