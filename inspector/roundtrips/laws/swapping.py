"""From one scheduler class to another, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import Break, Rejected, Trial, attempt, differing, own, saved, settings
from inspector.strategies.classes import signature


@law(
    "IPR404",
    "swap-back",
    "a swap to another class and back loses what both know",
    kinds=("swap",),
    script="""
    a = {make}
    b = {other}.from_config(a.config)
    c = type(a).from_config(b.config)
    before, after = a.config.get({what!r}), c.config.get({what!r})
    """,
)
def swap_back(trial: Trial) -> Iterator[Break]:
    """
    `A → B → A` returns every setting that was passed and that both classes take. People try another scheduler and go
    back to the one they had.

    wrong: `DPMSolverMultistepScheduler(solver_type="heun")` to UniPC and back: UniPC makes "bh2" of it, and that
    becomes "midpoint".
    right: keep the config: `config = dict(pipe.scheduler.config)`, and go back with
    `DPMSolverMultistepScheduler.from_config(config)`.
    """
    a = trial.make()
    other = trial.edit.value
    b = attempt(other.from_config, a.config)
    c = attempt(type(a).from_config, b.config)
    both = [name for name in trial.config.kwargs if name in signature(other)]
    for name, was, now in differing(settings(a), settings(c), both):
        yield Break(name, was, now, f"{name} differs")


@law(
    "IPR405",
    "swap-saved",
    "a swap before saving differs from the same swap after saving and loading",
    kinds=("swap",),
    script="""
    a = {make}
    a.save_pretrained(folder)
    loaded = type(a).from_pretrained(folder)
    b = {other}.from_config(a.config)
    c = {other}.from_config(loaded.config)
    before, after = b.config.get({what!r}), c.config.get({what!r})
    """,
)
def swap_saved(trial: Trial) -> Iterator[Break]:
    """
    `B.from_config(a.config)` is the same whether `a` was just made or saved and loaded. It is not: in memory the names
    that were not passed are listed in `_use_default_values` and take B's default; a saved file has no such list, and
    they take A's (SD 1.5 into Euler, 20 steps: the first sigma is 14.6146 or 11.0283).

    wrong: `EulerDiscreteScheduler.from_config(DDIMScheduler().config)`: "linspace" now, "leading" after a save.
    right: `EulerDiscreteScheduler.from_config(ddim.config, timestep_spacing="leading")`.
    """
    a = trial.make()
    other = trial.edit.value
    loaded = saved(a)[1]
    now, then = _swapped(other, a.config), _swapped(other, loaded.config)
    if isinstance(now, Exception) and isinstance(then, Exception):
        raise Rejected
    if isinstance(now, Exception) or isinstance(then, Exception):
        when = "after" if isinstance(then, Exception) else "before"
        yield Break("from_config", _said(now), _said(then), f"raises only {when} saving", raised=True)
        return
    before, after = settings(now), settings(then)
    for name, was, is_ in differing(before, after, [n for n in before if n in signature(other)]):
        if name in trial.config.kwargs:
            yield Break(name, was, is_, f"{name} was passed and differs")
        else:
            yield Break(name, was, is_, "a default of the old class becomes explicit")


def _swapped(cls: Any, config: Any) -> Any:
    try:
        return cls.from_config(config)
    except Exception as error:
        if own(error):
            raise
        return error


def _said(result: Any) -> str:
    if isinstance(result, Exception):
        return f"{type(result).__name__}: {result}"
    return f"a {type(result).__name__}"
