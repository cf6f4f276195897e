"""A snapshot and what was judged of it, as the one thing that renderers take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inspector.model import Component, Finding, Report, Setting, Skip, Snapshot, Table, worst_first


def examine(
    snapshot: Snapshot, other: Snapshot | None = None, *, twin: Snapshot | None = None, skipped: Sequence[Skip] = ()
) -> Report:
    """Judge one source, or compare two, and report it.

    Args:
        snapshot: what was seen.
        other: the second source of ``diff A B``.
        twin: what ``snapshot`` was before anyone changed it.
        skipped: what else could not be done.
    """
    from inspector.rules import judge
    from inspector.rules.registry import RULES

    if other is None:
        findings = judge(snapshot, twin)
    else:
        from inspector.compare import compare, not_compared

        findings = compare(snapshot, other)
        skipped = (*skipped, *not_compared(snapshot, other))
    report = build_report(snapshot, findings, other=other)
    titles = {f.code: RULES[f.code].title for f in findings if f.code in RULES}
    return replace(report, skipped=(*report.skipped, *skipped), data={**report.data, "rules": titles})


def build_report(snapshot: Snapshot, findings: Sequence[Finding], *, other: Snapshot | None = None) -> Report:
    """The report of one source, or of the differences between two.

    Args:
        snapshot: what was seen; the whole of it goes into ``data["snapshot"]``, so that a saved report can be
            judged again elsewhere.
        findings: what the rules, or the comparison with ``other``, said.
        other: the second source of ``diff A B``.
    """
    sources = [snapshot] if other is None else [snapshot, other]
    data: dict[str, Any] = {"components": [component_data(c) for c in snapshot.components], "snapshot": snapshot}
    if other is not None:
        data["other"] = {
            "source": other.source,
            "versions": other.versions,
            "components": [component_data(c) for c in other.components],
            "snapshot": other,
        }
    return Report(
        " → ".join(s.source for s in sources),
        snapshot.versions,
        worst_first(findings),
        skips(sources),
        (overview(snapshot),) if other is None else (),
        data,
    )


def skips(snapshots: Sequence[Snapshot]) -> tuple[Skip, ...]:
    """Each skip once, whether the source or one of its components names it."""
    found = [
        s for snapshot in snapshots for s in (*snapshot.skipped, *(x for c in snapshot.components for x in c.skipped))
    ]
    return tuple(dict.fromkeys(found))


def component_data(component: Component) -> dict[str, Any]:
    """One entry of ``data["components"]`` as the design fixes it."""
    state = component.state
    return {
        "path": component.path,
        "class": component.cls,
        "kind": component.kind,
        "device": state.get("device"),
        "dtype": state.get("dtype"),
        "parameters": state.get("parameters"),
        "state": state,
        "settings": [setting_data(s) for s in component.settings],
    }


def setting_data(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "places": setting.places(),
        "defaulted": setting.defaulted,
        "reads": [str(r) for r in setting.reads],
    }


def overview(snapshot: Snapshot) -> Table:
    """The components as rows for the eye."""
    rows = tuple(
        (
            c.path,
            c.cls,
            str(sum(s.role == "value" for s in c.settings)),
            size(c.state.get("parameters")),
            placement(c.state),
        )
        for c in snapshot.components
    )
    return Table("components", ("component", "class", "settings", "parameters", "dtype, device"), rows)


def size(count: Any) -> str:
    """A number of parameters as model cards give it: 859.5M."""
    if not isinstance(count, int) or isinstance(count, bool):
        return ""
    for unit, scale in (("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if count >= scale:
            return f"{count / scale:.1f}{unit}"
    return str(count)


def placement(state: dict[str, Any]) -> str:
    """``float16 on cuda:0``; the meta device is what a build without weights leaves, and is said once elsewhere."""
    dtype, device = state.get("dtype"), state.get("device")
    shown = ["/".join(map(str, v)) if isinstance(v, list | tuple) else str(v) for v in (dtype, device) if v]
    return " ".join(shown)
