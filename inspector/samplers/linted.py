"""What was found in a table of presets, judged: findings by preset, over all the models that it was tried on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.model import Finding, Report, Skip, worst_first
from inspector.rules.registry import finding

CODES = ("IPS302", "IPS303", "IPS307", "IPS308", "IPS309")
"""What a table answers for; what diffusers answers for is told by ``sigmas``."""


def report_of(found: Mapping[str, Any]) -> Report:
    """The report of what :func:`lint` found: findings by preset, and what could not be checked."""
    from inspector.rules import RULES, judge_checks

    rows = [dict(row) for row in found["checks"]]
    findings = [*unknown(found), *merged(judge_checks(rows), rows, found), *doubles(found)]
    skipped = [Skip(e["name"], e["problem"]) for e in found["entries"] if e["problem"] and not e["wrong"]]
    skipped += [Skip(name, reason) for name, reason in left_out(rows).items()]
    findings = list(worst_first(findings))
    data = {
        "command": "presets lint",
        "presets": found["entries"],
        "steps": found["steps"],
        "models": list(dict.fromkeys(row["model"] for row in rows)),
        "same": found["same"],
        "tried": len(rows),
        "rules": {f.code: RULES[f.code].title for f in findings},
    }
    return Report(found["table"], found["versions"], tuple(findings), tuple(skipped), data=data)


def unknown(found: Mapping[str, Any]) -> list[Finding]:
    """The rows that are wrong before anything is tried."""
    return [finding("IPS307", e["name"], e["problem"], e["hint"]) for e in found["entries"] if e["wrong"]]


def merged(findings: Iterable[Finding], rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> list[Finding]:
    """The findings by preset instead of by preset and model, of the codes that a table answers for.

    An option without effect counts where it has none on any model: ``timestep_spacing`` of one model's own config may
    well be there for the others.
    """
    owners = {f"{row['name']} on {row['model']}": (row["name"], row["model"]) for row in rows}
    models: dict[str, set[str]] = {}
    for name, model in owners.values():
        models.setdefault(name, set()).add(model)
    groups: dict[tuple[str, str, str], list[tuple[str, Finding]]] = {}
    for one in findings:
        if one.code in CODES and one.where in owners:
            name, model = owners[one.where]
            key = one.message.partition(":")[0] if one.code == "IPS309" else one.message
            groups.setdefault((name, one.code, key), []).append((model, one))
    kept = []
    for (name, code, _), members in groups.items():
        seen = [model for model, _ in members]
        everywhere = set(seen) == models[name]
        if code == "IPS309" and not everywhere:
            continue
        first = members[0][1]
        at = "" if everywhere else f" (on {', '.join(seen)})"
        kept.append(replace(first, where=name, message=f"{first.message}{at}", places=dict(first.places)))
    return kept


def doubles(found: Mapping[str, Any]) -> list[Finding]:
    kept = []
    for names in found["same"]:
        others = ", ".join(repr(name) for name in names[1:])
        message = f"the same sampler as {others}: sigmas, timesteps and steps are equal, bit for bit, on every model"
        kept.append(finding("IPS317", names[0], message, "keep one of them, or give the other its own options"))
    return kept


def left_out(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Preset -> why it was not tried, where that is so on every model."""
    reasons: dict[str, list[str]] = {}
    tried = {row["name"] for row in rows if row["sigmas"] or row["verdict"] != "skip"}
    for row in rows:
        if row["verdict"] == "skip" and row["name"] not in tried:
            reasons.setdefault(row["name"], []).append(row["reason"])
    return {name: found[0] for name, found in reasons.items()}
