"""What the Python API gives back: a report that prints itself, also in a notebook and at a debugger's prompt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.model import Finding, InspectError, Report, Skip, Snapshot, Suppressed
from inspector.render import Look, render

if TYPE_CHECKING:
    from inspector.watching.api import Watch


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """A report to print, to show in a notebook, or to take apart."""

    report: Report
    snapshot: Snapshot

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.report.findings

    @property
    def skipped(self) -> tuple[Skip, ...]:
        return self.report.skipped

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        return self.report.suppressed

    @property
    def summary(self) -> dict[str, int]:
        return self.report.summary

    @property
    def data(self) -> dict[str, Any]:
        return self.report.data

    def text(self, form: str = "human", *, verbose: bool = False) -> str:
        """The report as text in one of :data:`inspector.render.FORMATS`; ``verbose`` with every note in full."""
        return str(render(self.report, form, Look(width=shutil.get_terminal_size((80, 24)).columns, verbose=verbose)))

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def __repr__(self) -> str:
        """One line: a debugger asks for it at every stop."""
        from inspector.render.parts import verdict

        return f"<inspect-pipe: {verdict(self.report)[1]}>"

    def _repr_html_(self) -> str:
        from inspector.render.notebook import notebook

        return str(notebook(self.report))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def result_of(a: Any, b: Any, twin: Any, **options: Any) -> Result:
    from inspector.remote.session import session
    from inspector.report import examine

    with session():
        snapshot = snapshot_of(a, **options)
        other = None if b is None else snapshot_of(b, **options)
        if twin is None and other is None and not isinstance(a, str | Path | Snapshot):
            twin, why = known_twin(a, **options)
            extra = () if why is None else (why,)
        else:
            twin, extra = None if twin is None else snapshot_of(twin, **options), ()
    return Result(examine(snapshot, other, twin=twin, skipped=extra), snapshot)


def snapshot_of(obj: Any, **options: Any) -> Snapshot:
    """A snapshot of whatever the API was given."""
    if isinstance(obj, Snapshot):
        return obj
    if isinstance(obj, Result):
        return obj.snapshot
    if isinstance(obj, str | Path):
        from inspector.snapshots import take

        return take(os.fspath(obj), **options)
    from inspector.live import known_disk
    from inspector.observe import capture
    from inspector.reading import Limits

    return capture(obj, disk=known_disk(obj, Limits()))


def known_twin(obj: Any, **options: Any) -> tuple[Snapshot | None, Skip | None]:
    """The object's own folder, built anew, when the object remembers it and it is still there.

    Returns:
        The twin, and the reason when there is a folder but no twin can be made of it.
    """
    try:
        config = object.__getattribute__(obj, "__dict__").get("_internal_dict")
    except AttributeError:
        return None, None
    name = dict.get(config, "_name_or_path") if isinstance(config, dict) else None
    if not isinstance(name, str | os.PathLike) or not Path(name).is_dir():
        return None, None
    from inspector.snapshots import take

    try:
        return take(os.fspath(name), **options), None
    except InspectError as error:
        return None, Skip("twin", f"{name} cannot be built anew to compare with: {error.message}")


def tried(obj: Any, lines: Sequence[str], **options: Any) -> Result:
    """The report of ``inspector.whatif``."""
    from inspector.trying.report import report_of

    if isinstance(obj, str | Path):
        from inspector.snapshots import ask

        source = os.fspath(obj)
        if source.startswith("demo:"):
            options["weights"] = True
        found = ask(source, "whatif", {"lines": list(lines)}, **options)
        return Result(report_of(source, found), Snapshot(source, found["versions"]))
    from inspector.trying.answers import answers

    found = answers(obj, lines)
    name = type(obj).__name__
    return Result(report_of(name, found), Snapshot(name, found["versions"]))


def watching(obj: Any) -> Watch:
    """The recorder of ``inspector.watch``; its report becomes a result when the block ends."""
    from inspector.watching.api import Watch

    return Watch(obj, lambda report: Result(report, Snapshot(report.source, report.versions)))


def traced(cls: Any, config: Any, component: str, key: str, keywords: dict[str, Any]) -> Result:
    """The trace of a config, of a live object, of a SOURCE or of a snapshot."""
    from inspector.tracing.report import report_of
    from inspector.tracing.tasks import trace_of, trace_snapshot, traced_config

    source = os.fspath(config) if isinstance(config, str | Path) else type(config).__name__
    if isinstance(config, Result | Snapshot):
        snapshot = snapshot_of(config)
        source, found = snapshot.source, trace_snapshot(snapshot, cls, [], component, keywords)
    elif isinstance(config, str | Path):
        from inspector.snapshots import ask

        name = cls if isinstance(cls, str) else cls.__name__
        found = ask(source, "trace", {"into": name, "keywords": [], "component": component, "passed": keywords})
    elif isinstance(config, dict):
        found = traced_config(cls, config, keywords)
    else:
        found = trace_of(config, cls, [], component, passed=keywords)
    return Result(report_of(source, found, key), Snapshot(source, found["versions"]))
