"""``[tool.inspect-pipe]`` in the pyproject.toml of the user's own project: the options of the command line, kept."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from inspector.model import EXIT_USAGE, InspectError

FORMATS = ("human", "json", "jsonl", "markdown", "html", "github", "gitlab", "sarif", "junit")
THRESHOLDS = ("error", "warning", "note", "never")
TABLE = "tool.inspect-pipe"
_LARGEST = 1 << 20
_NEVER = {
    "trust-remote-code": "running a model's own code is decided on the command line, each time",
    "output": "a file is written only where the command line says",
    "report": "a file is written only where the command line says",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options a project may keep; the command line wins over them.

    ``ignore`` maps a code, or the start of one, to the reason why it is accepted. ``presets`` are the project's own
    sampler presets, as they are written; whoever uses them checks them. ``baseline`` is the file of accepted findings,
    ``lock`` that of the seal; both lie beside the pyproject.toml.
    """

    select: tuple[str, ...] = ()
    ignore: dict[str, str] = field(default_factory=dict)
    fail_on: str = "warning"
    exit_zero: bool = False
    format: str = "human"
    verbose: bool = False
    static: bool = False
    weights: bool = False
    torch_dtype: str | None = None
    device: str | None = None
    online: bool = False
    timeout: float | None = None
    limit: tuple[str, ...] = ()
    presets: dict[str, Any] = field(default_factory=dict)
    baseline: str = ""
    lock: str = ""
    file: str = ""


def load(inspected: Iterable[Path] = (), start: Path | None = None) -> Settings:
    """The settings of the project the user stands in, or the defaults.

    The nearest pyproject.toml at or above the current folder counts, unless it lies inside what is inspected:
    a model folder decides nothing about its own inspection.

    Args:
        inspected: the folders (or files) under inspection.
        start: where the user stands; the current folder when not given.

    Raises:
        InspectError: the file cannot be read, or holds what is no setting (exit status 2).
    """
    here = Path(os.path.realpath(start or Path.cwd()))
    sources = [Path(os.path.realpath(p)) for p in inspected]
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            if any(folder == s or s in folder.parents for s in sources):
                return Settings()
            return parse(_table(file), str(file))
    return Settings()


def parse(table: dict[str, Any], file: str = "") -> Settings:
    """Check one table and turn it into settings.

    Raises:
        InspectError: a key or code that does not exist, or a value of the wrong kind (exit status 2).
    """
    known = {f.name.replace("_", "-"): f.name for f in fields(Settings) if f.name != "file"}
    settings = Settings(file=file)
    for key, value in table.items():
        if key in _NEVER:
            raise _wrong(f"{key} is not read from a file: {_NEVER[key]}", file)
        if key not in known:
            raise _wrong(f"[{TABLE}] has no setting {key!r}", file, did_you_mean(key, known))
        settings = replace(settings, **{known[key]: _checked(key, value, file)})
    check_codes((*settings.select, *settings.ignore), file)
    return settings


def check_codes(codes: Iterable[str], file: str = "") -> None:
    """Refuse a code, or a start of one, that no rule has.

    Raises:
        InspectError: with the nearest codes (exit status 2).
    """
    wanted = list(codes)
    if not wanted:
        return
    from inspector.rules import RULES

    for code in wanted:
        if not code or not any(known.startswith(code) for known in RULES):
            raise _wrong(f"no rule has the code {code!r}", file, did_you_mean(code.upper(), RULES))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean a or b?``, or which there are when none is near."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are: {', '.join(names)}" if len(names) <= 16 else "inspect-pipe explain lists them all"


def _table(file: Path) -> dict[str, Any]:
    try:
        raw = file.read_bytes()[: _LARGEST + 1]
        if b"inspect-pipe" not in raw:  # most projects: no need for a TOML parser
            return {}
        if len(raw) > _LARGEST:
            raise _wrong(f"pyproject.toml is over {_LARGEST >> 20} MiB", str(file))
        import tomllib

        table = tomllib.loads(raw.decode("utf-8")).get("tool", {}).get("inspect-pipe", {})
    except OSError as error:
        raise _wrong(f"pyproject.toml cannot be read: {error.strerror}", str(file)) from error
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both this
        raise _wrong(f"pyproject.toml is not valid TOML: {error}", str(file)) from error
    if not isinstance(table, dict):
        raise _wrong(f"[{TABLE}] must be a table", str(file))
    return table


def _checked(key: str, value: Any, file: str) -> Any:
    """The value as the field of :class:`Settings` holds it."""
    match key, value:
        case "ignore", dict() if all(isinstance(v, str) and v.strip() for v in value.values()):
            return value
        case "ignore", _:
            raise _wrong(
                "ignore must give a reason for each code", file, 'write ignore = { IPC103 = "why it is accepted" }'
            )
        case "presets", dict():
            return value
        case (("select" | "limit"), list()) if all(isinstance(v, str) for v in value):
            return tuple(value)
        case "fail-on", str() if value in THRESHOLDS:
            return value
        case "format", str() if value in FORMATS:
            return value
        case (("fail-on" | "format"), _):
            raise _wrong(f"{key} = {value!r} is none of {', '.join(THRESHOLDS if key == 'fail-on' else FORMATS)}", file)
        case (("torch-dtype" | "device"), str()):
            return value
        case (("baseline" | "lock"), str()) if value.strip():
            return os.path.relpath(os.path.join(os.path.dirname(file), value))
        case "timeout", int() | float() if not isinstance(value, bool) and value > 0:
            return float(value)
        case (("exit-zero" | "verbose" | "static" | "weights" | "online"), bool()):
            return value
    kind = {
        "presets": "a table of tables",
        "baseline": "the name of a file",
        "lock": "the name of a file",
        "select": "a list of codes",
        "limit": 'a list such as ["config=2MiB"]',
        "timeout": "a number of seconds",
    }
    text = "a text" if key in ("torch-dtype", "device") else "true or false"
    raise _wrong(f"{key} must be {kind.get(key, text)}, not {value!r}", file)


def _wrong(message: str, file: str, hint: str = "") -> InspectError:
    return InspectError(message, hint=hint, exit_code=EXIT_USAGE, where=file)
