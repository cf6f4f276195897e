"""How far a source elsewhere is looked into: what is asked of it, and in which time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from inspector.limits import Limits
from inspector.remote.connection import RemoteError

Say = Callable[[str], None]


class Reach(IntEnum):
    """How far an inspection goes; each step needs what the one before does, and more."""

    NAMES = 0
    INDEX = 1
    """What the pipeline's own index says, and code beside it."""
    FILES = 2
    """What ``--static`` reads: settings, headers of weights, the first bytes of what might not be what it says."""
    BUILD = 3
    """The words of tokenizers as well."""
    CODE = 4
    """And the code that the user allowed."""
    SEAL = 5
    """All of these at any depth."""


ANSWER = 10.0
WORDS = 6
"""The words of tokenizers are megabytes: for these there is so many times the time that settings and headers have."""


@dataclass(frozen=True, slots=True)
class Afar:
    """How far a source elsewhere is looked into, and how long: never longer than ``seconds``, where that is given."""

    reach: Reach = Reach.FILES
    limits: Limits = field(default_factory=Limits)
    seconds: float | None = None
    say: Say | None = None

    @property
    def most(self) -> float:
        """Seconds for all of it."""
        most = self.limits.seconds * (WORDS if self.reach >= Reach.BUILD else 1)
        return min(most, self.seconds) if self.seconds else most

    @property
    def answer(self) -> float:
        """Seconds that any one answer may take."""
        return min(ANSWER, self.limits.seconds / 2, self.most / 2)

    def late(self) -> RemoteError:
        """The error of what has not come by then."""
        ours = not self.seconds or self.most < self.seconds
        hint = f"--limit seconds={self.limits.seconds * 5}" if ours else f"--timeout {self.most * 5:g}"
        error = RemoteError(f"reading took over {self.most:g} s and was given up", "slow", hint=hint)
        error.code = "IPI904"
        return error
