"""The trace in a few sentences: how many settings were passed, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.tracing.story import replaced

_NAMED = 3


def summary(found: dict[str, Any]) -> Iterator[str]:
    """The answer to "where did my settings go", a sentence a line; what went wrong are the findings."""
    yield passed(found)
    if hidden := of(found, "hidden"):
        yield f"{len(hidden)} became hidden (kept in the config, not taken by {found['into']}): {values(hidden, 6)}"
    for row in found["keys"]:
        if row["origin"] == "keyword" and row["fate"] == "used" and "rewritten" not in row and "result" in row:
            yield f"your keyword {row['name']}={row['given']!r} arrived"
    if found["compatible"] is False:
        yield (
            f"the library does not count {found['from']} as compatible with {found['into']}: it takes the config all"
            " the same, and keeps what happens to have the same name"
        )


def passed(found: dict[str, Any]) -> str:
    """``you passed 18 settings; 12 were dropped at … since they are listed in `_use_default_values```."""
    settings = [r for r in found["keys"] if "given" in r and not r["name"].startswith("_")]
    keywords = [r for r in settings if r["origin"] == "keyword"]
    parts = [r for r in settings if r["origin"] == "component"]
    config = [r for r in settings if r["origin"] not in ("keyword", "component") or "in_config" in r]
    what = [counted(len(config), "setting")]
    what += [counted(len(keywords), "keyword")] if keywords else []
    what += [counted(len(parts), "component")] if parts else []
    text = f"you passed {' and '.join(what) if len(what) < 3 else ', '.join(what)}"
    gone = of(found, "dropped")
    listed = [r for r in gone if r["flagged"] and r["line"]]
    if listed:
        were, they, are = ("was", "it", "is") if len(listed) == 1 else ("were", "they", "are")
        text += f"; {len(listed)} {were} dropped at {listed[0]['file']}:{listed[0]['line']} since {they} {are} listed"
        text += f" in `_use_default_values` (not passed by name when {found['from'] or 'the old object'} was made)"
        changed = sorted(filter(replaced, listed), key=lambda r: not r["edited"])  # what the user wrote comes first
        if changed:
            one = "was one of them" if len(changed) == 1 else "were among them"
            text += f"; {values(changed, _NAMED)} {one}" if len(listed) > 1 else f": {values(changed, _NAMED)}"
        else:
            text += f"; {found['into']} has the same defaults, or none of that name"
    if others := [r for r in gone if r not in listed]:
        text += f"; {len(others)} dropped for other reasons: {values(others, _NAMED)}"
    return text if gone else f"{text}; none of them was dropped"


def of(found: dict[str, Any], fate: str) -> list[dict[str, Any]]:
    return [r for r in found["keys"] if r["fate"] == fate and not r["name"].startswith("_")]


def values(rows: list[dict[str, Any]], most: int) -> str:
    held = [r["in_config"] if r["fate"] == "hidden" and "in_config" in r else r["given"] for r in rows[:most]]
    shown = ", ".join(f"{r['name']}={shortened(v)}" for r, v in zip(rows, held, strict=False))
    return f"{shown} and {len(rows) - most} more" if len(rows) > most else shown


def shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
