"""What makes a finding this finding and no other: a name for it that outlives the run, the path and the wording.

Baselines match by it, SARIF and GitLab tell by it whether a finding is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from inspector.model import Finding, same

_KIND = "inspect-pipe finding 1"
"""Part of every name, so that another way of making them can never give one of these."""
_LENGTH = 16
_ORDER = ("item", "attr", "live")
_EXAMPLES = ("before", "after")
"""What one of many counterexamples showed: another seed finds the same defect with other values."""


def fingerprint(finding: Finding, ordinal: int = 0) -> str:
    """Sixteen hex digits made of the code, where, and the values of the places; of no wording and no line numbers.

    The same finding has the same one whatever else is found, wherever the source lies, and whether it was built or
    only read. Another value in one of the places is another finding.

    Args:
        finding: the finding.
        ordinal: which one it is of those that are alike in all this; see :func:`fingerprints`.
    """
    import hashlib

    facts = [_KIND, finding.code, _name(finding.where), _facts(finding.places), *([ordinal] if ordinal else [])]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """The fingerprint of each, in order, no two the same.

    Findings that differ in their message alone are numbered by it, so their order in the report does not matter.
    Give the findings of a report together with its suppressed ones.
    """
    given = list(findings)
    names = [fingerprint(f) for f in given]
    alike: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        alike.setdefault(name, []).append(index)
    for group in alike.values():
        for ordinal, index in enumerate(sorted(group, key=lambda i: (given[i].message, given[i].fix))):
            if ordinal:
                names[index] = fingerprint(given[index], ordinal)
    return names


def _facts(places: dict[str, Any]) -> dict[str, Any]:
    """The places that say something of their own: what a file says is also in the item, unless something is wrong."""
    kept = {k: v for k, v in places.items() if k not in _ORDER and k not in _EXAMPLES}
    before = kept.get("disk", kept.get("default"))
    for place in _ORDER:
        if place in places:
            if not kept or not same(places[place], before):
                kept[place] = places[place]
            before = places[place]
    return {k: _plain(v) for k, v in kept.items()}


def _plain(data: Any) -> Any:
    """A value as it is everywhere: no path of one machine, no digit that another machine rounds otherwise."""
    if isinstance(data, dict):
        if "digest" in data and "shape" in data:
            return {"shape": data["shape"], "dtype": data.get("dtype")}
        return {str(k): _plain(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(v) for v in data]
    if isinstance(data, float):
        return int(data) if data.is_integer() else float(f"{data:.6g}")
    return _name(data) if isinstance(data, str) else data


def _name(text: str) -> str:
    """The last part of an absolute path; any other text as it is."""
    return text.rstrip("/").rpartition("/")[2] if text.startswith("/") else text
