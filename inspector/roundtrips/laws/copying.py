"""Copies: deepcopy and pickle."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import Break, Trial, attributes, differing, settings, tensors

_EDITS = ("item", "attribute", "register")


@law(
    "IPR407",
    "deepcopy",
    "a deep copy is another scheduler",
    kinds=_EDITS,
    script="""
    scheduler = {make}
    {edit}
    twin = copy.deepcopy(scheduler)
    before, after = (scheduler.config.get({what!r}), getattr(scheduler.config, {what!r}, None)), (twin.config.get({what!r}), getattr(twin.config, {what!r}, None))
    """,  # noqa: E501 (one line of a script)
)
def deep_copy(trial: Trial) -> Iterator[Break]:
    """
    `copy.deepcopy(scheduler)` has the same items, the same attributes and the same tensors, and what is then done to
    the copy does not reach the original. Pipelines are copied to run two settings side by side.

    wrong:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    class Shared(DDIMScheduler):
        def __deepcopy__(self, memo):
            return type(self)(num_train_timesteps=self.config["num_train_timesteps"])
    obj = inspector.roundtrip(Shared, law="IPR407")
    ```
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR407")
    ```
    """
    yield from copied(trial, copy.deepcopy)


@law(
    "IPR408",
    "pickle",
    "a scheduler cannot be pickled, or is another one afterwards",
    kinds=_EDITS,
    script="""
    scheduler = {make}
    {edit}
    twin = pickle.loads(pickle.dumps(scheduler))
    before, after = (scheduler.config.get({what!r}), getattr(scheduler.config, {what!r}, None)), (twin.config.get({what!r}), getattr(twin.config, {what!r}, None))
    """,  # noqa: E501 (one line of a script)
)
def pickled(trial: Trial) -> Iterator[Break]:
    """
    A scheduler goes to another process (a data loader, Ray, `torch.multiprocessing`) and is the same there: items,
    attributes and tensors.

    wrong: `pickle.dumps(SASolverScheduler())`: its `__init__` keeps a lambda.
    right: `pickle.dumps(dict(scheduler.config))`, and `from_config` on the other side.
    """
    yield from copied(trial, lambda obj: pickle.loads(pickle.dumps(obj)))  # noqa: S301 (its own bytes)


def copied(trial: Trial, copy_of: Callable[[Any], Any]) -> Iterator[Break]:
    obj = trial.edit.apply(trial.make())
    items, attrs = dict(settings(obj)), dict(attributes(obj))
    try:
        twin = copy_of(obj)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        yield Break("the scheduler", "a copy", f"{type(error).__name__}: {error}", "cannot be copied", raised=True)
        return
    for name, was, now in differing(items, settings(twin)):
        yield Break(name, was, now, f"the item differs after {trial.edit.kind}")
    for name, was, now in differing(attrs, attributes(twin)):
        yield Break(name, was, now, f"the attribute differs after {trial.edit.kind}")
    for name, was, now in differing(tensors(obj), tensors(twin)):
        yield Break(name, was, now, f"{name} differ")
    twin.config[trial.edit.name] = "reached"
    if settings(obj).get(trial.edit.name) == "reached":
        yield Break(trial.edit.name, items.get(trial.edit.name), "reached", "the copy shares its config")
