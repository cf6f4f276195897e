"""Readers of our reports for CI systems, written from those systems' own rules and on others' libraries."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parent / "data" / "schemas"
GITLAB: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "minLength": 1, "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                        "required": ["begin"],
                    },
                },
                "required": ["path", "lines"],
            },
        },
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
    },
}
"""The fields that GitLab documents for a Code Quality report, all of them required."""


@dataclass(frozen=True)
class Told:
    """A finding as a reader sees it."""

    code: str
    severity: str
    where: str
    file: str = ""
    line: int | None = None
    suppressed: bool = False


@dataclass
class Runner:
    """What the runner of GitHub Actions makes of a step's output, by the rules of its ``ActionCommand.TryParseV2``."""

    commands: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)

    def feed(self, text: str) -> Runner:
        stopped = ""
        for line in text.splitlines():
            parsed = self.parse(line)
            if parsed is None or (stopped and parsed[0] != stopped):
                self.plain.append(line)
            elif stopped:
                stopped = ""
            elif parsed[0] == "stop-commands":
                stopped = parsed[2]
            else:
                self.commands.append(parsed)
        assert not stopped, "commands are still stopped at the end"
        return self

    def parse(self, line: str) -> tuple[str, dict[str, str], str] | None:
        line = line.lstrip()
        if not line.startswith("::") or (end := line.find("::", 2)) < 0:
            return None
        name, _, rest = line[2:end].partition(" ")
        properties = {}
        for pair in filter(None, rest.strip().split(",")):
            key, sign, value = pair.partition("=")
            assert sign, f"no property: {pair!r}"
            for escaped, plain in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
                value = value.replace(escaped, plain)
            properties[key] = value
        data = line[end + 2 :].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        return name, properties, data


def github(text: str) -> list[Told]:
    kinds = {"error": "error", "warning": "warning", "notice": "note"}
    runner = Runner().feed(text)
    assert {c for c, _, _ in runner.commands} <= {*kinds, "group", "endgroup"}
    return [
        Told(
            p["title"], kinds[name], data.split(": ", 1)[0], p.get("file", ""), int(p["line"]) if "line" in p else None
        )
        for name, p, data in runner.commands
        if name in kinds and p["title"] != "not read"
    ]


def gitlab(text: str) -> list[Told]:
    severities = {"critical": "error", "major": "warning", "info": "note"}
    issues = json.loads(text)
    jsonschema.Draft202012Validator(GITLAB).validate(issues)
    assert len({i["fingerprint"] for i in issues}) == len(issues)
    found = []
    for issue in issues:
        if issue["check_name"] == "not-read":
            assert issue["severity"] == "blocker"
            continue
        head = issue["description"].removeprefix(f"{issue['check_name']} ").split(": ", 1)[0]
        place = issue["location"]
        told = Told(
            issue["check_name"], severities[issue["severity"]], head, place["path"], place["lines"]["begin"]
        )  # fmt: skip
        found.append(told)
    return found


def sarif(text: str, folder: Path) -> list[Told]:
    """By the official schema, and the same again by sarif-tools."""
    from sarif import loader
    from sarif.operations import csv_op

    log = json.loads(text)
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    found = []
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        file = physical["artifactLocation"]["uri"] if "uriBaseId" in physical["artifactLocation"] else ""
        line = physical.get("region", {}).get("startLine")
        where = place["logicalLocations"][0]["fullyQualifiedName"]
        told = Told(result["ruleId"], result["level"], where, file, line, bool(result.get("suppressions")))
        found.append(told)
    (folder / "in.sarif").write_text(text)
    csv_op.generate_csv(loader.load_sarif_files(str(folder / "in.sarif")), str(folder / "out.csv"), False)
    rows = list(csv.DictReader(io.StringIO((folder / "out.csv").read_text())))
    read = [(r["Code"], r["Severity"]) for r in rows]
    assert sorted(read) == sorted((t.code, t.severity) for t in found)
    return found


def junit(text: str, folder: Path) -> list[Told]:
    """By Jenkins' schema, and by junitparser."""
    from junitparser import Error, Failure, JUnitXml, Skipped
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
    schema.assertValid(etree.fromstring(text.encode()))
    (folder / "in.xml").write_text(text)
    (suite,) = JUnitXml.fromfile(str(folder / "in.xml"))
    cases = list(suite)
    assert suite.tests == len(cases) and len({(c.classname, c.name) for c in cases}) == len(cases)
    found, counts = [], {Failure: 0, Error: 0, Skipped: 0}
    for case in cases:
        results = case.result
        for result in results:
            counts[type(result)] += 1
        said = results[0].text if results else case.system_out
        if said and said.split(" ")[0] in ("error", "warning", "note"):
            severity, rest = said.split(" ", 1)
            code = results[0].type if results else rest.split(" ", 1)[0]
            skipped = bool(results) and isinstance(results[0], Skipped)
            where = rest.removeprefix(f"{code} ").split(": ", 1)[0]
            found.append(Told(code, severity, where, suppressed=skipped))
    assert (suite.failures, suite.errors, suite.skipped) == (counts[Failure], counts[Error], counts[Skipped])
    return found
