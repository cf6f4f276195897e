"""A small report of ``sigmas`` as the command wrote it, for tests of what is shown of it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from inspector.model import Finding, Report, Skip

FILE = Path(__file__).parent / "data" / "sigmas-report.json"


@cache
def _saved() -> dict[str, Any]:
    saved: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return saved


def sigmas_report(**data: Any) -> Report:
    """The report; ``data`` is laid over its data."""
    saved = copy.deepcopy(_saved())
    findings = tuple(Finding(**{**f, "reads": tuple(f["reads"])}) for f in saved["findings"])
    skipped = tuple(Skip(**s) for s in saved["skipped"])
    return Report(saved["source"], saved["versions"], findings, skipped, data={**saved["data"], **data})


def row(preset: str, steps: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = sigmas_report().data["checks"]
    return next(r for r in rows if r["preset"] == preset and r["steps"] == steps)


def hostile_sigmas(text: str) -> Report:
    """The same with every text replaced by a hostile one."""
    report = sigmas_report()
    for one in report.data["checks"]:
        one |= {"preset": text, "name": text, "class": text, "model": text, "reason": text, "kwargs": {text: text}}
        one |= {"notes": [text], "why": text, "device": text, "dtype": text}
        if one["against"]:
            one["against"] |= {"sampler": text, "reason": text, "name": text}
            if one["against"]["closest"]:
                one["against"]["closest"]["text"] = text
        if one["loop"] and one["loop"].get("raised"):
            one["loop"]["raised"] |= {"type": text, "message": text}
    found = Finding("IPS301", "error", f"{text} on {text} on {text}", text, text)
    skips = (Skip(text, text, True),)
    data = {**report.data, "figures": [{"file": text, "alt": text}], "rules": {"IPS301": text}, "plot": True}
    return Report(text, {"diffusers": text}, (found,), skips, data=data)
