"""Keys that a class does not know."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import MISSING, Break, Trial, saved

KEY = "inspect_pipe_unknown"


@law(
    "IPR415",
    "unknown-key",
    "a key that the class does not know is lost without a word",
    script="""
    a = {make}
    b = type(a).from_config({{**a.config, "inspect_pipe_unknown": 1}})
    b.save_pretrained(folder)
    before, after = 1, type(a).from_pretrained(folder).config.get("inspect_pipe_unknown")
    """,
    scripts={
        "keyword": """
        heard = []
        listener = logging.Handler()
        listener.emit = lambda record: heard.append(record.getMessage())
        logging.getLogger("diffusers").addHandler(listener)
        a = {make}
        b = type(a).from_config(a.config, inspect_pipe_unknown=1)
        before, after = True, "inspect_pipe_unknown" in b.config or any("unknown" in said for said in heard)
        """
    },
)
def unknown_key(trial: Trial) -> Iterator[Break]:
    """
    A key of another class or a newer version in a config survives `from_config`, save and load as a hidden key, so that
    the class that knows it finds it again; a keyword that the class does not take is kept or reported. `from_config`
    returns it as unused and says nothing, at no log level, where the constructor raises a TypeError.

    wrong: `EulerAncestralDiscreteScheduler.from_config(config, use_karras_sigmas=True)`: no effect, no warning.
    right: `EulerDiscreteScheduler.from_config(config, use_karras_sigmas=True)`.
    """
    obj = trial.make()
    hidden = type(obj).from_config({**obj.config, KEY: 1})
    for where, config in (("from_config", hidden.config), ("save and load", saved(hidden)[1].config)):
        if config.get(KEY, MISSING) != 1:
            yield Break("config", 1, config.get(KEY, MISSING), f"a key of the config is lost by {where}")
            return
    with listening() as heard:
        made = type(obj).from_config(obj.config, **{KEY: 1})
    if KEY not in made.config and not any(KEY in said for said in heard):
        yield Break("keyword", "kept, or said", "lost in silence", "a keyword of from_config is lost in silence")


@contextmanager
def listening() -> Iterator[list[str]]:
    """What diffusers logs or warns meanwhile."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logger, ear = logging.getLogger("diffusers"), Ear(level=logging.WARNING)
    disabled = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    kept, propagate, logger.handlers, logger.propagate = logger.handlers, logger.propagate, [ear], False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield heard
        heard += [str(warning.message) for warning in caught]
    finally:
        logger.handlers, logger.propagate = kept, propagate
        logging.disable(disabled)
