"""The report as SARIF 2.1.0, which GitHub code scanning, Azure DevOps and editors read.

Every result has a physical location, as GitHub wants one: the file in the project where a finding has one, else the
SOURCE itself in the place of a path; and a logical one, the setting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from inspector.model import UNREAD, Report, Severity
from inspector.render import Look
from inspector.render.alerts import Alert, alerts, command, words
from inspector.render.code import parsed
from inspector.render.escape import Safe, safe
from inspector.render.machine import dumped, plain
from inspector.render.markdown import fenced, quoted
from inspector.render.parts import split_where, verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
KEY = "inspectPipe/v1"
"""Of the fingerprints; another number when they are made in another way."""
ROOT = "%SRCROOT%"
PROBLEM: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "recommendation"}
"""Severity → what GitHub calls it."""
NOTIFICATIONS = {"not-read": "a part of the source could not be read", "not-checked": "a part was not checked"}


def sarif(report: Report, look: Look) -> Safe:
    """One log with one run."""
    found = alerts(report)
    codes = list(dict.fromkeys(a.finding.code for a in found))
    from inspector import __version__

    driver = {
        "name": "inspect-pipe",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [descriptor(c, [a for a in found if a.finding.code == c]) for c in codes],
        "notifications": [{"id": k, "shortDescription": {"text": v}} for k, v in NOTIFICATIONS.items()],
    }
    suppressing = bool(report.suppressed)
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"inspect-pipe {command(report)} {safe(report.source, 400)}/"},
        "invocations": [invocation(report)],
        "results": [result(a, codes.index(a.finding.code), report, suppressing) for a in found],
        "properties": {
            "command": command(report),
            "source": safe(report.source),
            "verdict": verdict(report)[1],
            "versions": {safe(k, 80): safe(v, 80) for k, v in report.versions.items()},
        },
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def descriptor(code: str, found: Sequence[Alert]) -> dict[str, Any]:
    """A rule with its explain page; of a code that has none, only what its findings say."""
    from inspector.rules import RULES

    rule = RULES.get(code)
    severity = rule.severity if rule else found[0].finding.severity
    described: dict[str, Any] = {
        "id": safe(code, 40),
        "defaultConfiguration": {"level": severity},
        "properties": {"problem.severity": PROBLEM[severity], "tags": ["diffusers", safe(code[:3], 10)]},
    }
    if rule is None:
        return described
    first, _, _ = rule.doc.partition("\n\nwrong:")
    accept = (
        f"To accept it once: --ignore {code}. For good, in pyproject.toml:"
        f' [tool.inspect-pipe] ignore = {{ {code} = "the reason" }}'
    )
    return described | {
        "name": "".join(word[:1].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", rule.title)),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(first.split())},
        "help": {
            "text": f"{rule.doc}\n\n{accept}",
            "markdown": f"**{code}: {rule.title}**\n\n{rule.doc}\n\n{accept}",
        },
    }


def result(alert: Alert, index: int, report: Report, suppressing: bool) -> dict[str, Any]:
    """One finding. Once anything is suppressed, an empty list says of the others that they are not."""
    finding = alert.finding
    told: dict[str, Any] = {
        "ruleId": safe(finding.code, 40),
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": words(finding), "markdown": markdown(alert)},
        "locations": [location(alert, report)],
        "partialFingerprints": {KEY: alert.fingerprint},
        "properties": plain(
            {
                "confidence": finding.confidence,
                "fix": finding.fix,
                "places": finding.places,
                "reads": finding.reads,
                "where": finding.where,
            }
        ),
    }
    if suppressing:
        told["suppressions"] = [] if alert.suppressed is None else [suppression(alert)]
    return told


def suppression(alert: Alert) -> dict[str, Any]:
    accepted = alert.suppressed
    assert accepted is not None
    more = {"by": accepted.by, **({"expires": safe(accepted.expires, 20)} if accepted.expires else {})}
    reason = {"justification": safe(accepted.reason)} if accepted.reason else {}
    return {"kind": "external", **reason, "properties": more}


def markdown(alert: Alert) -> str:
    finding = alert.finding
    head = f"`{safe(finding.where, 200)}`: " if "`" not in finding.where else ""
    fix = safe(finding.fix)
    told = f"{head}{quoted(safe(finding.message))}"
    if not fix:
        return told
    return "\n\n".join([told, "\n".join(fenced(fix, "python")) if parsed(fix) else f"Fix: {quoted(fix)}"])


def location(alert: Alert, report: Report) -> dict[str, Any]:
    """The file and line, and the setting."""
    where = alert.finding.where
    name = split_where(where, [c["path"] for c in report.data.get("components", ())])[1] or where
    logical = {"name": safe(name, 200), "fullyQualifiedName": safe(where, 400), "kind": "property"}
    physical: dict[str, Any] = {"artifactLocation": artifact(alert.file, report)}
    if alert.line:
        physical["region"] = {"startLine": alert.line}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def artifact(file: str, report: Report) -> dict[str, str]:
    """A path of the project relative to its root, a file elsewhere by its own URI, or the SOURCE."""
    if file.startswith("/"):
        return {"uri": f"file://{quote(safe(file, 1_000))}"}
    if file:
        return {"uri": quote(safe(file, 1_000)), "uriBaseId": ROOT}
    source = safe(report.source.rpartition(" → ")[2] or "inspect-pipe", 400)
    return {"uri": quote(source, safe="/@")}  # a colon too: GitHub takes no URI with a scheme other than file


def invocation(report: Report) -> dict[str, Any]:
    """Whether everything could be read, and what could not."""
    unread = any(s.failed for s in report.skipped) or any(
        f.code in UNREAD and f.severity == "error" for f in report.findings
    )
    told: dict[str, Any] = {"executionSuccessful": not unread}
    if "exit_code" in report.data:
        told["exitCode"] = report.data["exit_code"]
    told["toolExecutionNotifications"] = [
        {
            "descriptor": {"id": "not-read" if s.failed else "not-checked", "index": 0 if s.failed else 1},
            "level": "error" if s.failed else "note",
            "message": {"text": f"{safe(s.where, 200)}: {safe(s.reason)}"},
            "locations": [{"logicalLocations": [{"fullyQualifiedName": safe(s.where, 400)}]}],
        }
        for s in report.skipped
    ]
    return told
