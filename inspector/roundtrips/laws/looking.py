"""Looking at a scheduler."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import Break, Trial, differing


@law(
    "IPR406",
    "look",
    "looking at a scheduler changes it",
    kinds=("repr", "str", "format"),
    script="""
    scheduler = {make}
    before = sorted(scheduler.config)
    {edit}
    after = sorted(scheduler.config)
    """,
)
def look(trial: Trial) -> Iterator[Break]:
    """
    `repr`, `str`, an f-string or a log line change nothing. In diffusers they add `_class_name` and
    `_diffusers_version` to the config, so that a config is another one after it was printed, and comparing two
    schedulers depends on which of them somebody looked at.

    wrong: `print(scheduler)`, and `len(scheduler.config)` has grown by two.
    right: `vars(scheduler)`, `dict(scheduler.config)` and `inspector.capture(scheduler)` change nothing.
    """
    obj = trial.make()
    before, beside = dict(dict.items(obj.config)), dict(vars(obj.config))
    trial.edit.apply(obj)
    logging.getLogger("inspect-pipe.look").debug("%s", obj)
    after = dict(dict.items(obj.config))
    for name in [*(after.keys() - before.keys()), *(vars(obj.config).keys() - beside.keys() - after.keys())]:
        yield Break(name, "absent", after.get(name), "a key is added")
    for name, was, now in differing(before, after):
        yield Break(name, was, now, f"{name} differs")
    for name, was, now in differing(beside, vars(obj.config)):
        if not name.startswith("_"):
            yield Break(name, was, now, f"the attribute {name} differs")
