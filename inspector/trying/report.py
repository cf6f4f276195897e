"""What the lines do, as the report that every format takes."""

from __future__ import annotations

from typing import Any

from inspector.model import Report, Skip
from inspector.trying.refusals import RefusedError

VERDICTS = ("object", "from_config", "saved")


def report_of(source: str, found: dict[str, Any]) -> Report:
    """The report of the answers.

    Args:
        source: what the user named.
        found: what :func:`inspector.trying.answers.answers` gave.

    Raises:
        RefusedError: a line could not be tried (exit 2).
    """
    if refused := found.get("refused"):
        one, other = refused["lines"]
        raise RefusedError(refused["message"], hint=refused["hint"], lines=(one, other))
    lines = found["lines"]
    judged = [row for row in lines if any(row[v] is not None for v in VERDICTS)]
    fine = len(judged) - sum(map(short, judged))
    severity = "clean" if fine == len(judged) else "note"
    answer = {"severity": severity, "line": f"{source}: {summary(fine, len(judged), len(lines))}"}
    skipped = tuple(Skip(**s) for s in found.get("skipped", ()))
    data = {"command": "whatif", "lines": lines, "root": found["root"], "class": found["class"], "answer": answer}
    return Report(source, found["versions"], (), skipped, (), data)


def short(row: dict[str, Any]) -> bool:
    """Whether a line does less than it says: an answer is no or unknown, or a setting of it was lost."""
    return not all(row[v] for v in VERDICTS) or bool(row.get("lost"))


def summary(fine: int, judged: int, lines: int) -> str:
    if not judged:
        return "nothing of it is changed"
    if judged == 1:
        return "the line does what it says" if fine else "the line does not do all it says"
    return f"{fine} of {judged} lines do what they say" if fine < judged else f"all {lines} lines do what they say"
