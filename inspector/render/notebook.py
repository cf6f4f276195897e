"""The report as a piece of HTML for a notebook: one table, everything foreign escaped, no script and no style sheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from inspector.model import Report
from inspector.render.escape import Safe, safe
from inspector.render.human import body_alone
from inspector.render.parts import Block, Group, groups, readers, skip_text, unsaid, value_text, verdict

_COLORS = {"error": "#c5221f", "warning": "#b06000", "note": "#1967d2", "clean": "#188038"}


def notebook(report: Report) -> Safe:
    """What ``_repr_html_`` gives Jupyter."""
    severity, line = verdict(report)
    rows = "".join(row for group in groups(report) for row in group_rows(group))
    head = "".join(
        f"<th style='text-align:left'>{h}</th>" for h in ("", "setting", "what", "places", "read by", "write instead")
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    skips = "".join(f"<li>{html(skip_text(s))}</li>" for s in unsaid(report))
    own = body_alone(report, False).strip("\n")
    own = f"<pre>{html(Safe(own))}</pre>" if own else ""
    return Safe(
        f"<div><p style='color:{_COLORS[severity]}'><b>{html(line)}</b></p>{table}{own}"
        + (f"<details><summary>not checked: {len(unsaid(report))}</summary><ul>{skips}</ul></details>" if skips else "")
        + "</div>"
    )


def group_rows(group: Group) -> Iterator[str]:
    name = f"<b>{html(safe(group.expression, 120))}</b> {html(safe(group.cls, 120))}"
    yield f"<tr><td colspan='6' style='text-align:left'>{name}</td></tr>"
    for block in group.blocks:
        yield block_row(block)
    for code, notes in group.notes.items():
        names = ", ".join(safe(f.where.rpartition(".")[2], 60) for f in notes[:8]) + (" …" if len(notes) > 8 else "")
        what = safe(notes[0].message) if len(notes) == 1 else Safe(f"{len(notes)} notes")
        yield cells(code_cell(code, "note"), html(Safe(names)), html(what), "", "", "")


def block_row(block: Block) -> str:
    codes = "<br>".join(code_cell(f.code, f.severity) for f in block.findings)
    what = "<br>".join(html(safe(f.message)) for f in block.findings)
    places = "<br>".join(f"{html(safe(p, 60))}: {code(value_text(d))}" for p, d in block.places.items())
    by = readers(block.reads)
    lines = [
        f"{p}: {f} {where[0]}:{where[1]}"
        for p, found in by.items()
        if p != "init" or len(by) == 1
        for f, where in found[:3]
    ]
    reads = "<br>".join(html(safe(line, 200)) for line in lines)
    return cells(
        codes,
        f"<b>{html(safe(block.setting, 120))}</b>",
        what,
        places,
        reads,
        "<br>".join(code(safe(f, 1_000)) for f in block.fixes),
    )


def cells(*inner: str) -> str:
    return "<tr>" + "".join(f"<td style='text-align:left;vertical-align:top'>{c}</td>" for c in inner) + "</tr>"


def code_cell(text: str, severity: str) -> str:
    return f"<span style='color:{_COLORS[severity]};white-space:nowrap'>{html(safe(text, 20))}</span>"


def code(text: Safe) -> str:
    return f"<code>{html(text)}</code>"


def html(text: Safe) -> str:
    return escape(text, quote=True)
