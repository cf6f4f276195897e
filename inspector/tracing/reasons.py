"""Why a key went where it went, in plain words, from what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.tracing.lines import Step

USED_DEFAULTS = "used_defaults"
"""The variable of ``extract_init_dict`` that holds ``_use_default_values``."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one key: ``steps`` are those of ``extract_init_dict``, ``edited`` tells of a listed key whose
    value is not its class's default, ``cause`` is that of :func:`inspector.tracing.causes.cause`.
    """

    name: str
    fate: str
    origin: str
    into: str
    old: str
    steps: tuple[Step, ...]
    edited: bool
    passed_on: bool
    warned: bool
    unread: bool
    cause: Mapping[str, Any] | None

    @property
    def gone(self) -> Step | None:
        return next((s for s in self.steps if s.store == "config" and s.gone), None)


def why(key: Known) -> str:
    """One sentence for one key."""
    into, given = key.into, key.origin in ("keyword", "component")
    if key.passed_on:
        return f"{into} takes it outside its config: from_config hands it to __init__, but the config does not keep it"
    if key.fate == "default":
        return f"not given: {into}'s own default"
    if key.fate == "used":
        if not given:
            return f"{into} takes it: kept"
        what = "your keyword" if key.origin == "keyword" else "the pipeline's component"
        gone = key.gone
        if gone is not None and gone.gone and gone.because:
            return f"{what}; the config's own value was {dropped(key, gone)}"
        return f"{what} replaces the config's value" if gone is not None else what
    known = f"; {key.cause['text']}" if key.cause else ""
    if key.fate == "unused":
        quiet = "" if key.warned else ", without a word"
        return f"no parameter of {into}.__init__: from_config returns it as an unused keyword{quiet}, lost{known}"
    if key.fate == "hidden":
        return hidden(key) + known
    if key.gone is not None:
        return f"dropped, {dropped(key, key.gone)}"
    return "a parameter of from_config itself" if key.origin == "keyword" else "from_config raised before it came to it"


def hidden(key: Known) -> str:
    reads = f"{key.into} does not read" if key.unread else f"{key.into} does not take"
    kept = f"kept in the config as a hidden key that {reads}"
    if key.gone is not None:
        return f"{dropped(key, key.gone)}: {kept}"
    said = "ignored with a warning in the log" if key.warned else "ignored without a word"
    return f"no parameter of {key.into}: {said}, {kept}"


def dropped(key: Known, step: Step) -> str:
    """Why a line took a key out of the config."""
    of = f"when the {key.old} was made" if key.old else "when the old object was made"
    listed = f"listed in _use_default_values: not passed by name {of}"
    said = {
        USED_DEFAULTS: f"{listed}, but its value was changed since (or was passed without its name)"
        if key.edited
        else f"{listed}, so it counts as that class's default",
        "expected_keys_comp_cls": f"taken by classes compatible with {key.into}, not by {key.into}",
        "unexpected_keys_from_orig": f"taken by {key.old or 'the class of the config'}, not by {key.into}",
        "startswith": "a private name",
        "quantization_config": "never passed to the class",
    }
    for name in step.because:
        if name in said:
            return said[name]
    if key.name.startswith("_"):
        return "a note of the library's own"
    return f"taken out by the line: {step.source}"
