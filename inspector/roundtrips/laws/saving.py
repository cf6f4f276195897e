"""A config on its way through a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import Break, Trial, differing, saved, settings


@law(
    "IPR401",
    "save-load",
    "a config is another one after save and load",
    script="""
    a = {make}
    a.save_pretrained(folder)
    b = type(a).from_pretrained(folder)
    before, after = a.config.get({what!r}), b.config.get({what!r})
    """,
)
def save_load(trial: Trial) -> Iterator[Break]:
    """
    What `save_pretrained` writes, `from_pretrained` gives back: every setting has the value that it had.

    wrong:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    class Loses(DDIMScheduler):
        def save_config(self, *given, **named):
            self.config["steps_offset"] = 0
            super().save_config(*given, **named)
    obj = inspector.roundtrip(Loses, law="IPR401")
    ```
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR401")
    ```
    """
    obj = trial.make()
    before = dict(settings(obj))
    after = settings(saved(obj)[1])
    for name, was, now in differing(before, after):
        yield Break(name, was, now, f"{name} differs")
    for name in after.keys() - before.keys():
        yield Break(name, None, after[name], f"{name} appears")


@law(
    "IPR409",
    "strict-json",
    "the saved JSON is not strict, cannot be written, or comes back in another type",
    odd=True,
    script="""
    a = {make}
    a.save_pretrained(folder)
    b = type(a).from_pretrained(folder)
    before, after = a.config.get({what!r}), b.config.get({what!r})
    if (type(before), before) == (type(after), after):
        before, after = "strict JSON", pathlib.Path(folder, a.config_name).read_text()
    """,
)
def strict_json(trial: Trial) -> Iterator[Break]:
    """
    Every value that the constructor takes can be saved, as JSON that any reader takes (no NaN, no Infinity), and comes
    back in its type; or the class refuses it, or says that it changes it. A tuple that comes back as a list compares
    unequal, and cannot be a key; an array that comes back as a list has no `.shape`.

    wrong: `DDIMScheduler(beta_end=float("inf"))` saves `Infinity`; `DDIMScheduler(trained_betas=(0.1, 0.2))` comes back
    with a list.
    right: `DDIMScheduler(beta_end=0.02, trained_betas=[0.1, 0.2])`.
    """
    obj = trial.make()
    before = dict(settings(obj))
    try:
        text, loaded = saved(obj)
    except (TypeError, ValueError) as error:
        name = _culprit(before)
        yield Break(
            name,
            before.get(name),
            f"{type(error).__name__}: {error}",
            f"{_kind(before.get(name))} not written",
            raised=True,
        )
        return
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        name = next((k for k, v in before.items() if isinstance(v, float) and (v != v or v in (_INF, -_INF))), "")
        yield Break(name, before.get(name), str(error), "not finite")
    after = settings(loaded)
    for name, was in before.items():
        if name in after and type(after[name]) is not type(was):
            yield Break(name, was, after[name], f"{_kind(was)} comes back as {_kind(after[name])}")


_INF = float("inf")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _kind(value: Any) -> str:
    module = type(value).__module__
    return type(value).__name__ if module == "builtins" else f"{module}.{type(value).__name__}"


def _culprit(held: dict[str, Any]) -> str:
    """The first setting that JSON has no word for."""
    for name, value in held.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            if not hasattr(value, "shape") or not value.shape:
                return name
    return ""


@law(
    "IPR411",
    "load-twice",
    "loading twice, or saving what was loaded, gives something else",
    script="""
    a = {make}
    a.save_pretrained(folder)
    file = pathlib.Path(folder, a.config_name)
    before = file.read_text()
    type(a).from_pretrained(folder).save_pretrained(folder)
    after = file.read_text()
    """,
)
def load_twice(trial: Trial) -> Iterator[Break]:
    """
    Loading is idempotent: the same folder gives the same object a second time, and saving what was loaded writes the
    same bytes. Otherwise a folder in version control changes each time somebody passes through it.

    wrong:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    class Counts(DDIMScheduler):
        @classmethod
        def extract_init_dict(cls, config, **named):
            init, unused, hidden = super().extract_init_dict(config, **named)
            return {**init, "steps_offset": init.get("steps_offset", 0) + 1}, unused, hidden
    obj = inspector.roundtrip(Counts, law="IPR411")
    ```
    right:
    ```python
    import inspector
    from diffusers import DDIMScheduler
    obj = inspector.roundtrip(DDIMScheduler, law="IPR411")
    ```
    """
    obj = trial.make()
    text, once = saved(obj)
    again, twice = saved(once)
    for name, was, now in differing(settings(once), settings(twice)):
        yield Break(name, was, now, f"{name} differs")
    if text != again:
        yield Break("the file", text, again, "other bytes")
