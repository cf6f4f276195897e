"""What building hands to the capture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inspector.hearing import Said
from inspector.lookup import Made
from inspector.model import Finding, Skip


@dataclass(slots=True)
class Parts:
    """The components of a pipeline whose class could not be called."""

    cls_name: str
    index: dict[str, Any]
    components: dict[str, Any]


@dataclass(slots=True)
class Built:
    """A live object with the JSON it came from and everything that was noticed on the way.

    ``path`` is how a component that is alone is called; ``fresh``: nobody has touched the object since it was made;
    ``heard``: what the libraries said meanwhile, by component.
    """

    obj: Any
    disk: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    fresh: bool = True
    path: str = ""
    heard: dict[str, list[Said]] = field(default_factory=dict)

    def add(self, path: str, made: Made) -> None:
        self.problems += made.problems
        self.skipped += made.skipped
        self.facts.setdefault(path, {}).update(made.facts)
        if made.disk is not None:
            self.disk[path] = made.disk
        for inner, member in made.members.items():
            self.add(inner, member)
