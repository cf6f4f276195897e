"""A scheduler class and what is passed to it: as hypothesis draws it, as people write it, as JSON keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from inspector.strategies.classes import checkable, require, signature
from inspector.strategies.parameters import exotic, required, values, varied

MOST = 8
"""Settings a drawn config names beside those passed by position: faults that need more are not known."""
MORE = 4
"""A config goes on to another setting with MORE to 1."""
SLOW = frozenset({"DPMSolverSDEScheduler", "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler",
                  "ScoreSdeVeScheduler"})  # fmt: skip
"""Classes whose constructor takes 20 to 200 ms for the usual 1000 training steps: nine in ten configs say fewer."""
FEW = 25


@dataclass(frozen=True, slots=True)
class SchedulerConfig:
    """A class with its keyword arguments; unpacks as the pair ``cls, kwargs``.

    The first ``positional`` of ``kwargs`` are the first parameters of the class and are passed without their names.
    """

    cls: Any
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    positional: int = 0

    def __iter__(self) -> Iterator[Any]:
        return iter((self.cls, dict(self.kwargs)))

    def build(self) -> Any:
        """The scheduler; whatever its class raises comes through."""
        passed = list(self.kwargs.values())[: self.positional]
        return self.cls(*passed, **dict(list(self.kwargs.items())[self.positional :]))

    @property
    def by_position(self) -> tuple[str, ...]:
        return tuple(self.kwargs)[: self.positional]

    def __repr__(self) -> str:
        from inspector.strategies.literals import source

        given = [source(v) for v in list(self.kwargs.values())[: self.positional]]
        given += [f"{k}={source(v)}" for k, v in list(self.kwargs.items())[self.positional :]]
        return f"{self.cls.__name__}({', '.join(given)})"


def scheduler_configs(cls: Any = None, *, positional: bool = True, odd: bool = False) -> Any:
    """A strategy for configs that a class's constructor accepts, from its real signature.

    Args:
        cls: a scheduler class; any that can be checked here when left out.
        positional: whether the first parameters may be passed without their names.
        odd: whether one value may be a tuple, a numpy scalar or array, or not finite.

    Raises:
        InspectError: hypothesis is not installed.
    """
    st = require()
    if cls is None:
        return st.sampled_from(list(checkable()[0].values())).flatmap(
            lambda c: scheduler_configs(c, positional=positional, odd=odd)
        )
    return drawn(cls, positional, odd).filter(accepted)


def accepted(config: SchedulerConfig) -> bool:
    """Whether the constructor takes it."""
    try:
        config.build()
    except Exception:  # noqa: BLE001 (a refusal, whatever its type)
        return False
    return True


@cache
def drawn(cls: Any, positional: bool = False, odd: bool = False) -> Any:
    """As :func:`scheduler_configs`, with what the constructor rejects left in."""
    st = require()
    order = {name: at for at, name in enumerate(signature(cls))}
    names = varied(cls)
    leading = [n for n, known in zip(order, names, strict=False) if n == known]
    have_to = required(cls)
    odd_names = [n for n in order if exotic(cls, n)] if odd else []
    # one choice says whether to go on, and with which setting: fewer draws are a faster search
    step = st.sampled_from([*[""] * max(1, len(names) // MORE), *names])
    known = {n: values(cls, n) for n in names}
    many = st.integers(0, min(2, len(leading)))
    tenth, few = st.integers(0, 9), st.integers(1, FEW)
    slow = cls.__name__ in SLOW and "num_train_timesteps" in names

    @st.composite  # type: ignore[untyped-decorator]
    def one(draw: Any) -> SchedulerConfig:
        first = draw(many) if positional and leading else 0
        kwargs = {**have_to, **{n: draw(known[n]) for n in leading[:first]}}
        # each name with its value, so that a shrink takes both away together
        for _ in range(MOST if names else 0):
            if not (chosen := draw(step)):
                break
            kwargs[chosen] = draw(known[chosen])
        if slow and draw(tenth):
            kwargs["num_train_timesteps"] = draw(few)
        if odd_names:
            chosen = draw(st.sampled_from(odd_names))
            kwargs[chosen] = draw(st.sampled_from(exotic(cls, chosen)))
        return SchedulerConfig(cls, {n: kwargs[n] for n in sorted(kwargs, key=order.__getitem__)}, first)

    return one()


@cache
def preset_configs() -> Any:
    """A strategy for the configs of the bundled sampler presets, each laid over the models it is used on."""
    from inspector.samplers.models import MODELS
    from inspector.samplers.presets import PRESETS

    st = require()
    can = checkable()[0]
    presets = st.sampled_from([preset for preset in PRESETS.values() if preset.cls in can])

    def laid(preset: Any, model: Any) -> SchedulerConfig:
        cls = can[preset.cls]
        known = {k: v for k, v in {**model.config, **preset.kwargs}.items() if k in signature(cls)}
        return SchedulerConfig(cls, {name: known[name] for name in signature(cls) if name in known})

    return st.builds(laid, presets, st.sampled_from(list(MODELS.values()))).filter(accepted)
