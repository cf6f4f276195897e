"""Edits of a config."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import MISSING, Break, Trial, alike, attempt, settings

_EDITS = ("item", "attribute", "register")


@law(
    "IPR416",
    "edit-places",
    "after an edit the item and the attribute disagree",
    kinds=_EDITS,
    script="""
    scheduler = {make}
    {edit}
    before, after = {value}, scheduler.config.get({what!r})
    if before == after:
        after = getattr(scheduler.config, {what!r})
    """,
)
def edit_places(trial: Trial) -> Iterator[Break]:
    """
    After an edit the config says one thing, whichever way it is asked. `FrozenDict` is not frozen and holds each key
    twice: `config.k = v` writes only the attribute, which the steps mostly read; `config["k"] = v` only the item, which
    `from_config` and `save_pretrained` read (diffusers #3767, #9503).

    wrong: `scheduler.config.use_karras_sigmas = True`, and `scheduler.config["use_karras_sigmas"]` is False.
    right: `EulerDiscreteScheduler.from_config(scheduler.config, use_karras_sigmas=True)`.
    """
    obj = trial.edit.apply(trial.make())
    name, value = trial.edit.name, trial.edit.value
    for place, now in (
        ("item", settings(obj).get(name, MISSING)),
        ("attribute", vars(obj.config).get(name, MISSING)),
    ):
        if not alike(value, now):
            yield Break(name, value, now, f"{trial.edit.kind} edit does not reach the {place}")


@law(
    "IPR417",
    "edit-kept",
    "an edit of the config is reverted by from_config",
    kinds=_EDITS,
    script="""
    scheduler = {make}
    {edit}
    before, after = {value}, type(scheduler).from_config(scheduler.config).config.get({what!r})
    """,
)
def edit_kept(trial: Trial) -> Iterator[Break]:
    """
    What was edited is in force in the scheduler that `from_config` makes of it. A name that was not passed to the
    constructor stays listed in `_use_default_values`, and `extract_init_dict` drops it whatever its value has become
    (diffusers #7626).

    wrong: `scheduler.config["beta_end"] = 0.5`, then `DDIMScheduler.from_config(scheduler.config)`: 0.02 again; so is
    it after `register_to_config(beta_end=0.5)`.
    right: `DDIMScheduler.from_config(scheduler.config, beta_end=0.5)`.
    """
    obj = trial.edit.apply(trial.make())
    name, value = trial.edit.name, trial.edit.value
    made = attempt(type(obj).from_config, obj.config)
    if not alike(value, settings(made).get(name, MISSING)):
        passed = "passed before" if name in trial.config.kwargs else "never passed"
        yield Break(name, value, settings(made).get(name, MISSING), f"{trial.edit.kind} edit of a setting {passed}")
