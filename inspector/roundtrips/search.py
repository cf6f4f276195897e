"""Hypothesis searches the smallest case that breaks a law; known causes are passed over."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any
from unittest import mock

from inspector.roundtrips.known import Known, match
from inspector.roundtrips.laws.registry import Law
from inspector.roundtrips.script import RAISES
from inspector.roundtrips.trial import Break, Rejected, Trial, own

ROUNDS = 8
"""New defects looked for of one law on one class: after each the search goes on beside it."""


@dataclass(slots=True)
class Found:
    """What a search of one law on one class found.

    ``new`` are the smallest cases, one a cause; ``known`` the entries that were met, by title; ``examples`` how many
    cases the law was asked; ``rejected`` what the constructor refused: its words -> the first config.
    """

    new: list[tuple[Trial, Break]] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    examples: int = 0
    rejected: dict[str, Any] = field(default_factory=dict)


class Broken(Exception):  # noqa: N818 (a law is broken)
    """Tells hypothesis, and then us, of a case."""

    def __init__(self, trial: Trial, found: Break) -> None:
        super().__init__(found.cause)
        self.trial, self.found = trial, found


def judged(law: Law, trial: Trial) -> Iterator[Break]:
    """Each way in which a case breaks a law; an exception of the library is one.

    Raises:
        Rejected: it is no case.
    """
    try:
        yield from law.check(trial)
    except Rejected:
        raise
    except Exception as error:
        if own(error):
            raise
        said = f"{type(error).__name__}: {error}"
        yield Break(RAISES, "no error", said, f"raises {type(error).__name__}: {str(error)[:60]}", raised=True)


def search(law: Law, cls: Any, examples: int, seed: int, known: Sequence[Known] = ()) -> Found:
    """Look for cases of a class that break a law.

    Args:
        law: the law.
        cls: the scheduler class.
        examples: how many cases to try; hypothesis tries more to make a case smaller.
        seed: the same seed gives the same result, in any process.
        known: defects that are passed over.
    """
    found = Found()
    passed: set[str] = set()
    for _ in range(ROUNDS):
        counted, found.examples = found.examples, 0
        hit = one_search(law, cls, examples, seed, passed, known, found)
        found.examples = max(counted, found.examples)  # a new round starts with the same cases
        if hit is None:
            break
        found.new.append((hit.trial, hit.found))
        passed.add(hit.found.cause)
    return found


def one_search(
    law: Law, cls: Any, examples: int, seed: int, passed: set[str], known: Sequence[Known], found: Found
) -> Broken | None:
    """The smallest case with a cause that is neither known nor passed, or None."""
    hypothesis: Any = importlib.import_module("hypothesis")
    searching = [True]

    def judge(trial: Trial, breaks: Iterable[Break]) -> None:
        for broken in breaks:
            entry = match(known, law.code, cls.__name__, broken.cause)
            if entry is not None:
                found.known[entry.title] = entry
            elif broken.cause not in passed:
                searching[0] = False
                raise Broken(trial, broken)

    def test(trial: Trial) -> None:
        try:
            breaks = list(judged(law, trial))
        except Rejected:
            for config, said in trial.rejected:
                found.rejected.setdefault(said, config)
            hypothesis.reject()
        found.examples += searching[0]
        judge(trial, breaks)

    settings = quiet(hypothesis, examples)
    if law.machine:
        run = sequences(cls, settings, judge, lambda: count(found, searching[0]))
    else:
        run = settings(hypothesis.given(law.cases(cls))(test))
    with no_local_constants(), signatures_read_once(), silent():
        try:
            hypothesis.seed(derived(seed, law.code, cls.__name__))(run)()
        except Broken as broken:
            return broken
        except hypothesis.errors.Unsatisfiable:
            return None
    return None


def count(found: Found, searching: bool) -> None:
    found.examples += searching


def sequences(cls: Any, settings: Any, judge: Any, started: Callable[[], Any]) -> Any:
    """A function that runs the state machine of a class."""
    from hypothesis.stateful import get_state_machine_test

    from inspector.roundtrips.machine import STEPS, scheduler_machine

    machine = scheduler_machine(cls, judge)

    def factory() -> Any:
        started()
        return machine()

    factory.__name__ = factory.__qualname__ = machine.__name__
    import hypothesis

    made: Any = factory
    return get_state_machine_test(made, settings=hypothesis.settings(settings, stateful_step_count=STEPS))


def quiet(hypothesis: Any, examples: int) -> Any:
    """Settings of a search that is no test: no database, no deadline, one case at a time, nothing printed."""
    phase = hypothesis.Phase
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(phase.generate, phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )


def derived(seed: int, *about: str) -> int:
    """A seed of its own for each law and class, whatever else is searched in the same run."""
    return int.from_bytes(hashlib.sha256("\0".join((str(seed), *about)).encode()).digest()[:8])


@contextmanager
def no_local_constants() -> Iterator[None]:
    """Hypothesis mixes the constants of the modules that happen to be loaded into what it draws; not here, so that a
    seed means the same in every process. An older hypothesis has no such pool.
    """
    from hypothesis.internal.conjecture import providers

    provider = getattr(providers, "HypothesisProvider", None)
    cache = getattr(providers, "CONSTANTS_CACHE", None)
    if not hasattr(provider, "_local_constants") or cache is None:
        yield
        return
    cache.cache.clear()
    with mock.patch.object(provider, "_local_constants", vars(providers)["Constants"]()):
        yield
    cache.cache.clear()


@contextmanager
def silent() -> Iterator[None]:
    """What the library says of hundreds of odd configs is not for the user; a law that listens hears it still."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.WARNING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def signatures_read_once() -> Iterator[None]:
    """The library asks :func:`inspect.signature` of the same functions some twenty times a round trip, a third of what
    one takes. A signature cannot change: meanwhile each is worked out once.
    """
    real, kept = inspect.signature, dict[Any, inspect.Signature]()

    def signature(of: Any, **options: Any) -> inspect.Signature:
        if options or type(of) is not FunctionType:
            return real(of, **options)
        if of not in kept:
            kept[of] = real(of)
        return kept[of]

    with mock.patch.object(inspect, "signature", signature):
        yield
