"""What the lines do, as the report that every format takes."""

from __future__ import annotations

from typing import Any

from inspector.model import Report, Skip

VERDICTS = ("object", "from_config", "saved")


def report_of(source: str, found: dict[str, Any]) -> Report:
    """The report of the answers.

    Args:
        source: what the user named.
        found: what :func:`inspector.trying.answers.answers` gave.
    """
    lines = found["lines"]
    fine = sum(all(row[v] for v in VERDICTS) and not row.get("lost") for row in lines)
    judged = [row for row in lines if any(row[v] is not None for v in VERDICTS)]
    short = [row for row in judged if not all(row[v] for v in VERDICTS) or row.get("lost")]
    noun = "line does" if len(judged) == 1 else "lines do"
    line = f"{source}: {fine} of {len(judged)} {noun} it everywhere"
    answer = {"severity": "warning" if short else "clean", "line": line}
    skipped = tuple(Skip(**s) for s in found.get("skipped", ()))
    data = {"command": "whatif", "lines": lines, "root": found["root"], "class": found["class"], "answer": answer}
    return Report(source, found["versions"], (), skipped, (), data)
