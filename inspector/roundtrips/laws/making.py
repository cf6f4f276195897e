"""What is passed to a constructor, and what from_config makes of it."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import MISSING, Break, Trial, alike, attempt, settings


@law(
    "IPR402",
    "from-config",
    "from_config(config) loses what was set",
    positional=True,
    script="""
    a = {make}
    b = type(a).from_config(a.config)
    before, after = a.config.get({what!r}), b.config.get({what!r})
    """,
)
def from_config(trial: Trial) -> Iterator[Break]:
    """
    `type(a).from_config(a.config)` is a copy: every value that was passed to the constructor, with its name or without,
    is there again. A positional argument is recorded in `_use_default_values`, as if it had been left out, so that
    `extract_init_dict` drops it (diffusers #14460).

    wrong: `DDIMScheduler(500)`: from_config gives 1000 training steps again.
    right: `DDIMScheduler(num_train_timesteps=500)`.
    """
    obj = trial.make()
    before = dict(settings(obj))
    after = settings(attempt(type(obj).from_config, obj.config))
    for name in trial.config.kwargs:
        was, now = before.get(name, MISSING), after.get(name, MISSING)
        if not alike(was, now):
            how = "passed by position" if name in trial.config.by_position else f"{name} passed by name"
            yield Break(name, was, now, how)


@law(
    "IPR403",
    "in-force",
    "a value that was passed is not the one in force",
    positional=True,
    script="""
    a = {make}
    before, after = {passed}, a.config.get({what!r})
    if before == after:
        after = getattr(a.config, {what!r}, None)
    """,
)
def in_force(trial: Trial) -> Iterator[Break]:
    """
    What is passed to the constructor, with its name or without, is what the config says, as item and as attribute. A
    class that wants another value refuses this one; one that replaces it leaves the user to believe in the old.

    wrong:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    from diffusers.configuration_utils import register_to_config
    class Replaces(DDIMScheduler):
        @register_to_config
        def __init__(self, num_train_timesteps=1000, steps_offset=0):
            super().__init__(num_train_timesteps=num_train_timesteps, steps_offset=min(steps_offset, 0))
    obj = inspector.roundtrip(Replaces, law="IPR403")
    ```
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR403")
    ```
    """
    obj = trial.make()
    for place, held in (("item", settings(obj)), ("attribute", vars(obj.config))):
        for name, passed in trial.config.kwargs.items():
            now = held.get(name, MISSING)
            if not alike(passed, now):
                yield Break(name, passed, now, f"{name}: the {place} differs")
