"""A table of presets that is the user's own: a JSON or TOML file of ``NAME: {"class": …, "kwargs": {…}}``."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError
from inspector.remote.address import is_remote
from inspector.samplers.naming import plain
from inspector.samplers.tables.row import Kind, Preset

_LARGEST = 1 << 20
_TABLE = "tool.inspect-pipe.presets"
_KEYS = ("class", "kwargs")
_DEEPEST = 16


def load_table(path: str | Path) -> dict[str, Preset]:
    """The presets of a file, by name.

    A ``.toml`` holds one table ``[NAME]`` a preset, a pyproject.toml ``[tool.inspect-pipe.presets.NAME]``; anything
    else is JSON. A key in ``kwargs`` that the class does not take is no error here: that is for the checks to report.

    Args:
        path: the file; at most 1 MiB.

    Raises:
        InspectError: not there, not a file, too large (exit 3); not JSON or TOML, an unknown key or class, a value of
            the wrong kind, a name twice (exit 2).
    """
    where = str(path)
    presets = {name: _preset(name, row, where) for name, row in read_rows(path).items()}
    _unlike(presets, where)
    return presets


def read_rows(path: str | Path) -> dict[str, Any]:
    """The rows of a file by name, each as it stands there.

    Raises:
        InspectError: as :func:`load_table`, but for what is wrong with a single row.
    """
    where = str(path)
    raw = _read(where)
    return _toml(raw, where) if where.lower().endswith(".toml") else _json(raw, where)


def parse(table: Mapping[str, Any], where: str) -> dict[str, Preset]:
    """The presets of a table that is already read: ``presets`` of ``[tool.inspect-pipe]``.

    Raises:
        InspectError: as :func:`load_table` (exit 2).
    """
    presets = {name: _preset(name, row, where) for name, row in _rows(table, where).items()}
    _unlike(presets, where)
    return presets


def _read(where: str) -> bytes:
    if is_remote(where):
        from inspector.remote.source import content_of

        return content_of(where, _LARGEST)
    try:
        # a pipe or a device would block for ever: it is opened without waiting, and told by what it is
        descriptor = os.open(where, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _unreadable(f"{where} is not a file", where)
        with open(descriptor, "rb") as file:
            raw = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(f"{where} cannot be read: {reason}", where) from error
    if len(raw) > _LARGEST:
        raise _unreadable(f"{where} is over {_LARGEST >> 20} MiB, too large for a table of presets", where)
    return raw


def _json(raw: bytes, where: str) -> dict[str, Any]:
    from inspector.strictjson import ReadError, loads

    try:
        parsed = loads(raw, where, shadows=False)
    except ReadError as error:
        raise _wrong(error.message, where, error.hint) from error
    return _rows(parsed, where)


def _toml(raw: bytes, where: str) -> dict[str, Any]:
    import tomllib

    try:
        parsed = tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _wrong(f"{where} is not UTF-8 (byte {error.start})", where, "save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _wrong(f"{where} is not valid TOML: {reason}", where) from error
    if "tool" not in parsed and Path(where).name != "pyproject.toml":
        return _rows(parsed, where)
    inner: Any = parsed
    for name in _TABLE.split("."):
        inner = inner.get(name) if isinstance(inner, dict) else None
    if inner is None:
        raise _wrong(f"{where} has no table [{_TABLE}]", where, f"write [{_TABLE}.NAME] with a class and kwargs")
    return _rows(inner, where)


def _rows(parsed: Any, where: str) -> dict[str, Any]:
    if not isinstance(parsed, Mapping):
        raise _wrong(f"{where} must hold NAME: {{class, kwargs}}, not {_word(parsed)}", where)
    if not parsed:
        raise _wrong(f"{where} holds no preset", where, 'write {"NAME": {"class": "…", "kwargs": {…}}}')
    return dict(parsed)


def _preset(name: str, row: Any, where: str) -> Preset:
    if not any(c.isalnum() for c in name) or len(name) > 200:
        raise _wrong(f"{where}: {name[:40]!r} is no name for a preset", where, "use letters and digits, 200 at most")
    if not isinstance(row, Mapping):
        hint = 'write {"class": "…", "kwargs": {…}}'
        raise _wrong(f"{where}: preset {name!r} must be a table, not {_word(row)}", where, hint)
    for key in row:
        if key not in _KEYS:
            raise _wrong(f"{where}: preset {name!r} has an unknown key {key!r}", where, _near(key, row))
    cls, kwargs = row.get("class"), row.get("kwargs", {})
    if cls is None:
        raise _wrong(f"{where}: preset {name!r} names no class", where, 'add "class": a diffusers scheduler')
    if not isinstance(cls, str):
        raise _wrong(f"{where}: class of preset {name!r} must be a text, not {_word(cls)}", where)
    if not isinstance(kwargs, Mapping):
        raise _wrong(f"{where}: kwargs of preset {name!r} must be a table, not {_word(kwargs)}", where)
    _known(cls, name, where)
    for key, value in kwargs.items():
        if not key.isidentifier():
            raise _wrong(f"{where}: preset {name!r} has {key[:40]!r} in kwargs, which is no name of an option", where)
        if not _is_plain(value):
            message = f"{where}: {key} of preset {name!r} must be plain and finite data, not {_word(value)}"
            raise _wrong(message, where)
    return Preset(name, name, cls, dict(kwargs), kind=kind_of(cls, kwargs), source=where)


def _known(cls: str, name: str, where: str) -> None:
    """Refuse a class that is no scheduler of the installed diffusers; nothing is imported to tell."""
    from inspector import classes

    if any(cls == c.name for c in classes.schedulers()):
        return
    known = {c.name.lower(): c.name for c in classes.schedulers()}
    if classes.find("diffusers", cls) is not None:
        raise _wrong(f"{where}: class {cls} of preset {name!r} is no scheduler", where)
    import difflib

    short = cls[:128]
    near = difflib.get_close_matches(short.lower(), known, n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(known[n] for n in near)}?" if near else "inspect-pipe presets list shows them"
    raise _wrong(f"{where}: preset {name!r} names {short!r}, which diffusers does not have", where, hint)


def kind_of(cls: str, kwargs: Mapping[str, Any]) -> Kind:
    """What models a preset is for, told from its class and options."""
    if cls.startswith("FlowMatch") or kwargs.get("use_flow_sigmas"):
        return "flow"
    return "edm" if cls.startswith(("EDM", "CosineDPM")) else "vp"


def _unlike(presets: Mapping[str, Preset], where: str) -> None:
    """Refuse two names that are one once capitals and punctuation are gone: only the first would ever be found."""
    seen: dict[str, str] = {}
    for name in presets:
        other = seen.setdefault(plain(name), name)
        if other != name:
            raise _wrong(f"{where}: {other!r} and {name!r} are the same name", where, "rename one of the two")


def _is_plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return depth < _DEEPEST and all(_is_plain(v, depth + 1) for v in value)
    if isinstance(value, dict):
        return depth < _DEEPEST and all(_is_plain(v, depth + 1) for v in value.values())
    return value is None or isinstance(value, bool | int | str)


def _near(key: str, row: Mapping[str, Any]) -> str:
    import difflib

    if "kwargs" not in row and "class" in row:
        return f'options of the class go into "kwargs": {{"{key[:40]}": …}}'
    near = difflib.get_close_matches(key.lower(), _KEYS, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else "a preset has class and kwargs"


def _word(value: Any) -> str:
    names = {dict: "a table", list: "a list", str: "a text", bool: "true or false", int: "a number", type(None): "null"}
    if isinstance(value, float):
        return "a number" if math.isfinite(value) else str(value)
    return names.get(type(value), f"a {type(value).__name__}")


def _wrong(message: str, where: str, hint: str = "") -> InspectError:
    return InspectError(message, hint=hint, exit_code=EXIT_USAGE, where=where)


def _unreadable(message: str, where: str) -> InspectError:
    return InspectError(message, hint="name a JSON or TOML file", exit_code=EXIT_UNREADABLE, code="IPI901", where=where)
