"""Sequences of edits of one scheduler, beside a simple model of what the user meant (``RuleBasedStateMachine``).

The model is a dict: what was passed or written last counts, in every place the config is read from. Whatever the
library does differently is a break, and hypothesis shrinks to the shortest sequence after which they differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import MISSING, Break, Rejected, Trial, alike, own
from inspector.strategies.classes import require, signature
from inspector.strategies.configs import SchedulerConfig, drawn
from inspector.strategies.edits import Edit, compatibles, edits
from inspector.strategies.parameters import varied

WRITES = ("item", "attribute", "register", "from_config")
STEPS = 6
"""Edits in a sequence: a difference that takes more is one that nobody meets."""


class Meant:
    """What a user believes of a scheduler, and where the library has already been seen to think otherwise.

    ``settings`` are the values that were passed or written; ``excused`` the places where a difference was told before.
    """

    def __init__(self, config: SchedulerConfig) -> None:
        self.settings = dict(config.kwargs)
        self.how = {n: "passed by position" if n in config.by_position else "passed by name" for n in config.kwargs}
        self.known = set(signature(config.cls))
        self.excused: set[tuple[str, str]] = set()

    def follow(self, edit: Edit, scheduler: Any) -> None:
        """What the user thinks that an edit does."""
        if edit.kind in WRITES and edit.name:
            self.settings[edit.name] = edit.value
            self.how[edit.name] = f"written by {edit.kind}"
            self.excused -= {(edit.name, "item"), (edit.name, "attribute")}
        if edit.kind == "swap":
            self.known &= set(signature(type(scheduler)))

    def differences(self, scheduler: Any, last: str) -> list[Break]:
        """Where the scheduler is not what was meant, with what the last edit was and how the value came there."""
        found = []
        for name, value in self.settings.items():
            if name not in self.known:
                continue
            for place, held in (("item", scheduler.config), ("attribute", vars(scheduler.config))):
                now = held.get(name, MISSING)
                if (name, place) not in self.excused and not alike(value, now):
                    which = f"{name} " if last == "swap" else ""
                    cause = f"{last}: {which}{self.how[name]} is not in the {place}"
                    found.append(Break(name, value, now, cause))
                    self.excused.add((name, place))
        return found


@law(
    "IPR419",
    "sequence",
    "after a sequence of edits a setting is not what the user meant",
    machine=True,
    script="""
    scheduler = {make}
    {edits}
    before, after = {meant}, scheduler.config.get({what!r})
    if before == after:
        after = getattr(scheduler.config, {what!r}, None)
    """,
)
def sequence(trial: Trial) -> Any:
    """
    The value that was passed or written last is the one in the config, as item and as attribute, through any sequence
    of edits, `from_config`, swaps between classes that know the name, saves and loads, copies and `set_timesteps`.

    wrong: `scheduler.config["beta_end"] = 0.5`, then `type(scheduler).from_config(scheduler.config)`: 0.02 again.
    right: pass what you want, by name, to the last `from_config` of the sequence.
    """
    scheduler = trial.make()
    meant = Meant(trial.config)
    yield from meant.differences(scheduler, "made")
    for edit in trial.edits:
        scheduler = applied(edit, scheduler)
        meant.follow(edit, scheduler)
        yield from meant.differences(scheduler, edit.kind)


def applied(edit: Edit, scheduler: Any) -> Any:
    """The scheduler after an edit.

    Raises:
        Rejected: the library refuses it.
    """
    try:
        return edit.apply(scheduler)
    except Exception as error:
        if own(error):
            raise
        raise Rejected from error


def scheduler_machine(cls: Any, judge: Callable[[Trial, list[Break]], None] | None = None) -> Any:
    """A ``RuleBasedStateMachine`` class for a scheduler class; ``.TestCase`` runs it in anyone's tests.

    Args:
        cls: the scheduler class.
        judge: told of every difference with the sequence so far, and raises to stop there; by default it fails.

    Raises:
        InspectError: hypothesis is not installed.
    """
    require()
    from hypothesis import reject
    from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

    told = judge or complain
    looks = edits(cls, ("repr", "deepcopy", "pickle", "save and load", "set_timesteps", "from_config"), names=())
    names = varied(cls)

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.done: list[Edit] = []

        @initialize(config=drawn(cls, True))
        def make(self, config: SchedulerConfig) -> None:
            self.config = config
            try:
                self.scheduler = Trial(config).make()
            except Rejected:
                reject()
            self.meant = Meant(config)
            self.compare("made")

        def do(self, edit: Edit) -> None:
            try:
                self.scheduler = applied(edit, self.scheduler)
            except Rejected:
                return  # refused aloud: the user knows, and has the scheduler that they had
            self.done.append(edit)
            self.meant.follow(edit, self.scheduler)
            self.compare(edit.kind)

        def compare(self, last: str) -> None:
            if found := self.meant.differences(self.scheduler, last):
                told(Trial(self.config, tuple(self.done)), found)

        if names:

            @rule(edit=edits(cls, WRITES, names=names))
            def write(self, edit: Edit) -> None:
                if edit.name and edit.name not in signature(type(self.scheduler)):
                    return  # after a swap this is no setting of the scheduler any more
                self.do(edit)

        @rule(edit=looks)
        def pass_through(self, edit: Edit) -> None:
            self.do(edit)

        if compatibles(cls):

            @rule(edit=edits(cls, ("swap",)))
            def swap(self, edit: Edit) -> None:
                self.do(edit)

    Machine.__name__ = Machine.__qualname__ = f"{cls.__name__}Machine"
    return Machine


def complain(trial: Trial, found: list[Break]) -> None:
    """Fail the test."""
    first = found[0]
    lines = "\n".join(["", f"scheduler = {trial.config!r}", *map(str, trial.edits)])
    raise AssertionError(f"{first.what} should be {first.before!r} and is {first.after!r} after{lines}")
