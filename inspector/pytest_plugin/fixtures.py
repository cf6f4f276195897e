"""The fixtures: each gives what a test calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from inspector.pytest_plugin.checking import check_report, read, tell, tell_unread
from inspector.pytest_plugin.failures import Findings, Unread, error_text
from inspector.pytest_plugin.judging import JUDGE

if TYPE_CHECKING:
    from inspector.model import Snapshot
    from inspector.watching.api import Watch


@pytest.fixture
def inspect_pipe(request: pytest.FixtureRequest) -> Iterator[Callable[..., Snapshot]]:
    """``inspect_pipe(pipe)``: fail with the findings over a pipeline, scheduler, model or SOURCE; else its snapshot.

    Without an argument: the source of the test's ``pipe_source`` marker. What the libraries say while the test makes
    the object is among the findings (IPM601 to IPM605), however they were silenced.
    """
    from inspector.hearing import listening

    item: pytest.Item = request.node

    def inspect_pipe(obj: Any = None) -> Snapshot:
        __tracebackhide__ = True
        from inspector.model import InspectError
        from inspector.pytest_plugin.marking import sources

        if obj is None:
            if not (marked := sources(item)):
                wanted = 'give a pipeline, a scheduler or a SOURCE, or mark the test: @pytest.mark.pipe_source("...")'
                raise Unread(f"inspect_pipe() has nothing to look at; {wanted}")
            return read(item, marked[0])[1]  # it was checked before the test began
        at = place(sys._getframe(1))
        if isinstance(obj, str) or hasattr(obj, "__fspath__"):
            source = str(obj)
            report, snapshot = read(item, source)
        else:
            source = type(obj).__name__
            try:
                report, snapshot = item.config.stash[JUDGE].object(obj, ear)
            except InspectError as error:
                tell_unread(item, source, error.message)
                raise Unread(error_text(source, error)) from None
        tell(item, report, source)
        check_report(item, report, f"{source} ({at})", unreadable=True)
        return snapshot

    with listening() as ear:
        yield inspect_pipe


@pytest.fixture
def pipe_watch() -> Callable[[Any], Watch]:
    """``with pipe_watch(pipe) as seen:`` who reads and writes which setting inside; as ``inspector.watch``."""
    import inspector

    return inspector.watch


@pytest.fixture
def preset_sigmas(request: pytest.FixtureRequest) -> Callable[..., list[float]]:
    """``preset_sigmas("DPM++ 2M Karras", model="sdxl", steps=20)``: the preset's sigmas, once they have been checked.

    The test fails with the findings where they are not what the preset stands for, and is skipped, with the reason,
    where it could not be checked.
    """
    item: pytest.Item = request.node

    def preset_sigmas(
        name: Any, *, model: Any = None, steps: int = 20, device: str = "cpu", **options: Any
    ) -> list[float]:
        __tracebackhide__ = True
        import inspector
        from inspector.model import InspectError

        at = place(sys._getframe(1))
        try:
            report = inspector.check_preset(name, model=model, steps=steps, device=device, **options).report
        except InspectError as error:
            tell_unread(item, str(name), error.message)
            raise Unread(error_text(str(name), error)) from None
        rows = report.data["checks"]
        tell(item, report, report.source)
        check_report(item, report, f"{report.source} ({at})")
        if len(rows) != 1:
            raise Unread(f"{report.source}: {len(rows)} checks; preset_sigmas is for one preset, model and steps")
        if rows[0]["verdict"] == "skip":
            pytest.skip(f"{report.source}: {rows[0]['reason']}")
        return [float(value) for value in rows[0]["sigmas"]]

    return preset_sigmas


@pytest.fixture(scope="session")
def demo_pipeline(request: pytest.FixtureRequest) -> Any:
    """A tiny real pipeline, ``demo:sd15``; another one by ``parametrize("demo_pipeline", ["sdxl"], indirect=True)``.

    All tests of the session share it: whoever changes it takes a ``copy.deepcopy``.
    """
    from inspector import demo
    from inspector.model import InspectError

    name = str(getattr(request, "param", "sd15")).removeprefix("demo:")
    try:
        if demo.find(name).live:
            return demo.live(name)
        folder = demo.path(name)
    except InspectError as error:
        raise Unread(error_text(f"demo:{name}", error)) from None
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def place(frame: Any) -> str:
    """``test_pipe.py:12``: where a test calls."""
    return f"{frame.f_code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.f_lineno}"


__all__ = ["Findings", "demo_pipeline", "inspect_pipe", "pipe_watch", "preset_sigmas"]
