"""What people do to a scheduler after they have made it: one edit is one line of theirs."""

from __future__ import annotations

import copy
import pickle
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.strategies.classes import checkable, require
from inspector.strategies.literals import source
from inspector.strategies.parameters import values, varied

KINDS = (
    "item", "attribute", "register", "from_config", "swap", "save and load", "deepcopy", "pickle", "set_timesteps",
    "repr", "str", "format",
)  # fmt: skip
"""The kinds of :class:`Edit`."""
STEPS = (1, 2, 3, 5, 10, 25)


@dataclass(frozen=True, slots=True)
class Edit:
    """One line.

    ``item``: ``scheduler.config["NAME"] = VALUE`` · ``attribute``: ``scheduler.config.NAME = VALUE`` · ``register``:
    ``scheduler.register_to_config(NAME=VALUE)`` · ``from_config``: of its own class, with ``NAME=VALUE`` where there is
    a name · ``swap``: ``VALUE.from_config(scheduler.config)``, ``value`` is the class · ``save and load`` ·
    ``deepcopy`` · ``pickle`` · ``set_timesteps``: ``value`` steps · ``repr``, ``str``, ``format``: it is looked at.
    """

    kind: str
    name: str = ""
    value: Any = None

    def apply(self, scheduler: Any) -> Any:
        """Do it to a scheduler, and return the one to go on with; whatever the library raises comes through."""
        return _DO[self.kind](scheduler, self.name, self.value)

    def __str__(self) -> str:
        """The line of Python; ``folder`` stands for a temporary folder."""
        written = source(self.value)
        passed = f", {self.name}={written}" if self.name else ""
        return {
            "item": f"scheduler.config[{self.name!r}] = {written}",
            "attribute": f"scheduler.config.{self.name} = {written}",
            "register": f"scheduler.register_to_config({self.name}={written})",
            "from_config": f"scheduler = type(scheduler).from_config(scheduler.config{passed})",
            "swap": f"scheduler = {written}.from_config(scheduler.config)",
            "save and load": "scheduler.save_pretrained(folder); scheduler = type(scheduler).from_pretrained(folder)",
            "deepcopy": "scheduler = copy.deepcopy(scheduler)",
            "pickle": "scheduler = pickle.loads(pickle.dumps(scheduler))",
            "set_timesteps": f"scheduler.set_timesteps({written})",
            "repr": "repr(scheduler)",
            "str": "str(scheduler)",
            "format": 'f"{scheduler}"',
        }[self.kind]

    @property
    def imports(self) -> list[str]:
        """The modules of the standard library that the line needs."""
        return {"deepcopy": ["copy"], "pickle": ["pickle"], "save and load": ["tempfile"]}.get(self.kind, [])


def edits(cls: Any, kinds: Sequence[str] = KINDS, *, names: Sequence[str] | None = None) -> Any:
    """A strategy for one edit of a scheduler of this class.

    Args:
        cls: the class.
        kinds: of :data:`KINDS`.
        names: the settings that may be edited; all that can be varied when left out.

    Raises:
        InspectError: hypothesis is not installed.
    """
    st = require()
    editable = [n for n in (varied(cls) if names is None else names) if values(cls, n) is not None]
    setting = st.sampled_from(editable).flatmap(lambda n: st.tuples(st.just(n), values(cls, n))) if editable else None
    found = []
    for kind in kinds:
        if kind in ("item", "attribute", "register"):
            if setting is not None:
                found.append(setting.map(lambda given, kind=kind: Edit(kind, *given)))
        elif kind == "from_config":
            found.append(st.just(Edit(kind)))
            if setting is not None:
                found.append(setting.map(lambda given, kind=kind: Edit(kind, *given)))
        elif kind == "swap":
            if others := compatibles(cls):
                found.append(st.sampled_from(others).map(lambda other, kind=kind: Edit(kind, "", other)))
        elif kind == "set_timesteps":
            found.append(st.sampled_from(STEPS).map(lambda n, kind=kind: Edit(kind, "", n)))
        else:
            found.append(st.just(Edit(kind)))
    return st.one_of(*found) if found else st.nothing()


def compatibles(cls: Any) -> tuple[Any, ...]:
    """The other classes that a class itself names as compatible, as far as they can be made here."""
    can = checkable()[0]
    return tuple(can[n] for n in sorted(getattr(cls, "_compatibles", ())) if n in can and can[n] is not cls)


def save_and_load(scheduler: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        scheduler.save_pretrained(folder)
        return type(scheduler).from_pretrained(folder)


def _item(scheduler: Any, name: str, value: Any) -> Any:
    scheduler.config[name] = value
    return scheduler


def _attribute(scheduler: Any, name: str, value: Any) -> Any:
    setattr(scheduler.config, name, value)
    return scheduler


def _register(scheduler: Any, name: str, value: Any) -> Any:
    scheduler.register_to_config(**{name: value})
    return scheduler


def _from_config(scheduler: Any, name: str, value: Any) -> Any:
    return type(scheduler).from_config(scheduler.config, **({name: value} if name else {}))


def _set_timesteps(scheduler: Any, _: str, steps: Any) -> Any:
    scheduler.set_timesteps(steps)
    return scheduler


def _looked(look: Any) -> Any:
    def do(scheduler: Any, _: str, __: Any) -> Any:
        look(scheduler)
        return scheduler

    return do


_DO: dict[str, Any] = {
    "item": _item,
    "attribute": _attribute,
    "register": _register,
    "from_config": _from_config,
    "swap": lambda scheduler, _, cls: cls.from_config(scheduler.config),
    "save and load": lambda scheduler, _, __: save_and_load(scheduler),
    "deepcopy": lambda scheduler, _, __: copy.deepcopy(scheduler),
    "pickle": lambda scheduler, _, __: pickle.loads(pickle.dumps(scheduler)),  # noqa: S301 (its own bytes)
    "set_timesteps": _set_timesteps,
    "repr": _looked(repr),
    "str": _looked(str),
    "format": _looked(lambda scheduler: f"{scheduler}"),
}
