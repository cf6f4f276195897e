"""The facts of a machine, or of two, as the report that every format takes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from inspector.environment import against, differing, machine, packages, requirements
from inspector.model import Report, Skip, worst_first

SHOWN = ("diffusers", "transformers", "torch")
NOISE = "no"


def report_of(facts: dict[str, Any], other: dict[str, Any] | None = None, *, named: str = "") -> Report:
    """What is wrong with one machine; or, with another, what differs between the two.

    Args:
        facts: of this machine (:mod:`inspector.environment`).
        other: of another one.
        named: what the other one is called: the file that its facts were kept in.
    """
    source = named_by(facts)
    versions = {"python": facts["python"]["version"], **versions_of(facts)}
    skipped = tuple(Skip(s["where"], s["reason"]) for s in facts["skipped"])
    data: dict[str, Any] = {"command": "env", "facts": facts}
    if other is None:
        found = [*packages.judge(facts), *machine.judge(facts), *requirements.judge(facts)]
        files = sum(len(p["files"]) for p in facts["packages"].values())
        line = f"nothing wrong with {len(facts['packages'])} packages, {files:,} files of Python"
    else:
        rows = against.differences(facts, other)
        hosts = facts["platform"]["host"], other["platform"]["host"]
        names = (f"on {hosts[0]}", f"on {hosts[1]}") if hosts[0] != hosts[1] else ("here", "there")
        found = list(differing.judge(rows, names))
        source = f"{source} ↔ {named_by(other)}" + (f" ({named})" if named else "")
        data |= {"against": {"source": named, "host": hosts[1], "names": names}, "differences": rows}
        counts = Counter(r["matters"] for r in rows)
        rest = f", {counts[NOISE]} of no consequence" if counts[NOISE] else ""
        proved = f", {counts['same']} proved to make none" if counts["same"] else ""
        line = f"nothing that makes other configs or sigmas{proved}{rest}" if rows else "no difference"
    if not any(f.severity != "note" for f in found):
        data["answer"] = {"severity": "clean", "line": line}
    return Report(source, versions, worst_first(found), skipped, (), data)


def named_by(facts: dict[str, Any]) -> str:
    """``nas:/opt/venv/bin/python``."""
    return f"{facts['platform']['host']}:{facts['python']['executable']}"


def versions_of(facts: dict[str, Any]) -> dict[str, str]:
    found = {name: facts["packages"].get(name, {}) for name in SHOWN}
    stated = {name: p.get("version") or p.get("metadata_version") for name, p in found.items()}
    return {name: version for name, version in stated.items() if version}
