"""One function per format: a :class:`~inspector.model.Report` becomes text."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from inspector.model import Report
from inspector.render.escape import Safe

FORMATS: dict[str, str] = {
    "human": "inspector.render.human:human",
    "json": "inspector.render.machine:json_report",
    "jsonl": "inspector.render.machine:json_lines",
    "markdown": "inspector.render.markdown:markdown",
    "html": "inspector.render.html:html",
    "github": "inspector.render.github:github",
    "gitlab": "inspector.render.gitlab:gitlab",
    "sarif": "inspector.render.sarif:sarif",
    "junit": "inspector.render.junit:junit",
}
"""Where each format's function is; the module comes in when the format is asked for."""

FOR_CI = frozenset({"github", "gitlab", "sarif", "junit"})
"""The formats that CI systems read: they want files and lines, and what failed, beside what was found."""

BODIES: dict[str, str] = {
    "whatif": "inspector.render.whatif:told",
    "watch": "inspector.render.watch:told",
    "trace": "inspector.render.trace:told",
    "call": "inspector.render.call:told",
    "blame": "inspector.render.blame:told",
    "sigmas": "inspector.render.sigmas:told",
    "presets list": "inspector.render.presets:listed",
    "presets show": "inspector.render.presets:shown",
    "presets lint": "inspector.render.lint:told",
    "roundtrip": "inspector.render.roundtrip:told",
    "env": "inspector.render.environment:told",
    "debug": "inspector.render.debug:told",
    "debug break": "inspector.render.breaks:told",
}
"""Command (``report.data["command"]``) -> what yields the lines of its own part of the report for a terminal."""

TELLING = frozenset({"trace", "blame", "sigmas", "presets lint", "roundtrip", "env", "debug", "debug break"})
"""The commands of these whose own part tells the findings too, in its own order."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a report is shown: ``width`` in columns, ``color`` with ANSI colours, ``verbose`` with every note in full."""

    width: int = 80
    color: bool = False
    verbose: bool = False
    ascii: bool = False


def render(report: Report, form: str = "human", look: Look | None = None) -> Safe:
    """The report as text in one of :data:`FORMATS`."""
    module, _, name = FORMATS[form].partition(":")
    function = getattr(importlib.import_module(module), name)
    text: Safe = function(report, look or Look())
    return text
