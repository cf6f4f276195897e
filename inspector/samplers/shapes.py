"""Anyone's table of presets, as their own Python code holds it, read as rows.

Tables that people have (InvokeAI, SD.Next, demos and servers by the hundred) come as a mapping of a name, or as a list,
of: a class, ``(class, kwargs)``, ``{"class": …, "kwargs": …}``, ``functools.partial``, a function of the config, or a
scheduler. A function is called and watched: what it passes to ``from_config`` is its kwargs.
"""

from __future__ import annotations

import difflib
import enum
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.owntables import kind_of
from inspector.samplers.tables.row import Preset

CLASS = ("class", "cls", "scheduler", "scheduler_class", "sampler", "class_name", "_class_name", "_sched", "type")
KWARGS = ("kwargs", "config", "params", "args", "options", "extra", "overrides", "scheduler_kwargs")
NAMES = ("name", "label", "key", "id", "title")
_MOST = 1_000
_WANTED = 'a class, (class, {kwargs}), {"class": …, "kwargs": {…}}, a partial, a function of the config, or a scheduler'


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table: a preset, or ``problem``, why it is none. ``wrong``: it is the row's own fault."""

    name: str
    preset: Preset | None = None
    problem: str = ""
    hint: str = ""
    wrong: bool = False


def entries(table: Any, config: Mapping[str, Any], where: str) -> list[Entry]:
    """The rows of a table.

    Args:
        table: what the user's code holds, or makes.
        config: a model's scheduler config, for the functions in the table to be called with.
        where: what the table is called.

    Raises:
        InspectError: it is no table at all, or an empty one (exit 2).
    """
    rows = list(named(table))
    if not rows:
        hint = 'want {"NAME": (Class, {kwargs}), …}, or a list of them'
        raise InspectError(f"{where} is {_word(table)}, no table of presets", hint=hint, exit_code=EXIT_USAGE)
    names = {name for name, _ in rows}
    rows = [(name, row) for name, row in rows if not (isinstance(row, str) and row in names)]  # "default": "Euler"
    apart = {class_key(row) for _, row in rows if isinstance(row, Mapping) and kwargs_key(row) is not None}
    return [
        one(name, row, config, where, nested=isinstance(row, Mapping) and class_key(row) in apart)
        for name, row in rows[:_MOST]
    ]


def named(table: Any) -> Iterator[tuple[str, Any]]:
    """Name and row of each entry of a mapping or a list; nothing for what is neither."""
    if isinstance(table, Mapping):
        for name, row in table.items():
            yield _named(name), row
    elif isinstance(table, Sequence) and not isinstance(table, str | bytes):
        for number, row in enumerate(table, 1):
            if isinstance(row, Mapping):
                key = next((k for k in NAMES if isinstance(row.get(k), str)), None)
                yield (f"row {number}", row) if key is None else (row[key], {k: v for k, v in row.items() if k != key})
            elif isinstance(row, Sequence) and not isinstance(row, str | bytes) and row and isinstance(row[0], str):
                yield row[0], row[1] if len(row) == 2 else tuple(row[1:])
            else:
                yield f"row {number}", row


def one(name: str, row: Any, config: Mapping[str, Any], where: str, *, nested: bool = False) -> Entry:
    """One row, whatever its shape. ``nested``: kwargs are in a mapping of their own in this table."""
    if isinstance(row, Mapping):
        return of_mapping(name, row, where, nested=nested)
    if isinstance(row, functools.partial):
        return of_partial(name, row, config, where)
    if isinstance(row, str) or is_scheduler_class(row):
        return made(name, row, {}, where)
    if isinstance(row, Sequence) and not isinstance(row, bytes) and row:
        first, second = row[0], row[1] if len(row) > 1 else {}
        if isinstance(second, Mapping) and (isinstance(first, str) or is_scheduler_class(first)):
            return made(name, first, second, where)
        return (
            one(name, first, config, where)
            if callable(first)
            else Entry(name, problem=f"it is {_word(row)}; want {_WANTED}")
        )
    if is_scheduler(row):
        return of_scheduler(name, row, where)
    return (
        of_function(name, row, config, where)
        if callable(row)
        else Entry(name, problem=f"it is {_word(row)}; want {_WANTED}")
    )


def of_mapping(name: str, row: Mapping[Any, Any], where: str, *, nested: bool) -> Entry:
    """``{"class": X, "kwargs": {…}}``, or the kwargs beside the class."""
    key = class_key(row)
    if key is None:
        return Entry(name, problem="it names no class", hint='add "class": a diffusers scheduler')
    inner = kwargs_key(row)
    if inner is not None:
        return made(name, row[key], row[inner], where)
    rest = {} if nested else {k: v for k, v in row.items() if k != key and k not in (*NAMES, *KWARGS)}
    return made(name, row[key], rest, where)


def class_key(row: Mapping[Any, Any]) -> Any:
    """Under which key a row has its class: a name that tables use, or whatever holds a scheduler's class."""
    key = next((k for k in CLASS if isinstance(row.get(k), str) or is_scheduler_class(row.get(k))), None)
    return key if key is not None else next((k for k, v in row.items() if is_scheduler_class(v)), None)


def kwargs_key(row: Mapping[Any, Any]) -> str | None:
    return next((k for k in KWARGS if isinstance(row.get(k), Mapping)), None)


def of_partial(name: str, row: functools.partial[Any], config: Mapping[str, Any], where: str) -> Entry:
    """``partial(X.from_config, k=v)`` or ``partial(X, k=v)``."""
    owner = getattr(row.func, "__self__", None)
    if not row.args and is_scheduler_class(row.func):
        return made(name, row.func, row.keywords, where, built="constructor")
    if not row.args and is_scheduler_class(owner) and getattr(row.func, "__name__", "") == "from_config":
        return made(name, owner, row.keywords, where)
    return of_function(name, row, config, where)


def of_function(name: str, row: Callable[..., Any], config: Mapping[str, Any], where: str) -> Entry:
    """A function is called with the config, and what it does with ``from_config`` is its row."""
    with watched() as calls:
        try:
            result = called(row, config)
        except Exception as error:  # noqa: BLE001 (the user's own code; that it raises is what there is to say)
            said = " ".join(str(error).split())[:200]
            return Entry(name, problem=f"calling it raises {type(error).__name__}: {said}", wrong=True)
    if is_scheduler_class(result):
        return made(name, result, {}, where)
    if not is_scheduler(result):  # SD.Next's own sampler objects hold one
        held = [v for v in getattr(result, "__dict__", {}).values() if is_scheduler(v)]
        if len(held) != 1:
            return Entry(name, problem=f"calling it gives {_word(result)}, no scheduler")
        result = held[0]
    mine = [kwargs for cls, kwargs in calls if cls is type(result)]
    return made(name, type(result), mine[-1], where) if mine else of_scheduler(name, result, where)


def called(row: Callable[..., Any], config: Mapping[str, Any]) -> Any:
    """The function's result for a config, a scheduler or a pipeline: one stand-in answers for all three."""
    import inspect

    from diffusers.configuration_utils import FrozenDict

    class Model(FrozenDict):  # type: ignore[misc]
        """The config; ``.config`` and ``.scheduler.config`` are the config too."""

        @property
        def config(self) -> Any:
            return FrozenDict(self)

        @property
        def scheduler(self) -> Any:
            return self

    try:
        parameters = inspect.signature(row).parameters.values()
    except (TypeError, ValueError):  # written in C
        return row(Model(config))
    wanted = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes = wanted or [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:1]
    return row(*[Model(config) for _ in takes[: max(1, len(wanted))]])


def of_scheduler(name: str, row: Any, where: str) -> Entry:
    """A scheduler that is made already: what it was given by keyword."""
    config = dict(dict.items(row.config))
    defaults = set(config.get("_use_default_values", ()))
    given = {k: v for k, v in config.items() if not k.startswith("_") and k not in defaults}
    return made(name, type(row), given, where, built="constructor")


def made(
    name: str,
    cls: Any,
    kwargs: Mapping[Any, Any],
    where: str,
    *,
    built: Literal["from_config", "constructor"] = "from_config",
) -> Entry:
    """The row as a preset, if its class is a scheduler of diffusers."""
    import diffusers

    word = cls if isinstance(cls, str) else cls.__name__
    known = getattr(diffusers, word, None)
    own = None if isinstance(cls, str) or cls is known else cls
    if own is not None:
        known = parent_of(own)
        if known is None:
            return Entry(name, problem=f"{word} is a class of {cls.__module__}, not of diffusers: it is not checked")
        if own.set_timesteps is not known.set_timesteps:
            said = f"{word} has a set_timesteps of its own: what {known.__name__} should hold says nothing of it"
            return Entry(name, problem=said)
        word = known.__name__
    if not is_scheduler_class(known):
        return unknown(name, word)
    if not all(isinstance(k, str) for k in kwargs):
        return Entry(name, problem="a key of its kwargs is no text", wrong=True)
    given = dict(kwargs)
    return Entry(name, Preset(name, name, word, given, kind=kind_of(word, given), source=where, built=built, own=own))


def parent_of(cls: Any) -> Any:
    """The scheduler of diffusers that a class of the user's own derives from; None where there is none."""
    import diffusers

    return next((c for c in cls.__mro__ if is_scheduler_class(c) and getattr(diffusers, c.__name__, None) is c), None)


def unknown(name: str, word: str) -> Entry:
    """A class that diffusers does not have, with those that are near."""
    from inspector import classes

    known = {c.name.lower(): c.name for c in classes.schedulers()}
    near = difflib.get_close_matches(word[:128].lower(), known, n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(known[n] for n in near)}?" if near else "inspect-pipe presets list shows them"
    return Entry(name, problem=f"{word[:128]!r} is no scheduler of the installed diffusers", hint=hint, wrong=True)


@contextmanager
def watched() -> Iterator[list[tuple[Any, dict[str, Any]]]]:
    """Inside, every ``from_config`` is noted: its class, and the keywords beside the config."""
    from unittest.mock import patch

    from diffusers.configuration_utils import ConfigMixin

    calls: list[tuple[Any, dict[str, Any]]] = []
    real = ConfigMixin.from_config.__func__

    def noted(cls: Any, /, config: Any = None, return_unused_kwargs: bool = False, **kwargs: Any) -> Any:
        calls.append((cls, dict(kwargs)))
        return real(cls, config, return_unused_kwargs, **kwargs)

    with patch.object(ConfigMixin, "from_config", classmethod(noted)):
        yield calls


def is_scheduler_class(value: Any) -> bool:
    return isinstance(value, type) and hasattr(value, "from_config") and hasattr(value, "set_timesteps")


def is_scheduler(value: Any) -> bool:
    return not isinstance(value, type) and is_scheduler_class(type(value))


def _named(name: Any) -> str:
    if isinstance(name, enum.Enum):
        return str(name.value) if isinstance(name.value, str) else name.name
    return str(name)[:200]


def _word(value: Any) -> str:
    if isinstance(value, Mapping | Sequence) and not value:
        return "empty"
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"
