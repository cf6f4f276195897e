"""The report as JUnit XML: a test case for each finding, and for each part in which nothing was found.

The elements and attributes are those of Jenkins' junit-10 schema, which GitLab reads as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from inspector.model import SEVERITIES, UNREAD, Report, Severity
from inspector.render import Look
from inspector.render.alerts import Alert, alerts, command, words
from inspector.render.escape import Safe, safe
from inspector.render.parts import FILES, classes_of, split_where, unsaid, verdict

FAMILIES = {
    "IPC": "settings",
    "IPP": "pipeline",
    "IPI": "files",
    "IPD": "differences",
    "IPT": "from_config",
    "IPW": "reads and writes",
    "IPS": "sampler",
    "IPR": "round trips",
    "IPB": "baseline and lock",
    "IPM": "messages",
    "IPE": "environment",
}
LOOKED_FOR = {
    "diff": ("IPC", "IPP", "IPI"),
    "trace": ("IPT",),
    "blame": ("IPT",),
    "watch": ("IPW",),
    "sigmas": ("IPS",),
    "presets lint": ("IPS",),
    "roundtrip": ("IPR",),
    "check": ("IPB",),
    "env": ("IPE",),
}
"""Command → the families of codes that it judges by."""

Verdict = Literal["passed", "failure", "error", "skipped"]
NOTHING = Safe("")


@dataclass(frozen=True, slots=True)
class Case:
    """One test case, in safe text."""

    name: Safe
    verdict: Verdict = "passed"
    kind: Safe = NOTHING
    message: Safe = NOTHING
    text: Safe = NOTHING


def junit(report: Report, look: Look) -> Safe:
    """One ``testsuite`` in ``testsuites``; findings below ``--fail-on`` pass, and say what they found."""
    found = [case_of(a, report) for a in alerts(report)]
    cases = [*found, *skips(report), *clean(report)] or [Case(Safe("answer"), text=verdict(report)[1])]
    counts = Counter(c.verdict for c in cases)
    numbers = {
        "tests": str(len(cases)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
    }
    root = Element("testsuites", numbers)
    name = f"inspect-pipe {command(report)}: {safe(report.source, 400)}"
    suite = SubElement(root, "testsuite", {"name": name, **numbers, "skipped": str(counts["skipped"])})
    properties = SubElement(suite, "properties")
    for library, version in report.versions.items():
        SubElement(properties, "property", {"name": safe(library, 80), "value": safe(version, 80)})
    seen: Counter[str] = Counter()
    for case in cases:
        seen[case.name] += 1
        again = f" ({seen[case.name]})" if seen[case.name] > 1 else ""
        written(SubElement(suite, "testcase", {"name": case.name + again, "classname": safe(report.source, 400)}), case)
    indent(root)
    return Safe(f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n')


def written(element: Element, case: Case) -> None:
    if case.verdict != "passed":
        given: dict[str, str] = {"type": case.kind, "message": case.message}
        SubElement(element, case.verdict, given).text = case.text
    elif case.text:
        SubElement(element, "system-out").text = case.text


def case_of(alert: Alert, report: Report) -> Case:
    """One finding: a failure from ``--fail-on`` on, an error where a part of the source could not be read."""
    finding = alert.finding
    code, where = safe(finding.code, 40), safe(finding.where, 200)
    at = f"\nat: {safe(alert.file, 1_000)}{f':{alert.line}' if alert.line else ''}" if alert.file else ""
    text = Safe(f"{finding.severity} {code} {words(finding)}{at}\ninspect-pipe explain {code}")
    name, message = Safe(f"{where} {code}"), safe(finding.message, 400)
    if alert.suppressed is not None:
        why = safe(alert.suppressed.reason or "no reason given", 400)
        return Case(name, "skipped", code, Safe(f"accepted ({alert.suppressed.by}): {why}"), text)
    if finding.code in UNREAD and finding.severity == "error":
        return Case(name, "error", code, message, text)
    return Case(name, "failure" if finding.severity in failing(report) else "passed", code, message, text)


def failing(report: Report) -> tuple[Severity, ...]:
    """The severities that make a finding a failure, as ``--fail-on`` says."""
    least = report.data.get("fail_on", "warning")
    return SEVERITIES[: SEVERITIES.index(least) + 1] if least in SEVERITIES else ()


def skips(report: Report) -> Iterator[Case]:
    """What was not checked, with its reason; what went wrong is an error."""
    for skip in unsaid(report):
        kind = Safe("not read" if skip.failed else "not checked")
        told: Verdict = "error" if skip.failed else "skipped"
        yield Case(Safe(f"{safe(skip.where, 200)} {kind}"), told, kind, safe(skip.reason, 400), safe(skip.reason))


def clean(report: Report) -> Iterator[Case]:
    """A case for each part and family of checks in which there is nothing to tell, and each law that holds."""
    for row in report.data.get("laws", ()):
        name = Safe(f"{safe(row['class'], 200)}: {safe(row['law'], 40)}")
        if row["verdict"] == "holds":
            yield Case(name)
        elif row["verdict"] == "known":
            yield Case(name, "skipped", Safe("known"), safe(f"a known defect: {row.get('cause', '')}", 400))
    parts = subjects(report)
    owners = [*parts, *classes_of(report)]
    found = {(split_where(a.finding.where, owners)[0], a.finding.code) for a in alerts(report)}
    for part in parts:
        for start, about in wanted(report):
            if not any(owner in (part, FILES) and code.startswith(start) for owner, code in found):
                yield Case(Safe(f"{safe(part, 200)}: {about}"))


def subjects(report: Report) -> list[str]:
    """What was looked at: the components, else the samplers, else the source as a whole."""
    skipped = {s.where for s in report.skipped}
    if "laws" in report.data:
        return []
    if "checks" in report.data:
        rows = [r for r in report.data["checks"] if r["verdict"] != "skip"]
        return list(dict.fromkeys(f"{r['name']} on {r['model']}" for r in rows))
    if report.data.get("command") == "presets lint":
        return [row["name"] for row in report.data["presets"] if row["name"] not in skipped]
    return [path for path in classes_of(report) if path not in skipped] or [report.source]


def wanted(report: Report) -> list[tuple[str, str]]:
    """The start of a code, and what codes that start so are about, for all that was judged by."""
    families = ("IPD",) if "other" in report.data else LOOKED_FOR.get(report.data.get("command", "diff"), ())
    select: list[str] = report.data.get("select", [])
    if not select:
        return [(f, FAMILIES[f]) for f in families]
    chosen = [(f, FAMILIES[f]) for f in families if any(f.startswith(s) for s in select)]
    narrow = [(s, f"{FAMILIES[s[:3]]} {s}") for s in select if len(s) > 3 and s[:3] in families]
    return [*chosen, *narrow]
