"""The report as GitLab's Code Quality artifact: one object a finding, told apart by its fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any

from inspector.model import Report, Severity
from inspector.render import Look
from inspector.render.alerts import Alert, alerts, words
from inspector.render.escape import Safe, safe
from inspector.render.machine import dumped

LEVELS: dict[Severity, str] = {"error": "critical", "warning": "major", "note": "info"}


def gitlab(report: Report, look: Look) -> Safe:
    """A JSON array; what was suppressed is not in it, as GitLab knows nothing of the kind.

    What could not be read is: GitLab takes a finding that is gone for one that was fixed.
    """
    source = safe(report.source or "inspect-pipe", 1_000)
    issues = [of_finding(a, source) for a in alerts(report) if a.suppressed is None]
    for number, skip in enumerate(s for s in report.skipped if s.failed):
        where = safe(skip.where, 200)
        issues.append(issue("not-read", f"{where}: {safe(skip.reason)}", "blocker", f"{number} {where}", source))
    return dumped(issues, indent=1)


def of_finding(alert: Alert, source: Safe) -> dict[str, Any]:
    """A finding; in no file of the project it has the SOURCE for a path."""
    code, path = safe(alert.finding.code, 40), safe(alert.file, 1_000) or source
    level = LEVELS[alert.finding.severity]
    return issue(code, f"{code} {words(alert.finding)}", level, alert.fingerprint, path, alert.line or 1)


def issue(check: str, description: str, severity: str, name: str, path: Safe, line: int = 1) -> dict[str, Any]:
    """One entry, with all that GitLab requires."""
    # GitLab takes entries of one fingerprint for one: the same finding in two models is two
    fingerprint = hashlib.sha256(f"{name} {path}".encode()).hexdigest()[:32]
    return {
        "description": description,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
