"""Rows of a search as a report: findings, skips, what is known, and the versions they hold for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.model import Finding, Report, Skip, worst_first
from inspector.rules import laws as _laws  # noqa: F401 (registers IPR490)
from inspector.rules.registry import RULES, few, finding

GONE = "IPR490"


def report_of(source: str, found: Mapping[str, Any], seed: int, examples: int, skipped: Mapping[str, str]) -> Report:
    """The report of a run.

    Args:
        source: what was asked for.
        found: ``laws``, ``known``, ``rejected``, ``versions``, as `tasks.laws_of` answers.
        seed, examples: of the search.
        skipped: class -> why it cannot be checked.
    """
    rows: list[dict[str, Any]] = sorted(found["laws"], key=lambda r: (r["law"], r["class"], r["cause"]))
    findings = [told(row, seed) for row in rows if row["verdict"] == "broken"]
    findings += [gone(entry) for entry in found["known"] if entry["shows"] is False]
    skips = [Skip(name, reason) for name, reason in skipped.items()]
    skips += law_skips([row for row in rows if row["verdict"] == "skip"])
    unsure = [k for k in found["known"] if k["shows"] is None and not unasked(k)]
    skips += [Skip(f"known: {k['title']}", k["reason"]) for k in unsure]
    titles = {code: RULES[code].title for code in sorted({r["law"] for r in rows} | {f.code for f in findings})}
    verdicts = {v: sum(r["verdict"] == v for r in rows) for v in ("holds", "broken", "known", "skip")}
    data = {
        "command": "roundtrip",
        "laws": rows,
        "known": list(found["known"]),
        "rejected": list(found["rejected"]),
        "seed": seed,
        "examples": examples,
        "verdicts": verdicts,
        "rules": titles,
    }
    return Report(source, dict(found["versions"]), worst_first(findings), tuple(skips), (), data)


def unasked(known: Mapping[str, Any]) -> bool:
    return str(known["reason"]) == "its law was not asked for"


def told(row: Mapping[str, Any], seed: int) -> Finding:
    case = row["counterexample"]
    line = next((li.strip() for li in case["code"].splitlines() if row["class"] + "(" in li), row["class"])
    where = row["class"] if " " in row["what"] or row["what"] == "raises" else f"{row['class']}.{row['what']}"
    message = (
        f"{RULES[row['law']].title}: {row['cause']} ({line}): {shown(row['before'])} becomes {shown(row['after'])}"
    )
    places = {"before": row["before"], "after": row["after"]}
    again = f"inspect-pipe roundtrip {row['class']} --law {row['law']} --seed {seed}"
    return finding(row["law"], where, message, f"report it to diffusers; {again} shows it again", places=places)


def gone(entry: Mapping[str, Any]) -> Finding:
    message = f"a known defect no longer shows: {entry['title']}"
    fix = "take it off the list of known defects, and close its upstream issue" if entry["upstream"] else ""
    return finding(GONE, entry["law"], message, fix or "take it off the list of known defects")


def law_skips(rows: Sequence[Mapping[str, Any]]) -> list[Skip]:
    """Each reason of a law once, with its classes."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((f"{row['law']} {row['name']}", row["reason"]), []).append(row["class"])
    return [Skip(law, f"{reason}: {few(names)}") for (law, reason), names in found.items()]


def shown(value: Any, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
