"""The items of a run without test files: one for each source and check family, ``inspect-pipe::demo:sd15::config``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector.pytest_plugin.asking import ASKED, ROOT
from inspector.pytest_plugin.checking import check_report, read, tell, tell_unread
from inspector.pytest_plugin.failures import Unread, error_text
from inspector.pytest_plugin.families import BUILT, FAMILIES, selected
from inspector.pytest_plugin.judging import JUDGE, only, unread

SEALED = "IPB81"
"""How the codes begin of what has moved since a source was sealed."""


class Sources(pytest.Collector):
    """All sources of the run."""

    def collect(self) -> Iterable[pytest.Collector]:
        for text in self.config.stash[ASKED].sources:
            yield OneSource.from_parent(self, name=text)


class OneSource(pytest.Collector):
    """One source; the scope within which ``--dist loadscope`` keeps its items together."""

    def collect(self) -> Iterator[pytest.Item]:
        asked, settings = self.config.stash[ASKED], self.config.stash[JUDGE].settings
        for family in selected(settings.select, baseline=bool(settings.baseline)):
            item: pytest.Item = Check.from_parent(self, name=family)
            if asked.wanted(item.nodeid):
                yield item
        if settings.lock and any(c.startswith(SEALED) or SEALED.startswith(c) for c in settings.select or [SEALED]):
            item = Sealed.from_parent(self, name="lock")
            if item.seal is not None and asked.wanted(item.nodeid):
                yield item


class Check(pytest.Item):
    """One check family of one source."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        assert self.parent is not None
        self.source = self.parent.name

    def setup(self) -> None:
        """Read the source, or take it as another item has read it; what cannot be read is an error.

        Everything of a source that cannot be read has the error, ``files`` alone what only a part of it caused.
        """
        judge = self.config.stash[JUDGE]
        report, _ = read(self, self.source)
        part = only(report, [self.name])
        if self.name == FAMILIES[0] and unread(part, judge.settings):
            tell(self, part, self.source)
            check_report(self, part, self.source, unreadable=True)
        if self.name in BUILT and judge.settings.static:
            pytest.skip(f"{self.name} is about the live object, and only files are read (static = true)")

    def runtest(self) -> None:
        report, _ = read(self, self.source)
        part = only(report, [self.name])
        tell(self, part, self.source)
        check_report(self, part)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{ROOT} {self.source} {self.name}"


class Sealed(Check):
    """What has moved in a source since ``inspect-pipe lock``; only where the project has a seal of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        from inspector.cli.sealing import seal_of

        self.opened = self.config.stash[ASKED].sources.get(self.source, self.source)
        self.seal = seal_of(self.config.stash[JUDGE].settings, self.opened)

    def setup(self) -> None:
        """Look whether it is as it was sealed; what cannot be read is an error."""
        super().setup()
        from inspector.cli.diffing import filtered
        from inspector.cli.sealing import compared
        from inspector.model import InspectError

        assert self.seal is not None
        settings = self.config.stash[JUDGE].settings
        try:
            self.report = filtered(compared(self.seal, self.opened, settings, {}, lambda _: None), settings)
        except InspectError as error:
            tell_unread(self, self.source, error.message)
            raise Unread(error_text(self.source, error)) from None
        tell(self, self.report, self.source)
        check_report(self, self.report, self.source, unreadable=True, findings=False)

    def runtest(self) -> None:
        check_report(self, self.report)
