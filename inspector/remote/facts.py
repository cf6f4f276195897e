"""What a copy of a folder elsewhere lacks: plain data that goes with the copy into every process that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from inspector.model import EXIT_USAGE, InspectError


@dataclass(frozen=True, slots=True)
class Lack:
    """One name that could not be listed, followed or fetched: the finding that it is, as a local folder has them."""

    where: str
    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a copy.

    ``absent``: names that stand there and not here, as what they are told. ``unread``: files whose content did not
    come. ``fetched``: of a file that did not come whole, how many of its first bytes did. ``problems``: what could not
    be listed at all. ``remarks``: what else was not checked, in sentences. ``size``: bytes of all files there.
    """

    absent: dict[str, tuple[Literal["link", "other"], Lack]] = field(default_factory=dict)
    unread: dict[str, Lack] = field(default_factory=dict)
    fetched: dict[str, int] = field(default_factory=dict)
    problems: tuple[Lack, ...] = ()
    remarks: tuple[str, ...] = ()
    files: int = 0
    size: int = 0

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Facts:
        """What :meth:`plain` gave, after its way through JSON; nothing is lacking where that is empty."""
        return cls(
            {name: (kind, Lack(**lack)) for name, (kind, lack) in plain.get("absent", {}).items()},
            {name: Lack(**lack) for name, lack in plain.get("unread", {}).items()},
            dict(plain.get("fetched", {})),
            tuple(Lack(**lack) for lack in plain.get("problems", ())),
            tuple(plain.get("remarks", ())),
            plain.get("files", 0),
            plain.get("size", 0),
        )


def refuse_weights(text: str, facts: Facts) -> None:
    """Weights are not loaded over the wire.

    Raises:
        InspectError: with how much there would be to copy (exit status 2).
    """
    hint = f"copy the folder here first ({facts.files} files, {facts.size / 1e9:.2f} GB), or leave --weights out"
    raise InspectError(f"{text}: --weights needs the files on this machine", hint=hint, exit_code=EXIT_USAGE)
