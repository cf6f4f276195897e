"""A source or a live object → its report, as this run judges it; a source is read once, whoever asks."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inspector.pytest_plugin.asking import ASKED

if TYPE_CHECKING:
    from inspector.baselines import Baseline
    from inspector.hearing import Ear
    from inspector.model import Finding, Report, Snapshot
    from inspector.settings import Settings

Ignored = dict[str, str]
"""Code, or the start of one -> the reason why it is accepted."""


class Judge:
    """What this process knows of the sources of a run.

    ``shared`` is a folder where the workers of xdist leave for each other what they read.
    """

    def __init__(self, config: pytest.Config, shared: Path | None = None) -> None:
        self.config, self.shared = config, shared
        self._reports: dict[str, Any] = {}
        self._settings: Any = None
        self._baseline: Any = None

    @property
    def settings(self) -> Settings:
        """``[tool.inspect-pipe]`` of the project, with what pytest was told over it.

        Raises:
            InspectError: it holds what is no setting.
        """
        if self._settings is None:
            from inspector.settings import load

            asked = self.config.stash[ASKED]
            settings = load(asked.folders, self.config.rootpath)
            self._settings = dataclasses.replace(
                settings,
                select=asked.select or settings.select,
                baseline=str(asked.baseline or settings.baseline),
            )
        found: Settings = self._settings
        return found

    @property
    def baseline(self) -> Baseline | None:
        """What is accepted, read once.

        Raises:
            InspectError: the file cannot be read, or is no baseline of this version.
        """
        if self._baseline is None:
            from inspector.cli.diffing import baseline_of

            self._baseline = (baseline_of(self.settings),)
        found: Baseline | None = self._baseline[0]
        return found

    def source(self, text: str) -> tuple[Report, Snapshot]:
        """The report of a SOURCE and what was seen.

        Raises:
            InspectError: it cannot be read; the same each time.
        """
        from inspector.model import InspectError

        if text not in self._reports:
            try:
                path = self.config.stash[ASKED].sources.get(text, text)
                snapshot = self._taken(path)
                self._reports[text] = (self._judged(snapshot), snapshot)
            except InspectError as error:
                self._reports[text] = error
        found = self._reports[text]
        if isinstance(found, InspectError):
            raise found.with_traceback(None)
        report, snapshot = found
        return report, snapshot

    def object(self, obj: Any, ear: Ear) -> tuple[Report, Snapshot]:
        """The same of a live object, looked at here and now, with what the libraries said since the last one.

        Raises:
            InspectError: it is nothing that can be looked at.
        """
        import inspector

        result = inspector.diff(obj)
        report, snapshot = with_messages(result.report, result.snapshot, obj, ear)
        # a baseline is of sources: what it accepts holds for an object too, but it tells nothing of what is missing
        report = self._kept(report, complete=False)
        findings = tuple(f for f in report.findings if f.code != "IPB803")
        return dataclasses.replace(report, findings=findings), snapshot

    def _judged(self, snapshot: Snapshot) -> Report:
        from inspector.report import examine

        return self._kept(examine(snapshot))

    def _kept(self, report: Report, *, complete: bool = True) -> Report:
        from inspector.cli.diffing import accepted, filtered

        return filtered(accepted(report, self.baseline, complete=complete), self.settings)

    def _taken(self, path: str) -> Snapshot:
        from inspector import snapshots
        from inspector.cli.diffing import reading_options

        options = reading_options(self.settings, {})
        if self.shared is None or not self.shared.is_dir():
            return snapshots.take(path, **options)
        return self._with_the_others(path, self.shared, options)

    def _with_the_others(self, path: str, shared: Path, options: dict[str, Any]) -> Snapshot:
        """Read by the first worker that needs it, while the others wait for what it wrote."""
        import hashlib

        from pydantic import TypeAdapter

        from inspector import snapshots
        from inspector.model import InspectError, Snapshot

        name = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        file = shared / f"{name}.json"
        parts = ("message", "hint", "exit_code", "code", "where")
        with locked(shared / f"{name}.lock"):
            if not file.exists():
                try:
                    said = TypeAdapter(Snapshot).dump_json(snapshots.take(path, **options))
                    written = b'{"snapshot":' + said + b"}"
                except InspectError as error:
                    written = json.dumps({"error": {n: getattr(error, n) for n in parts}}).encode()
                file.write_bytes(written)
        found = json.loads(file.read_bytes())
        if "error" in found:
            raise InspectError(found["error"].pop("message"), **found["error"])
        return TypeAdapter(Snapshot).validate_python(found["snapshot"])


JUDGE = pytest.StashKey[Judge]()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; where the system has no such lock, all do the work."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def with_messages(report: Report, snapshot: Snapshot, obj: Any, ear: Ear) -> tuple[Report, Snapshot]:
    """The report of an object with what was heard, which the ear forgets."""
    said = [one for messages in ear.heard.values() for one in messages]
    ear.heard.clear()
    if not said:
        return report, snapshot
    from inspector.hearing import attached, sorted_out
    from inspector.model import worst_first
    from inspector.observe import parts_of
    from inspector.rules.messages import joined

    snapshot = attached(snapshot, sorted_out(said, list(parts_of(obj))))
    return dataclasses.replace(report, findings=worst_first(joined(report.findings, snapshot))), snapshot


def accepted(report: Report, ignored: Ignored) -> Report:
    """The report with these codes suppressed, each with the reason that its marker gives."""
    from inspector.model import Suppressed

    kept: list[Finding] = []
    suppressed = list(report.suppressed)
    for finding in report.findings:
        code = next((c for c in ignored if finding.code.startswith(c)), None)
        if code is None:
            kept.append(finding)
        else:
            suppressed.append(Suppressed(finding, ignored[code], "marker"))
    return dataclasses.replace(report, findings=tuple(kept), suppressed=tuple(suppressed))


def counted(report: Report, settings: Settings) -> list[Finding]:
    """The findings that fail a test: as bad as ``fail-on`` or worse."""
    from inspector.model import SEVERITIES

    if settings.fail_on == "never":
        return []
    bad = SEVERITIES[: SEVERITIES.index(settings.fail_on) + 1]
    return [f for f in report.findings if f.severity in bad]


def only(report: Report, families: Iterable[str]) -> Report:
    """The part of a report that is about these check families."""
    from inspector.pytest_plugin.families import family

    wanted = set(families)
    return dataclasses.replace(
        report,
        findings=tuple(f for f in report.findings if family(f.code) in wanted),
        suppressed=tuple(s for s in report.suppressed if family(s.finding.code) in wanted),
        skipped=report.skipped if "files" in wanted else (),
    )


def unread(report: Report, settings: Settings) -> list[str]:
    """The parts of a source that could not be read, in words; empty when everything was."""
    from inspector.cli.diffing import status
    from inspector.model import EXIT_UNREADABLE, UNREAD

    if status(report, settings) != EXIT_UNREADABLE:
        return []
    lines = [f"{s.where}: {s.reason}" for s in report.skipped if s.failed]
    found = [f"{f.where}: {f.message}" for f in report.findings if f.code in UNREAD and f.severity == "error"]
    return list(dict.fromkeys([*lines, *found]))
