"""The section at the end of a run: findings by code, what was accepted and why, what could not be read or run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

SEVERITIES = ("error", "warning", "note")
_GLYPHS = {"error": "✗", "warning": "!", "note": "·"}
_COLORS: dict[str, dict[str, bool]] = {"error": {"red": True}, "warning": {"yellow": True}, "note": {"cyan": True}}
_SHOWN = 6

ATTRIBUTE = "inspect_pipe"
"""Of a test's report: what :mod:`inspector.pytest_plugin.checking` told of it, plain data, carried by xdist too."""
UNREAD = "inspect_pipe_unread"
"""Of a test's report: it failed because a source could not be read."""


def summarise(reporter: pytest.TerminalReporter) -> None:
    reports = [r for found in reporter.stats.values() for r in found if isinstance(r, pytest.TestReport)]
    told = [entry for report in reports for entry in getattr(report, ATTRIBUTE, ())]
    gpu = [r for r in reporter.stats.get("skipped", ()) if "gpu" in r.keywords and _reason(r).startswith("gpu: ")]
    if not told and not gpu:
        return
    verbose = reporter.verbosity > 0
    lines = [*by_code(told, verbose=verbose), *others(told, gpu, verbose=verbose)]
    if not lines:
        return
    reporter.section("inspect-pipe")
    for line, markup in lines:
        reporter.write_line(line, **markup)


def by_code(told: list[dict[str, Any]], *, verbose: bool) -> Iterator[tuple[str, dict[str, bool]]]:
    """Each code once, the worst first, with the places that have it, source by source."""
    from inspector.render.escape import safe

    found: dict[tuple[str, str, str], dict[str, dict[str, None]]] = {}
    for entry in told:
        for code, severity, where, title in entry["findings"]:
            found.setdefault((code, severity, title), {}).setdefault(entry["source"], {})[where] = None
    for code, severity, title in sorted(found, key=lambda k: (SEVERITIES.index(k[1]), k[0])):
        places = found[code, severity, title]
        count = sum(map(len, places.values()))
        yield f"{_GLYPHS[severity]} {code} {severity}: {safe(title, 200)} ({count})", _COLORS[severity]
        if severity == "note" and not verbose:
            continue
        for source, wheres in places.items():
            shown = [safe(w, 80) for w in wheres]
            kept = shown if verbose else shown[:_SHOWN]
            more = f" and {len(shown) - len(kept)} more" if len(shown) > len(kept) else ""
            yield f"    {safe(source, 120)}: {', '.join(kept)}{more}", {}


def others(told: list[dict[str, Any]], gpu: list[Any], *, verbose: bool) -> Iterator[tuple[str, dict[str, bool]]]:
    """What was accepted with its reasons, what could not be read or checked, and the tests that want a GPU."""
    from inspector.render.escape import safe

    lines: dict[str, dict[str, bool]] = {}
    kept: dict[tuple[str, str, str], dict[tuple[str, str], None]] = {}
    for entry in told:
        source = safe(entry["source"], 120)
        if why := safe(entry["unread"], 300):
            lines[f"not read: {why if why.startswith(source) else f'{source}: {why}'}"] = {"red": True}
        for code, where, reason, by in entry["suppressed"]:
            kept.setdefault((str(source), str(safe(reason or "no reason given", 300)), by), {})[code, where] = None
        for where, reason in entry["skipped"]:
            lines[f"not checked: {source}: {safe(where, 80)}: {safe(reason, 300)}"] = {}
    for (of, reason, by), found in kept.items():
        codes = Counter(code for code, _ in found)
        shown = (
            [f"{code} {safe(where, 80)}" for code, where in found]
            if verbose
            else [code if n == 1 else f"{n}× {code}" for code, n in codes.items()]
        )
        lines[f"accepted: {of}: {', '.join(shown)}: {reason} ({by})"] = {}
    yield from lines.items()
    if gpu:
        tests = f"{len(gpu)} test{'s' if len(gpu) > 1 else ''}"
        yield f"not run: {tests} marked gpu: {safe(_reason(gpu[0]).removeprefix('gpu: '), 200)}", {"yellow": True}


def _reason(report: Any) -> str:
    longrepr = report.longrepr
    return str(longrepr[2]).removeprefix("Skipped: ") if isinstance(longrepr, tuple) else ""
