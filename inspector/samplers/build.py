"""A preset on a model → the real scheduler, made by the real class, and what that class takes."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.models import Model
from inspector.samplers.presets import Preset, call_for, kwargs_for


class Missing(Exception):  # noqa: N818 (no fault of anyone: a package that is not installed)
    """The class is there in name only; ``reason`` says which package it wants."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: a preset on a model. ``over`` is laid over the preset's kwargs.

    In a run over everything: ``why`` it is checked there, the numbers of ``steps``, and those at which to ``solve``.
    """

    preset: Preset
    model: Model
    over: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    steps: tuple[int, ...] = ()
    solve: tuple[int, ...] = ()

    @property
    def kwargs(self) -> dict[str, Any]:
        """What the class gets beside the model's config.

        Raises:
            InspectError: the preset cannot run on such a model.
        """
        return {**kwargs_for(self.preset, self.model.config, self.model.mu), **self.over}


@cache
def class_of(name: str) -> Any:
    """The real class of the installed diffusers.

    Raises:
        Missing: a package that the class needs is not installed.
    """
    import diffusers

    cls = getattr(diffusers, name, None)
    if cls is None:
        raise Missing(f"diffusers {diffusers.__version__} has no {name}")
    backends = [b for b in getattr(cls, "_backends", ()) if not _installed(b)]
    if backends:
        raise Missing(f"{name} needs {' and '.join(backends)}, which is not installed")
    return cls


def class_for(preset: Preset) -> Any:
    """The class that a preset makes.

    Raises:
        Missing: a package that the class needs is not installed.
    """
    return class_of(preset.cls) if preset.own is None else preset.own


def need_scipy() -> None:
    """Refuse before the work what cannot be judged: some of the float64 schedules are quantiles that scipy computes.

    Raises:
        InspectError: scipy is not installed (exit 2).
    """
    if not _installed("scipy"):
        message = "scipy is not installed: the schedules that presets are held against need it"
        raise InspectError(message, hint='pip install "scipy>=1.10"', exit_code=EXIT_USAGE)


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


@cache
def parameters(cls: Any, method: str = "__init__") -> dict[str, Any]:
    """What a method takes by name, with its defaults."""
    found = inspect.signature(getattr(cls, method)).parameters
    return {k: p.default for k, p in found.items() if k != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}


def make(cls: Any, preset: Preset, model: Model, kwargs: Mapping[str, Any]) -> Any:
    """A new scheduler, as the preset says it is built; whatever the class raises comes through."""
    if preset.built == "constructor":
        return cls(**{k: model.config[k] for k in preset.inherits if k in model.config} | dict(kwargs))
    return cls.from_config(dict(model.config), **kwargs)


def _key(cls: Any, preset: Preset, model: Model, kwargs: Mapping[str, Any]) -> str:
    inherits = None if preset.built == "from_config" else list(preset.inherits)
    return json.dumps(
        [f"{cls.__module__}.{cls.__qualname__}", inherits, dict(model.config), dict(kwargs)],
        sort_keys=True,
        default=repr,
    )


class Workshop:
    """Schedulers by class, config and kwargs, each made once (some constructors take 0.3 s) and then only copied."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._known: dict[tuple[int, str], Any] = {}

    def get(self, cls: Any, preset: Preset, model: Model, kwargs: Mapping[str, Any]) -> Any:
        """The scheduler, or the exception that making it raises (raised again every time)."""
        key = _key(cls, preset, model, kwargs)
        if key not in self._made:
            try:
                self._made[key] = make(cls, preset, model, kwargs)
            except Exception as error:  # noqa: BLE001 (the exception is the answer)
                self._made[key] = error
        found = self._made[key]
        if isinstance(found, Exception):
            raise found
        return found

    def adopt(self, scheduler: Any, over: Mapping[str, Any]) -> Subject:
        """A scheduler that is there already, as what is checked: its class's formulas, its own config."""
        from inspector.samplers.expected import FAMILIES, WITHOUT

        names = [c.__name__ for c in type(scheduler).__mro__]
        name = next((n for n in names if n in FAMILIES or n in WITHOUT), names[0])
        config = {**{k: v for k, v in dict.items(scheduler.config) if not k.startswith("_")}, "_class_name": name}
        made = type(scheduler).from_config(scheduler.config, **over) if over else copy.deepcopy(scheduler)
        preset = Preset(names[0], names[0], name, {})
        model = Model("own config", config, None, "a live scheduler")
        self._made[_key(class_of(name), preset, model, dict(over))] = made
        return Subject(preset, model, over)

    def working(self, made: Any) -> Any:
        """The copy that is run, the same one every time: runs of many lengths reuse it."""
        return self.once(made, "working", lambda: copy.deepcopy(made))

    def once(self, about: Any, what: str, find: Callable[[], Any]) -> Any:
        """Something that is found out once about a scheduler of this workshop, or a model."""
        key = (id(about), what)
        if key not in self._known:
            self._known[key] = about, find()  # held, so that the id stays its own
        return self._known[key][1]


def call_of(subject: Subject, steps: int) -> dict[str, Any]:
    """The keywords of ``set_timesteps`` for this run; a model with ``mu`` has pipelines that pass it to any class."""
    call = call_for(subject.preset, steps, sdxl=subject.model.name == "sdxl")
    if subject.model.mu is not None:
        call["mu"] = subject.model.mu
    if not {"sigmas", "timesteps"} & call.keys():
        return {"num_inference_steps": steps, **call}
    return call
