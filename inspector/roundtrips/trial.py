"""One case of one law: a scheduler config with edits, what can be done to it, and what is compared."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from inspector.strategies.configs import SchedulerConfig
from inspector.strategies.edits import Edit

_HOME = str(Path(__file__).resolve().parents[1])
_EDITS = str(Path(_HOME) / "strategies" / "edits.py")


class Rejected(Exception):  # noqa: N818 (no fault: what a constructor refuses is no case for a law)
    """The library refuses this combination in a place where it may."""


@dataclass(frozen=True, slots=True)
class Break:
    """How a law is broken.

    ``what`` is the setting or thing that differs, ``before`` and ``after`` its values (live), ``cause`` a few words
    that are the same for every case of one defect: they tell one defect of a law from another. ``raised`` is true where
    the library raises, and ``after`` is what.
    """

    what: str
    before: Any
    after: Any
    cause: str
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What a law is given."""

    config: SchedulerConfig
    edits: tuple[Edit, ...] = ()
    rejected: list[tuple[SchedulerConfig, str]] = field(default_factory=list, compare=False)

    @property
    def edit(self) -> Edit:
        return self.edits[0]

    def make(self) -> Any:
        """A new scheduler.

        Raises:
            Rejected: the constructor does not take it.
        """
        try:
            return self.config.build()
        except Exception as error:
            if own(error):
                raise
            self.rejected.append((self.config, f"{type(error).__name__}: {error}"))
            raise Rejected from error


def attempt(step: Any, *given: Any, **named: Any) -> Any:
    """Do what the library may refuse.

    Raises:
        Rejected: it does.
    """
    try:
        return step(*given, **named)
    except Exception as error:
        if own(error):
            raise
        raise Rejected from error


def own(error: BaseException) -> bool:
    """Whether an exception was raised by our own code, and not by the library that our code called.

    The lines of an edit are the user's: what is raised there comes from below, from C without a frame of its own.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(_HOME) and frames[-1].filename != _EDITS


def settings(obj: Any) -> dict[str, Any]:
    """The items of a config that are settings: not those that diffusers keeps for itself."""
    return {k: v for k, v in dict.items(obj.config) if not k.startswith("_")}


def attributes(obj: Any) -> dict[str, Any]:
    """What ``config.NAME`` says for each of these settings that has it."""
    kept = vars(obj.config)
    return {k: kept[k] for k in settings(obj) if k in kept}


def alike(a: Any, b: Any) -> bool:
    """Whether two values have the same content: a tuple is like a list, an array like its list, 1 is not like True."""
    if a is b:
        return True
    if type(a) is type(b) and isinstance(a, bool | int | str):
        return bool(a == b)
    if isinstance(a, float) and isinstance(b, float):
        return bool(a == b or (a != a and b != b))
    from inspector.equality import equal
    from inspector.observe.plain import plain

    return equal(_listed(plain, a), _listed(plain, b))


def _listed(plain: Any, value: Any) -> Any:
    return plain(value.tolist()) if type(value).__module__ == "numpy" and hasattr(value, "tolist") else plain(value)


def differing(before: Mapping[str, Any], after: Mapping[str, Any], names: Any = None) -> Iterator[tuple[str, Any, Any]]:
    """The names whose values are not alike, in the order of ``before``; a name that is gone differs."""
    for name in before if names is None else names:
        if name not in after:
            yield name, before.get(name), MISSING
        elif name not in before:
            yield name, MISSING, after[name]
        elif not alike(before[name], after[name]):
            yield name, before[name], after[name]


class _Missing:
    """Stands where there is no value."""

    def __repr__(self) -> str:
        return "absent"


MISSING: Any = _Missing()


def saved(obj: Any) -> tuple[str, Any]:
    """The text of the file that a save writes, and the object that loading it gives."""
    folder = Path(scratch().name)
    file = folder / obj.config_name
    file.unlink(missing_ok=True)  # what an earlier case left must not be read for this one
    obj.save_pretrained(folder)
    return file.read_text(encoding="utf-8"), type(obj).from_pretrained(folder)


@cache
def scratch() -> tempfile.TemporaryDirectory[str]:
    """One folder for every save of this process: making and removing one costs more than the save."""
    return tempfile.TemporaryDirectory(prefix="inspect-pipe-")


TENSORS = ("betas", "alphas_cumprod", "sigmas", "timesteps")
"""What the steps are computed from."""


def tensors(obj: Any) -> dict[str, Any]:
    """The derived tensors that an object has, as lists (NaN as ``nan``)."""
    import torch

    found = {name: vars(obj).get(name) for name in TENSORS}
    return {k: v.tolist() for k, v in found.items() if isinstance(v, torch.Tensor)}
