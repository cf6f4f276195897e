"""The JSON Schema of what ``-f json`` and ``-f jsonl`` write: of the dataclasses themselves, by pydantic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from inspector.model import SCHEMA, Finding, Skip, Snapshot, Table
from inspector.render.evidence import EVIDENCE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
URN = "urn:inspect-pipe:schema:{name}:{version}"
"""A name, not an address: the schema comes from the installed tool, so that it is the one of this version."""
ABOUT: dict[str, dict[str, str]] = {
    "Document": {
        "source": "What was looked at, as it was typed.",
        "versions": "Of Python and of the libraries that were loaded; empty where none was.",
        "findings": "Those that count, the worst first.",
        "suppressed": "Those that somebody accepted.",
        "skipped": "What could not be checked, and why.",
        "tables": "Rows for the eye.",
    },
    "Finding": {
        "code": "IPC101, say; inspect-pipe explain CODE tells all about it.",
        "where": "The setting (scheduler.use_karras_sigmas), the component, the file or the sampler.",
        "message": "What is wrong, in one line.",
        "fix": "The line to write instead, or what to do; may be empty.",
        "confidence": "How sure the judgement is.",
        "places": "The value in each place that has this name; null is None, a missing key is no such name.",
        "reads": "Who reads it: PLACE FILE:LINE FUNCTION.",
        "fingerprint": "Sixteen hex digits: the same for the same finding in every run, wherever the source lies.",
        "by": "Who accepted it.",
        "reason": "Why; may be empty.",
        "expires": "The last day on which that holds, YYYY-MM-DD.",
    },
}
"""What the fields of a class, and of those made of it, hold."""


@dataclass(frozen=True)
class Tool:
    """What wrote the document."""

    name: Literal["inspect-pipe"]
    version: str


@dataclass(frozen=True)
class Summary:
    """How many findings of each severity count, and how many parts were skipped."""

    error: int
    warning: int
    note: int
    skipped: int


@dataclass(frozen=True)
class ReportedFinding(Finding):
    """One judgement with its proof: the places, the readers, and the exact line to write instead."""

    fingerprint: str = ""


@dataclass(frozen=True)
class SuppressedFinding(ReportedFinding):
    """A finding that somebody accepted: in a baseline, by a marker, or with ``ignore``."""

    by: Literal["baseline", "marker", "settings"] = "settings"
    reason: str = ""
    expires: str | None = None


@dataclass(frozen=True)
class Document:
    """A report. Within one version names are only ever added."""

    schema: Literal["inspect-pipe/1"]
    tool: Tool
    source: str
    versions: dict[str, str]
    findings: list[ReportedFinding]
    suppressed: list[SuppressedFinding]
    skipped: list[Skip]
    tables: list[Table]
    data: dict[str, Any]
    summary: Summary


def report_schema() -> dict[str, Any]:
    """Of the whole document of ``-f json``."""
    made = generated(Document)
    made["properties"]["data"] = {
        "type": "object",
        "description": "The command's own evidence: these names are fixed, more may be added.",
        "properties": {**EVIDENCE, "snapshot": reference("Snapshot")},
    }
    made["$defs"] = {**made["$defs"], **parts_of(Snapshot)}
    return titled("report", "A report of inspect-pipe (-f json)", made)


def lines_schema() -> dict[str, Any]:
    """Of one line of ``-f jsonl``."""
    made = generated(Document)
    parts = made["$defs"]
    head = {k: made["properties"][k] for k in ("schema", "tool", "source", "versions")}
    kinds = {
        "report": {"type": "object", "description": "The first line.", "properties": head, "required": list(head)},
        "finding": parts["ReportedFinding"],
        "suppressed": parts["SuppressedFinding"],
        "skip": parts["Skip"],
        "summary": parts["Summary"] | {"description": f"The last line. {parts['Summary']['description']}"},
    }
    defs = {"Tool": parts["Tool"], **{kind: lined(kind, part) for kind, part in kinds.items()}}
    lines = {"oneOf": [reference(kind) for kind in kinds], "$defs": defs}
    return titled("jsonl", "One line of a report of inspect-pipe (-f jsonl)", lines)


def snapshot_schema() -> dict[str, Any]:
    """Of the file of ``inspect-pipe snapshot``: of a report, what makes it a SOURCE."""
    made = generated(Document)
    fields = {k: made["properties"][k] for k in ("schema", "tool", "source", "versions")}
    data = {"type": "object", "properties": {"snapshot": reference("Snapshot")}, "required": ["snapshot"]}
    document = {
        "type": "object",
        "description": "All that was seen of one source. A report of diff (-f json) holds it too.",
        "properties": {**fields, "data": data},
        "required": [*fields, "data"],
        "$defs": {"Tool": made["$defs"]["Tool"], **parts_of(Snapshot)},
    }
    return titled("snapshot", "A snapshot of inspect-pipe", document)


def lined(kind: str, part: dict[str, Any]) -> dict[str, Any]:
    """One object as a line, which says of what kind it is."""
    return part | {
        "properties": {"kind": {"const": kind, "type": "string"}, **part["properties"]},
        "required": ["kind", *part["required"]],
    }


def generated(cls: Any) -> dict[str, Any]:
    """The schema of a dataclass in which every field is there, as this package writes them all."""
    from pydantic import TypeAdapter

    made: dict[str, Any] = TypeAdapter(cls).json_schema(mode="serialization")
    for name, part in ((cls.__name__, made), *made.get("$defs", {}).items()):
        if "description" in part:
            part["description"] = part["description"].replace("``", "`")
        fields = part.get("properties", {})
        for key, field in fields.items():
            field.pop("title", None)
            field.pop("default", None)
            if about := ABOUT.get(name.removeprefix("Reported").removeprefix("Suppressed"), {}).get(key):
                fields[key] = {**field, "description": about}
        if fields:
            part["required"] = list(fields)
    return made


def parts_of(cls: Any) -> dict[str, Any]:
    """The class and all that it is made of, as ``$defs``."""
    made = generated(cls)
    return {**made.pop("$defs", {}), cls.__name__: made}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def titled(name: str, title: str, made: dict[str, Any], identity: str = SCHEMA) -> dict[str, Any]:
    """The schema with its head first."""
    urn = URN.format(name=name, version=identity.rpartition("/")[2])
    rest = {k: v for k, v in made.items() if k not in ("title", "$defs")}
    defs = {"$defs": made["$defs"]} if "$defs" in made else {}
    return {"$schema": DIALECT, "$id": urn, "title": title, **rest, **defs}
