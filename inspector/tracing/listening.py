"""What the library says while it is watched, kept from the terminal; and nothing of the process changed by it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()
"""The library's logger and the warnings filter belong to the process: one trace at a time."""
_SAID: list[list[str]] = []
"""Who listens, the innermost last."""


class Listener(logging.Handler):
    """Hands what is logged to the innermost list."""

    def emit(self, record: logging.LogRecord) -> None:
        _SAID[-1].append(record.getMessage())


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What the library logs and warns of meanwhile, in order, each once.

    To set a level makes ``logging`` forget what it knows of thousands of loggers: only the outermost does.
    """
    said: list[str] = []
    with _LOCK, opened(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _SAID.append(said)
        try:
            yield said
        finally:
            _SAID.pop()
            said[:] = [s for s in dict.fromkeys([*said, *(str(w.message) for w in caught)]) if s]


@contextmanager
def opened() -> Iterator[None]:
    """The library's logger speaks to the listener from warnings on, and to nobody else."""
    if _SAID:
        yield
        return
    logger = logging.getLogger("diffusers")
    level, propagate, handlers, disabled = (
        logger.level,
        logger.propagate,
        list(logger.handlers),
        logging.root.manager.disable,
    )
    try:
        logging.disable(logging.NOTSET)
        logger.setLevel(logging.WARNING)
        logger.propagate, logger.handlers = False, [Listener(logging.WARNING)]
        yield
    finally:
        logger.propagate, logger.handlers = propagate, handlers
        logger.setLevel(level)
        logging.disable(disabled)


@contextmanager
def unheard() -> Iterator[None]:
    """Nothing said, no gradients, and the same random numbers afterwards."""
    import numpy as np
    import torch

    state = np.random.get_state()
    try:
        with overheard(), torch.random.fork_rng(devices=[]), torch.no_grad():
            yield
    finally:
        np.random.set_state(state)
