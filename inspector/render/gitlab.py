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
    """A JSON array; what was suppressed is not in it, as GitLab knows nothing of the kind."""
    return dumped([issue(a, report) for a in alerts(report) if a.suppressed is None], indent=1)


def issue(alert: Alert, report: Report) -> dict[str, Any]:
    """One entry with all that GitLab requires; a finding in no file of the project has the SOURCE for a path."""
    path = safe(alert.file or report.source or "inspect-pipe", 1_000)
    # GitLab takes entries of one fingerprint for one: the same finding in two models is two
    name = hashlib.sha256(f"{alert.fingerprint} {path}".encode()).hexdigest()[:32]
    return {
        "description": f"{safe(alert.finding.code, 40)} {words(alert.finding)}",
        "check_name": safe(alert.finding.code, 40),
        "fingerprint": name,
        "severity": LEVELS[alert.finding.severity],
        "location": {"path": path, "lines": {"begin": alert.line or 1}},
    }
