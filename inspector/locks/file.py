"""The file of a seal: JSON with one line a fact, so that a change of it reads like a change of settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.model import EXIT_USAGE, InspectError

LOCK = "inspect-pipe-lock/1"
DEFAULT = "inspect-pipe.lock.json"
_LARGEST = 64 << 20
_PARTS: dict[str, type] = {"source": str, "versions": dict, "files": dict, "components": dict, "schedules": dict}


@dataclass(frozen=True, slots=True)
class Lock:
    """What a source was when it was sealed.

    ``source``: where it lies, a path relative to the file. ``versions``: of the libraries. ``files``: name ->
    ``{content}`` or ``{size, header}``. ``components``: path -> ``{class, config, settings}``, empty when only files
    were read. ``schedules``: path of a scheduler -> number of steps -> what ``set_timesteps`` gave.
    """

    source: str
    versions: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    components: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    schedules: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    path: Path = Path(DEFAULT)


def load(path: Path) -> Lock:
    """Read one.

    Raises:
        InspectError: it cannot be read, or is no strict JSON (exit 3); it is no seal of this version (exit 2).
    """
    from inspector.strictjson import loads

    hint = f"make one: inspect-pipe lock SOURCE -o {path}"
    try:
        if path.exists() and not path.is_file():
            aside = "give the name of a file: inspect-pipe lock SOURCE -o FILE makes one"
            raise InspectError(f"the lock {path} is no regular file", hint=aside, where=str(path))
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"the lock {path} cannot be read: {error.strerror or error}"
        raise InspectError(message, hint=hint, where=str(path)) from error
    if len(data) > _LARGEST:
        raise InspectError(f"the lock {path} is over {_LARGEST >> 20} MiB", hint=hint, where=str(path))
    content = loads(data, str(path), shadows=False)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != LOCK:
        ours = isinstance(schema, str) and schema.startswith(LOCK.partition("/")[0] + "/")
        said = f"is a lock of another version: {schema!r}" if ours else "is no lock"
        raise _wrong(f"{path} {said}", path, f"this inspect-pipe reads {LOCK}; {hint}")
    for name, kind in _PARTS.items():
        if not isinstance(content.get(name), kind):
            raise _wrong(f"{path} has no {name}, or one that is no {kind.__name__}", path, hint)
    try:
        for facts in content["files"].values():
            _want(isinstance(facts, dict) and facts, "a file without a digest")
        for found in content["components"].values():
            _want(
                isinstance(found["class"], str) and isinstance(found["settings"], dict), "a component without settings"
            )
        for run in (r for runs in content["schedules"].values() for r in runs.values()):
            _want(
                "raises" in run or all(_numbers(run[k]) for k in ("sigmas", "timesteps")), "a schedule without numbers"
            )
            _want(isinstance(run.get("tolerance", 0), int | float), "a tolerance that is no number")
    except (KeyError, TypeError, AttributeError) as error:
        raise _wrong(f"{path} is no whole lock: it has {_lacking(error)}", path, hint) from error
    return Lock(**{name: content[name] for name in _PARTS}, path=path)


def dump(lock: Lock) -> str:
    """The text of the file."""
    from inspector.render.escape import hidden
    from inspector.render.machine import plain

    content = {"schema": LOCK, **{name: getattr(lock, name) for name in _PARTS}}
    return "\n".join(map(hidden, _lines(plain(content)).split("\n"))) + "\n"


def _lines(data: Any, indent: str = "") -> str:
    """Objects one line a key, sorted below the first level; everything else on one line."""
    if not isinstance(data, dict) or not data:
        return json.dumps(data, ensure_ascii=False, allow_nan=False)
    inner = f"{indent} "
    keys = data if not indent else sorted(data, key=lambda k: (k.isdecimal() and int(k), k))
    rows = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {_lines(data[k], inner)}" for k in keys]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


def _lacking(error: Exception) -> str:
    return f"no {error.args[0]} where one is needed" if isinstance(error, KeyError) else str(error)


def _want(true: Any, what: str) -> None:
    if not true:
        raise TypeError(what)


def _numbers(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(v, int | float | str) for v in values)


def _wrong(message: str, path: Path, hint: str) -> InspectError:
    return InspectError(message, hint=hint, exit_code=EXIT_USAGE, where=str(path))
