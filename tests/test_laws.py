"""Each law catches the fault it is there for, with at most two settings or edits, and passes a scheduler without it."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.roundtrips.laws import LAWS
from inspector.roundtrips.search import Found, search
from tests.faulty import FAULTS, Fault, Plain

EXAMPLES = 40


def caught(fault: Fault) -> tuple[Any, Found]:
    """The case of the fault's own cause, and everything that the search found."""
    found = search(LAWS[fault.law], fault.cls, EXAMPLES, 0)
    return next((trial for trial, how in found.new if how.cause == fault.cause), None), found


def test_every_law_has_a_fault() -> None:
    assert {f.law for f in FAULTS} | {"IPR420"} == set(LAWS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.law}-{f.cls.__name__}")
def test_a_law_catches_its_fault_and_shrinks_it(fault: Fault) -> None:
    trial, found = caught(fault)
    assert trial is not None, [how.cause for _, how in found.new]
    assert len(trial.config.kwargs) + len(trial.edits) <= 2, (trial.config, trial.edits)


@pytest.mark.parametrize("law", sorted({f.law for f in FAULTS}))
def test_a_law_does_not_say_it_of_a_scheduler_without_the_fault(law: str) -> None:
    causes = {how.cause for _, how in search(LAWS[law], Plain, EXAMPLES, 0).new}
    assert not causes & {f.cause for f in FAULTS if f.law == law}
