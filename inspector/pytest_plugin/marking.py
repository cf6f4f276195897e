"""The markers: what they mean, what is wrong with one, and what they do before a test runs."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from inspector.pytest_plugin.checking import check_report, read, tell

MARKERS = {
    "pipe_source": "pipe_source(SOURCE): the test is about this pipeline, scheduler or model: it is read before the "
    "test (an error if it cannot be), its findings fail the test, and inspect_pipe() returns it. May be repeated.",
    "pipe_ignore": "pipe_ignore(CODE, ..., reason=...): in this test, findings of inspect-pipe with these codes, or "
    "codes that start so, are accepted; the reason is shown in the summary.",
    "gpu": "gpu: needs a CUDA GPU; skipped, and told in the summary, where torch sees none.",
}
"""Marker -> its line in ``pytest --markers``."""

GPU_IS_OURS = pytest.StashKey[bool]()
"""Whether ``gpu`` means what it means here: not where the project has registered a marker of that name itself."""


def register(config: pytest.Config) -> None:
    theirs = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    config.stash[GPU_IS_OURS] = "gpu" not in theirs
    for name, line in MARKERS.items():
        if name not in theirs:
            config.addinivalue_line("markers", line)


def wrong_marker(items: Iterable[pytest.Item]) -> str:
    """What is wrong with the first marker that cannot be meant: no reason, no code, no source, or an unknown code."""
    seen: set[int] = set()
    for item in items:
        for mark in item.iter_markers():
            if mark.name in ("pipe_ignore", "pipe_source") and id(mark) not in seen:
                seen.add(id(mark))
                wrong = wrong_source(mark) if mark.name == "pipe_source" else wrong_ignore(mark)
                if wrong:
                    return f"{item.nodeid}: {wrong}"
    return ""


def wrong_source(mark: pytest.Mark) -> str:
    if len(mark.args) != 1 or mark.kwargs or not isinstance(mark.args[0], str) or not mark.args[0].strip():
        return 'pipe_source takes one SOURCE: @pytest.mark.pipe_source("demo:sd15")'
    return ""


def wrong_ignore(mark: pytest.Mark) -> str:
    from inspector.model import InspectError
    from inspector.settings import check_codes

    unknown = mark.kwargs.keys() - {"reason"}
    shown = ", ".join(map(repr, mark.args)) or '"IPC103"'
    if not mark.args or not all(isinstance(code, str) for code in mark.args):
        return 'pipe_ignore takes codes: @pytest.mark.pipe_ignore("IPC103", reason="why it is accepted")'
    if unknown:
        return f"pipe_ignore takes codes and a reason, not {', '.join(sorted(unknown))}"
    reason = mark.kwargs.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        return f'pipe_ignore needs a reason: @pytest.mark.pipe_ignore({shown}, reason="why it is accepted")'
    try:
        check_codes(code.upper() for code in mark.args)
    except InspectError as error:
        return f"pipe_ignore: {error.message}; {error.hint}"
    return ""


def sources(item: pytest.Item) -> list[str]:
    """The sources of a test, the closest marker first, each once."""
    return list(dict.fromkeys(mark.args[0] for mark in item.iter_markers("pipe_source")))


def skip_without_gpu(item: pytest.Item) -> None:
    if not item.config.stash[GPU_IS_OURS] or item.get_closest_marker("gpu") is None:
        return
    try:
        import torch
    except ImportError:
        raise skipped("gpu: torch is not installed") from None
    if not torch.cuda.is_available():
        raise skipped("gpu: torch.cuda.is_available() is False")


def skipped(reason: str) -> BaseException:
    """Told at the test's own line, as for pytest's marker ``skip``."""
    return pytest.skip.Exception(reason, _use_item_location=True)


def read_sources(item: pytest.Item) -> None:
    """Read what the test is about; a source that cannot be read, or only in part, is an error."""
    for source in sources(item):
        report, _ = read(item, source)
        check_report(item, report, source, unreadable=True, findings=False)


def check_sources(item: pytest.Item) -> None:
    """Fail with the findings of what the test is about."""
    for source in sources(item):
        report, _ = read(item, source)
        tell(item, report, source)
        check_report(item, report, source)
