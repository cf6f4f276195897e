"""``inspector.watch(pipe)``: a recorder for the length of a ``with`` block."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, Report
from inspector.observe.state import live
from inspector.watching.record import Recorder
from inspector.watching.report import report_of


class Watch:
    """Records inside ``with``; afterwards it is the report: print it, or take ``data`` apart."""

    def __init__(self, obj: Any, shown: Callable[[Report], Any]) -> None:
        if "_internal_dict" not in live(obj):
            raise InspectError(
                f"{type(obj).__name__} has no config to watch",
                hint="give a pipeline, a scheduler or a model of diffusers",
                exit_code=EXIT_USAGE,
            )
        self.obj, self.shown = obj, shown
        self.recorder: Recorder | None = None
        self.result: Any = None

    def __enter__(self) -> Watch:
        recorder = Recorder(self.obj)
        recorder.start()
        self.recorder = recorder
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.recorder is not None
        self.recorder.stop()
        self.result = self.shown(report_of(self.recorder, type(self.obj).__name__))

    @property
    def report(self) -> Report:
        found: Report = self.done().report
        return found

    @property
    def data(self) -> dict[str, Any]:
        return self.report.data

    def done(self) -> Any:
        """The result.

        Raises:
            InspectError: the block has not ended.
        """
        if self.result is None:
            raise InspectError("still watching", hint="look at it after the with block", exit_code=EXIT_USAGE)
        return self.result

    def text(self, form: str = "human", *, verbose: bool = False) -> str:
        """The report as text in one of :data:`inspector.render.FORMATS`; ``verbose`` with every note in full."""
        return str(self.done().text(form, verbose=verbose))

    def __str__(self) -> str:
        return str(self.done())

    def __repr__(self) -> str:
        return repr(self.result) if self.result is not None else "<inspect-pipe: watching>"

    def _repr_html_(self) -> str:
        return str(self.done()._repr_html_())
