"""What a case is: how its folder is made, and its label."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.hostile.place import Place

Make = Callable[[Place], Any]
"""Changes an honest folder; a text that it returns is the SOURCE instead of that folder."""


@dataclass(frozen=True)
class Label:
    """``codes`` are all that is found at warning or above, or at least these where ``open``; ``status`` the exit status, -1 for any of the contract."""

    codes: frozenset[str]
    status: int
    open: bool = False


@dataclass(frozen=True)
class Case:
    """One folder.

    ``worker`` is the label where a build makes a difference; else the worker must say at least what reading says, with
    the same status. ``during`` is what happens to the folder while it is read: (call, file, what). ``inside``: the tool
    is run with the folder as its current one. ``sample``: of its family one of those that are built in every run.
    ``heavy``: left to the full run.
    """

    family: str
    name: str
    make: Make
    static: Label
    worker: Label | None = None
    base: str = "ddpm"
    during: tuple[str, str, str] | None = None
    arguments: tuple[str, ...] = ()
    inside: bool = False
    sample: bool = False
    heavy: bool = False

    @property
    def id(self) -> str:
        return f"{self.family}: {self.name}"

    def label(self, mode: str) -> Label:
        if mode == "static":
            return self.static
        return self.worker or Label(self.static.codes, self.static.status, open=True)


@dataclass
class Family:
    """The cases of one module; called ``case(name, codes, status)`` to decorate a function, or with ``make`` for a row."""

    name: str
    base: str = "ddpm"
    cases: list[Case] = field(default_factory=list)

    def __call__(
        self, name: str, codes: str = "", status: int = 0, make: Make | None = None, *, worker: tuple[str, int] | None = None,
        **more: Any,
    ) -> Any:  # fmt: skip
        """``codes``: ``"IPI902 IPI909"``, all there are; ``"IPI902 ..."`` at least these; ``worker`` likewise, with its status."""

        def add(make: Make) -> Make:
            built = label(*worker) if worker is not None else None
            case = Case(self.name, name, make, label(codes, status), built, **{"base": self.base, **more})
            assert case.id not in {c.id for c in self.cases}, case.id
            self.cases.append(case)
            return make

        return add if make is None else add(make)


def label(codes: str, status: int) -> Label:
    words = codes.split()
    return Label(frozenset(w for w in words if w != "..."), status, "..." in words)


def corpus(families: Sequence[str] = ()) -> list[Case]:
    """Every case, or those of some families, in the order of their modules."""
    from tests.hostile import families as package

    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [c for m in modules for c in m.case.cases if not families or m.case.name in families]
