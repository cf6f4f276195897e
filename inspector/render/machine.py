"""Reports for programs: strict JSON as the design fixes it, and the same as one object a line."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from inspector.fingerprints import fingerprints
from inspector.model import SCHEMA, Finding, Report, Snapshot
from inspector.render import Look
from inspector.render.escape import Safe, hidden, mask


def json_report(report: Report, look: Look) -> Safe:
    """One JSON document: schema, tool, source, versions, findings, suppressed, skipped, tables, data, summary."""
    return dumped(plain(report_data(report)), indent=1)


def json_lines(report: Report, look: Look) -> Safe:
    """One object a line: the report's head, each finding, each suppressed one, each skip, the summary last."""
    whole = report_data(report)
    head = {"kind": "report", **{k: whole[k] for k in ("schema", "tool", "source", "versions")}}
    told = plain({"head": head, **{k: whole[k] for k in ("findings", "suppressed", "skipped")}})
    lines = [told["head"]]
    lines += [{"kind": "finding", **f} for f in told["findings"]]
    lines += [{"kind": "suppressed", **s} for s in told["suppressed"]]
    lines += [{"kind": "skip", **s} for s in told["skipped"]]
    lines.append({"kind": "summary", **whole["summary"]})
    return Safe("".join(map(dumped, lines)))


def snapshot_json(snapshot: Snapshot) -> Safe:
    """What was seen, without judging it: a report that holds nothing but its snapshot, and so a SOURCE."""
    from inspector import __version__

    tool = {"name": "inspect-pipe", "version": __version__}
    head = {"schema": SCHEMA, "tool": tool, "source": snapshot.source, "versions": snapshot.versions}
    return dumped(plain({**head, "data": {"snapshot": snapshot}}))


def report_data(report: Report) -> dict[str, Any]:
    from inspector import __version__

    names = fingerprints([*report.findings, *(s.finding for s in report.suppressed)])
    accepted = zip(report.suppressed, names[len(report.findings) :], strict=True)
    return {
        "schema": SCHEMA,
        "tool": {"name": "inspect-pipe", "version": __version__},
        "source": report.source,
        "versions": report.versions,
        "findings": [finding_data(f, n) for f, n in zip(report.findings, names, strict=False)],
        "suppressed": [
            {**finding_data(s.finding, n), "by": s.by, "reason": s.reason, "expires": s.expires} for s, n in accepted
        ],
        "skipped": report.skipped,
        "tables": report.tables,
        "data": report.data,
        "summary": report.summary,
    }


def finding_data(finding: Finding, name: str) -> dict[str, Any]:
    """A finding with its fingerprint."""
    return {**{f.name: getattr(finding, f.name) for f in fields(finding)}, "fingerprint": name}


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """Dataclasses at any depth as JSON types, secrets masked."""
    from pydantic import TypeAdapter

    found: dict[str, Any] = masked(TypeAdapter(dict[str, Any]).dump_python(data, mode="json", warnings=False))
    return found


def masked(data: Any) -> Any:
    """Every text of the document, keys too; done before quoting, where a token still has its boundaries."""
    if isinstance(data, str):
        return mask(data)
    if isinstance(data, dict):
        return {masked(k): masked(v) for k, v in data.items()}
    return [masked(v) for v in data] if isinstance(data, list) else data


def dumped(data: Any, indent: int | None = None) -> Safe:
    """Strict JSON in which what a terminal would obey is escaped; line breaks here are only the document's own."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent)
    return Safe("\n".join(map(hidden, text.split("\n"))) + "\n")
