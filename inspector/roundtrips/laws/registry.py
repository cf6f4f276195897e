"""What a law is: one decorated function over a :class:`Trial`, whose docstring is its explain page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.roundtrips.trial import Break, Trial
from inspector.rules.registry import documented
from inspector.strategies.classes import require
from inspector.strategies.configs import drawn
from inspector.strategies.edits import compatibles, edits
from inspector.strategies.parameters import varied

Check = Callable[[Trial], Iterator[Break]]


@dataclass(frozen=True, slots=True)
class Law:
    """``name`` is what ``--law`` takes beside the code; ``script`` the Python that shows a break.

    ``kinds`` are the edits that each case has one of; ``positional`` and ``odd`` say what the configs are like;
    ``machine`` is true where a state machine draws the cases.
    ``script`` is given ``{make}``, ``{what}``, ``{edit}`` and ends with ``before`` and ``after`` bound;
    ``scripts`` are others, by :attr:`Break.what`.
    """

    code: str
    name: str
    title: str
    check: Check
    script: str
    scripts: Mapping[str, str]
    kinds: tuple[str, ...] = ()
    positional: bool = False
    odd: bool = False
    steps: bool = False
    machine: bool = False

    def cases(self, cls: Any) -> Any:
        """A strategy for the law's trials on a class."""
        st = require()
        configs = drawn(cls, self.positional, self.odd)
        if not self.kinds:
            return configs.map(Trial)
        return st.builds(lambda config, edit: Trial(config, (edit,)), configs, edits(cls, self.kinds))

    def why_not(self, cls: Any) -> str:
        """Why the law says nothing about a class, or the empty string."""
        if "swap" in self.kinds and not compatibles(cls):
            return "names no compatible class that can be made here"
        if {"item", "attribute", "register"} & set(self.kinds) and not varied(cls):
            return "has no setting to edit"
        if self.steps and not hasattr(cls, "set_timesteps"):
            return "has no set_timesteps"
        return ""


LAWS: dict[str, Law] = {}
"""By code."""


def law(
    code: str,
    name: str,
    title: str,
    *,
    script: str,
    scripts: Mapping[str, str] | None = None,
    kinds: Sequence[str] = (),
    positional: bool = False,
    odd: bool = False,
    steps: bool = False,
    machine: bool = False,
) -> Callable[[Check], Check]:
    """Register a law; see :class:`Law`."""

    def register(check: Check) -> Check:
        if code in LAWS or any(held.name == name for held in LAWS.values()):
            raise ValueError(f"{code} {name} is there already")
        others = {what: inspect.cleandoc(text) for what, text in (scripts or {}).items()}
        LAWS[code] = Law(
            code, name, title, check, inspect.cleandoc(script), others, tuple(kinds), positional, odd, steps, machine
        )
        documented(code, "error", title, check.__doc__ or "")
        return check

    return register
