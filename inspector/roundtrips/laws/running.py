"""Schedules computed from a config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import (
    Break,
    Rejected,
    Trial,
    alike,
    attempt,
    attributes,
    differing,
    saved,
    settings,
    tensors,
)


@law(
    "IPR412",
    "same-schedule",
    "equal configs give other betas, timesteps or sigmas",
    kinds=("set_timesteps",),
    steps=True,
    script="""
    a = {make}
    a.save_pretrained(folder)
    b = type(a).from_pretrained(folder)
    {edit_a}
    {edit_b}
    before, after = a.{what}, b.{what}
    if before.shape == after.shape:
        before, after = before[before != after][:3], after[before != after][:3]
    before, after = before.tolist(), after.tolist()
    """,
)
def same_schedule(trial: Trial) -> Iterator[Break]:
    """
    Two schedulers whose configs are equal compute the same betas, timesteps and sigmas, bit for bit: one that was made,
    and one that was loaded from its file. Otherwise something counts that is in no config.

    wrong:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    class Remembers(DDIMScheduler):
        made = 0
        def set_timesteps(self, *given, **named):
            super().set_timesteps(*given, **named)
            Remembers.made += 1
            self.timesteps = self.timesteps + Remembers.made
    obj = inspector.roundtrip(Remembers, law="IPR412")
    ```
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR412")
    ```
    """
    a = trial.make()
    b = saved(a)[1]
    if any(differing(settings(a), settings(b))):
        raise Rejected  # another law's matter
    first, second = run(trial, a), run(trial, b)
    yield from apart(first, second)


@law(
    "IPR413",
    "run-twice",
    "set_timesteps a second time gives something else",
    kinds=("set_timesteps",),
    steps=True,
    script="""
    scheduler = {make}
    {edit}
    before = scheduler.{what}.clone()
    {edit}
    after = scheduler.{what}
    if before.shape == after.shape:
        before, after = before[before != after][:3], after[before != after][:3]
    before, after = before.tolist(), after.tolist()
    """,
)
def run_twice(trial: Trial) -> Iterator[Break]:
    """
    `set_timesteps(n)` twice equals once. A pipeline calls it in every run; a second picture must not be made
    differently from the first.

    wrong:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    class Drifts(DDIMScheduler):
        def set_timesteps(self, n, *given, **named):
            super().set_timesteps(n, *given, **named)
            self.betas = self.betas * 0.5
    obj = inspector.roundtrip(Drifts, law="IPR413")
    ```
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR413")
    ```
    """
    obj = trial.make()
    once = run(trial, obj)
    twice = run(trial, obj)
    yield from apart(once, twice)


@law(
    "IPR414",
    "run-config",
    "set_timesteps changes the config",
    kinds=("set_timesteps",),
    steps=True,
    script="""
    scheduler = {make}
    before = (scheduler.config.get({what!r}), getattr(scheduler.config, {what!r}, None))
    {edit}
    after = (scheduler.config.get({what!r}), getattr(scheduler.config, {what!r}, None))
    """,
)
def run_config(trial: Trial) -> Iterator[Break]:
    """
    `set_timesteps` computes a schedule and leaves the config alone, items and attributes: what a user reads after a run
    is what they set before it, and what is saved is too.

    wrong: `DPMSolverSinglestepScheduler().set_timesteps(10)` turns `lower_order_final` to True.
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR414")
    ```
    """
    obj = trial.make()
    items, attrs = dict(settings(obj)), dict(attributes(obj))
    run(trial, obj)
    for place, before, after in (("item", items, settings(obj)), ("attribute", attrs, attributes(obj))):
        for name, was, now in differing(before, after):
            yield Break(name, was, now, f"{name}: the {place} changes")


def run(trial: Trial, obj: Any) -> dict[str, Any]:
    """The tensors after ``set_timesteps``; what the class refuses is no case."""
    attempt(trial.edit.apply, obj)
    return tensors(obj)


def apart(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Break]:
    """The tensors that differ, each by its first elements that do."""
    for name, was, now in differing(before, after):
        if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
            pairs = [(x, y) for x, y in zip(was, now, strict=True) if not alike(x, y)][:3]
            was, now = [x for x, _ in pairs], [y for _, y in pairs]
        yield Break(name, was, now, f"{name} differ")
