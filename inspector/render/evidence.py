"""What ``data`` of a report holds, command by command: the names that are fixed, as JSON Schema.

Written by hand, as a contract; the tests hold the real output of every command to it.
"""

from __future__ import annotations

from typing import Any

Field = str | dict[str, Any]
"""A JSON type, several with ``|`` between them, or a whole schema."""


def field(kind: Field) -> dict[str, Any]:
    if not isinstance(kind, str):
        return kind
    kinds = kind.split("|")
    return {} if kind == "any" else {"type": kinds[0] if len(kinds) == 1 else kinds}


def thing(about: str, always: dict[str, Field], sometimes: dict[str, Field] | None = None) -> dict[str, Any]:
    """An object: what it always has, what it may have; more may be added."""
    fields = {**always, **(sometimes or {})}
    return {
        "type": "object",
        "description": about,
        "properties": {name: field(kind) for name, kind in fields.items()},
        "required": list(always),
    }


def listed(about: str, always: dict[str, Field], sometimes: dict[str, Field] | None = None) -> dict[str, Any]:
    """A list of such objects."""
    return {"type": "array", "description": about, "items": thing("", always, sometimes)}


def several(kind: Field) -> dict[str, Any]:
    return {"type": "array", "items": field(kind)}


def one_of(*names: str) -> dict[str, Any]:
    return {"enum": list(names)}


TEXTS = several("string")
NUMBERS = several("number|null|string")
"""A number that is not finite is the text nan, inf or -inf."""
VERDICT = field("boolean|null") | {"description": "true, false, or null: cannot tell"}
PLACES = {"type": "object", "description": "disk, default, item, attr, live; a missing key: no such name there"}

SETTINGS = listed(
    "Its settings.", {"name": "string"}, {"places": PLACES, "defaulted": "boolean", "reads": TEXTS}
)  # fmt: skip
COMPONENTS = listed(
    "diff and watch: the pipeline and its components.",
    {"path": "string", "class": "string", "settings": SETTINGS},
    {"kind": "string", "device": "any", "dtype": "any", "parameters": "any", "state": "object"},
)

EVIDENCE: dict[str, Any] = {
    "facts": thing(
        "env: what a Python and its machine are; the README tells of each part.",
        {
            "facts": "integer",
            "python": "object",
            "platform": "object",
            "folder": "object",
            "script": "string|null",
            "sys_path": listed("", {"entry": "string", "path": "string", "real": "string", "kind": "string"}),
            "packages": {
                "type": "object",
                "description": "Import name → where it is imported from, how it was installed, its files' SHA-256.",
                "additionalProperties": thing(
                    "",
                    {
                        "name": "string",
                        "imported": "object|null",
                        "version": "string|null",
                        "metadata_version": "string|null",
                        "copies": "array",
                        "installed": "array",
                        "git": "object|null",
                        "stale": TEXTS,
                        "files": "object",
                    },
                ),
            },
            "torch": "object|null",
            "devices": "object",
            "variables": {"type": "object", "additionalProperties": field("string")},
            "places": listed("", {"what": "string", "path": "string", "real": "string", "filesystem": "string"}),
            "skipped": listed("", {"where": "string", "reason": "string"}),
        },
    ),
    "differences": listed(
        "env --against: what differs, and what it decides.",
        {
            "what": "string",
            "here": "any",
            "there": "any",
            "matters": one_of("code", "numbers", "configs", "loading", "same", "no"),
            "why": "string",
        },
        {"files": TEXTS, "decided": TEXTS},
    ),
    "against": thing("env --against: the other machine.", {"source": "string", "host": "string", "names": TEXTS}),
    "command": {"type": "string", "description": "The command; a report of diff has none."},
    "components": COMPONENTS,
    "other": thing(
        "diff SOURCE OTHER: the second of the two.",
        {"source": "string", "versions": "object", "components": COMPONENTS},
        {"snapshot": {"$ref": "#/$defs/Snapshot"}},
    ),
    "rules": {
        "type": "object",
        "description": "Code → the title of its rule.",
        "additionalProperties": field("string"),
    },
    "ignored": {"type": "object", "description": "Code → how many findings --ignore took away, and why."},
    "answer": thing("The last line of a command that answers a question.", {"severity": "string", "line": "string"}),
    "from": {"type": "string", "description": "trace: the class that the config is of."},
    "into": {"type": "string", "description": "trace: the class that from_config makes of it."},
    "keys": listed(
        "trace: what became of each key.",
        {
            "name": "string",
            "fate": one_of("used", "default", "unused", "hidden", "dropped"),
            "line": "integer|null",
            "source": "string|null",
            "reason": "string",
        },
        {"given": "any", "result": "any"},
    ),
    "lines": listed(
        "whatif: what each line does.",
        {
            "line": "string",
            "changed": listed("", {"where": "string", "place": "string"}, {"before": "any", "after": "any"}),
            "object": VERDICT,
            "from_config": VERDICT,
            "saved": VERDICT,
            "instead": "string",
            "reason": "string",
        },
    ),
    "events": listed(
        "watch: each read and write.",
        {
            "kind": one_of("read", "write"),
            "where": "string",
            "place": "string",
            "value": "any",
            "file": "string",
            "line": "integer",
            "function": "string",
        },
    ),
    "never_read": listed("watch: writes that nothing read.", {"where": "string", "place": "string"}),
    "coverage": {"type": "object", "description": "watch: the settings and arguments that nobody asked for."},
    "pipelines": listed(
        "call: what __call__ takes.",
        {
            "class": "string",
            "parameters": listed(
                "", {"name": "string", "type": "string|null", "default": "any", "doc": "string", "used": "any"}
            ),
            "callback_tensors": TEXTS,
        },
    ),
    "hops": listed("blame: where the value comes from, hop by hop.", {"hop": "string", "value": "any"}),
    "checks": listed(
        "sigmas: one preset on one model at one number of steps.",
        {
            "preset": "string",
            "class": "string",
            "kwargs": "object",
            "model": "string",
            "steps": "integer",
            "device": "string",
            "dtype": "string",
            "verdict": one_of("pass", "differ", "raise", "skip"),
            "codes": TEXTS,
            "worst": "object|null",
            "tolerance": "number|null",
            "smallest_passing": "number|null",
            "sigmas": NUMBERS,
            "expected": NUMBERS,
            "timesteps": NUMBERS,
            "against": "object|null",
            "solve": "object|null",
            "reason": "string",
        },
    ),
    "presets": listed(
        "presets: the rows of the table.", {"name": "string", "class": "string|null", "kwargs": "object"}
    ),
    "laws": listed(
        "roundtrip: each law on each class.",
        {
            "law": "string",
            "class": "string",
            "verdict": one_of("holds", "broken", "known", "skip"),
        },
        {"examples": "integer", "counterexample": "object|null"},
    ),
}
