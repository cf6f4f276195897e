"""Schedulers that people derive from those of the library."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import MISSING, Break, Trial, alike, attempt, saved, settings

OPTION = "my_option"


@law(
    "IPR418",
    "subclass",
    "a subclass loses what its parent keeps",
    script="""
    import inspect
    from diffusers.configuration_utils import register_to_config
    parent = {cls}
    def __init__(self, *given, my_option=1, **named):
        parent.__init__(self, *given, **named)
    taken = list(inspect.signature(parent.__init__).parameters.values())
    taken = [p for p in taken if p.kind is not p.VAR_KEYWORD] + [inspect.Parameter("my_option", inspect.Parameter.KEYWORD_ONLY, default=1)]
    __init__.__signature__ = inspect.Signature(taken)
    Mine = type("Mine", (parent,), {{"__init__": register_to_config(__init__)}})
    a = Mine({given})
    a.save_pretrained(folder)
    b = Mine.from_config(a.config)
    c = Mine.from_pretrained(folder)
    before, after = {passed}, b.config.get({what!r})
    if before == after:
        after = c.config.get({what!r})
    """,  # noqa: E501 (one line of a script)
)
def subclass(trial: Trial) -> Iterator[Break]:
    """
    A class derived from a scheduler of the library, with an option of its own, keeps what was passed to it through
    `from_config`, and through save and load. Its `__init__` and its parent's are both wrapped by
    `register_to_config`, and both write `_use_default_values`.

    wrong: a subclass whose `__init__` calls `super().__init__(num_train_timesteps)`: from_config gives 1000 again.
    right: `super().__init__(num_train_timesteps=num_train_timesteps)`.
    """
    trial.make()  # what the parent refuses is no case
    mine = derived(trial.config.cls)
    given = {**trial.config.kwargs, OPTION: 2}
    obj = attempt(mine, **given)
    for way, made in (("from_config", attempt(mine.from_config, obj.config)), ("save and load", saved(obj)[1])):
        for name, value in given.items():
            now = settings(made).get(name, MISSING)
            if not alike(value, now) and alike(value, settings(trial.make()).get(name, value)):
                kind = "its own option" if name == OPTION else "a setting of the parent"
                yield Break(name, value, now, f"{kind} is lost by {way}")


@cache
def derived(cls: Any) -> Any:
    """A subclass with the parent's parameters and one of its own, as users write them."""
    from diffusers.configuration_utils import register_to_config

    @functools.wraps(cls.__init__)
    def __init__(self: Any, *given: Any, my_option: int = 1, **named: Any) -> None:  # noqa: N807 (it becomes one)
        cls.__init__(self, *given, **named)

    del __init__.__wrapped__
    taken = [p for p in inspect.signature(cls.__init__).parameters.values() if p.kind is not p.VAR_KEYWORD]
    own = inspect.Parameter(OPTION, inspect.Parameter.KEYWORD_ONLY, default=1)
    __init__.__signature__ = inspect.Signature([*taken, own])  # type: ignore[attr-defined]
    return type(f"My{cls.__name__}", (cls,), {"__init__": register_to_config(__init__)})
