"""A counterexample as plain data, in a file, and read from it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError
from inspector.roundtrips.trial import Trial
from inspector.strategies.classes import checkable, signature
from inspector.strategies.configs import SchedulerConfig
from inspector.strategies.edits import KINDS, Edit
from inspector.strategies.literals import decoded, encoded

SCHEMA = "inspect-pipe-counterexample/1"
MARK = "# inspect-pipe: "
"""Before the JSON in a saved script; the script itself is never run by a replay."""


def data_of(law: str, trial: Trial) -> dict[str, Any]:
    """The case as JSON keeps it: ``law``, ``class``, ``kwargs``, ``positional``, ``edits``."""
    config = trial.config
    return {
        "law": law,
        "class": config.cls.__name__,
        "kwargs": {k: encoded(v) for k, v in config.kwargs.items()},
        "positional": config.positional,
        "edits": [
            {"kind": e.kind, "name": e.name, "value": e.value.__name__ if e.kind == "swap" else encoded(e.value)}
            for e in trial.edits
        ],
    }


def trial_of(data: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> Trial:
    """The case again.

    Args:
        data: what :func:`data_of` gave.
        known: classes by name, beside those of diffusers.

    Raises:
        InspectError: it is not of that form (exit 3), or names a class that is not here (exit 2).
    """
    classes = {**checkable()[0], **(known or {})}

    def named(name: Any) -> Any:
        if name not in classes:
            why = checkable()[1].get(name, "the installed diffusers has no such scheduler")
            raise InspectError(f"{name} cannot be checked: {why}", exit_code=EXIT_USAGE)
        return classes[name]

    try:
        cls, kwargs = named(data["class"]), {k: decoded(v) for k, v in data.get("kwargs", {}).items()}
        order = [*(n for n in signature(cls) if n in kwargs), *(n for n in kwargs if n not in signature(cls))]
        given = {name: kwargs[name] for name in order}
        edits = [
            Edit(e["kind"], e.get("name", ""), named(e["value"]) if e["kind"] == "swap" else decoded(e.get("value")))
            for e in data.get("edits", ())
        ]
        if any(e.kind not in KINDS for e in edits):
            raise ValueError(f"no edit is called {next(e.kind for e in edits if e.kind not in KINDS)!r}")
        return Trial(SchedulerConfig(cls, given, int(data.get("positional", 0))), tuple(edits))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise InspectError(f"this is no counterexample ({said})", exit_code=EXIT_UNREADABLE) from error


def written(data: Mapping[str, Any], seed: int, versions: Mapping[str, str], title: str) -> str:
    """The file: a script anyone can run, with what a replay needs in a comment."""
    held = {k: v for k, v in data.items() if k != "code"}
    kept = {"schema": SCHEMA, "seed": seed, "versions": dict(versions), **held}
    head = [
        f"# {data['law']} of inspect-pipe: {title}.",
        f"# Found with diffusers {versions.get('diffusers', '?')}, seed {seed}; it exits with 1 where it shows.",
        MARK + json.dumps(kept),
    ]
    return "\n".join(head) + "\n" + str(data["code"])


def read(text: str, where: str) -> dict[str, Any]:
    """What a replay needs of a file.

    Raises:
        InspectError: the file holds none, a damaged one, or one of another version (exit 3).
    """
    line = next((li for li in text.splitlines() if li.startswith(MARK)), "")
    hint = "replay a file that roundtrip saved, as it was saved"
    try:
        held = json.loads(line.removeprefix(MARK)) if line else None
    except ValueError as error:
        raise InspectError(f"{where} is damaged: {error}", hint=hint, exit_code=EXIT_UNREADABLE) from error
    if not isinstance(held, dict):
        raise InspectError(f"{where} holds no counterexample", hint=hint, exit_code=EXIT_UNREADABLE)
    if held.get("schema") != SCHEMA:
        said = f"{where} is written as {held.get('schema')!r}, this version reads {SCHEMA!r}"
        raise InspectError(said, hint="run the search again with this version", exit_code=EXIT_UNREADABLE)
    return held
